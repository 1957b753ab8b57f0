// Keys and values in the form that the tile kernels read: packed once for each key/value head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attn/attention.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// Memory for elements that are about to be written: not cleared first, aligned for streaming stores.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t size) : tensor_(dtype_of<T>, {size}) {}
  T* data() { return static_cast<T*>(tensor_.data()); }
  const T* data() const { return static_cast<const T*>(tensor_.data()); }
  std::size_t size() const { return tensor_.size(); }

 private:
  Tensor tensor_;
};

/// The right factors of both products for one key/value head.
template <class T>
struct PackedHead {
  std::int64_t first_key = 0;             ///< the key that the panels begin with
  const T* keys = nullptr;                ///< panels of Kᵀ: [⌈S/panel⌉][D][panel]
  const T* values = nullptr;              ///< V in place, or its panels
  std::ptrdiff_t value_stride = 0;        ///< between rows within a panel
  std::ptrdiff_t value_panel_stride = 0;  ///< between panels
  /// Keys (counted from 0, not from `first_key`) whose value row holds NaN or infinity, in order. Then `values` has
  /// zeros in their place, so that they cannot reach rows that may not attend them: 0 · NaN would.
  std::vector<std::size_t> unbounded_keys;
};

/// Sets a head's values: in place where every one is finite and rows are whole vectors, else packed into
/// `packed`, which is made larger if need be. `values` begins with the head's `first_key`.
template <class T>
void pack_values(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed, const TileKernels<T>& kernels);

/// All heads of a task, packed in parallel: (B, K) in C order.
template <class T>
class PackedHeads {
 public:
  PackedHeads(const AttentionTask<T>& task, const TileKernels<T>& kernels, std::size_t threads);

  const PackedHead<T>& at(std::size_t b, std::size_t kv_head) const { return heads_[b * kv_heads_ + kv_head]; }

 private:
  std::size_t kv_heads_;
  Scratch<T> keys_;
  std::vector<PackedHead<T>> heads_;
  std::vector<Scratch<T>> values_;  // one a head, used where V cannot be read in place
};

}  // namespace attn
