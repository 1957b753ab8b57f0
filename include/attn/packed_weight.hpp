// A matrix that many products have as their right factor, in the order in which kernels read it.
#pragma once

#include <cstddef>
#include <memory>

#include "attn/task.hpp"
#include "attn/view.hpp"

namespace attn {

/// W, packed once for the kernels and the arithmetic of an `Execution`, for LinearTask::packed. It holds a copy, in
/// which elements are rounded already where the arithmetic rounds them. Of kernel sets without vectors it holds
/// nothing, and a product reads W itself.
template <class T>
class PackedWeight {
 public:
  /// W as (in, out), or as (out, in) if `transposed`. Throws Error (data, at `dtype`) for a finite element that float16
  /// has no number for, where the operands are that.
  PackedWeight(MatrixView<const T> weight, bool transposed, const Execution& execution);
  ~PackedWeight();
  PackedWeight(PackedWeight&& other) noexcept;
  PackedWeight& operator=(PackedWeight&& other) noexcept;
  PackedWeight(const PackedWeight&) = delete;
  PackedWeight& operator=(const PackedWeight&) = delete;

  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }
  /// True if it was packed for the kernels and the arithmetic of `execution`.
  bool is_for(const Execution& execution) const;
  /// Columns `first` and following, panel by panel; `first` is a multiple of 64. Null where nothing is held.
  const T* columns(std::size_t first) const;

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
  std::size_t in_ = 0, out_ = 0;
  Execution execution_;
};

extern template class PackedWeight<float>;
extern template class PackedWeight<double>;

}  // namespace attn
