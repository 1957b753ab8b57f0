// Packs all columns of W, by all threads.
#include "attn/packed_weight.hpp"

#include <algorithm>

#include "attention/engine/half_operands.hpp"
#include "attention/engine/linear_ways.hpp"
#include "attention/engine/scratch.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {

template <class T>
struct PackedWeight<T>::Memory {
  explicit Memory(std::size_t elements) : columns(elements) {}
  Scratch<T> columns;
};

template <class T>
PackedWeight<T>::PackedWeight(MatrixView<const T> weight, bool transposed, const Execution& execution)
    : in_(transposed ? weight.cols : weight.rows), out_(transposed ? weight.rows : weight.cols), execution_(execution) {
  const TileKernels<T>* kernels = execution.kernels->template tiles<T>(execution.bf16_operands);
  if (kernels == nullptr) return;
  const HalfWeight<T> half(weight, execution);
  memory_ = std::make_unique<Memory>(round_up(out_, linear_block_columns) * in_);
  parallel_for(divide_up(out_, linear_packed_columns), execution.threads, [&](std::size_t index, std::size_t) {
    const std::size_t first = index * linear_packed_columns;
    pack_columns(half.weight(), transposed, *kernels, first, std::min(first + linear_packed_columns, out_),
                 memory_->columns.data() + first * in_);
  });
}

template <class T>
PackedWeight<T>::~PackedWeight() = default;
template <class T>
PackedWeight<T>::PackedWeight(PackedWeight&& other) noexcept = default;
template <class T>
PackedWeight<T>& PackedWeight<T>::operator=(PackedWeight&& other) noexcept = default;

template <class T>
bool PackedWeight<T>::is_for(const Execution& execution) const {
  return execution_.kernels == execution.kernels && execution_.bf16_operands == execution.bf16_operands &&
         execution_.f16_operands == execution.f16_operands;
}

template <class T>
const T* PackedWeight<T>::columns(std::size_t first) const {
  return memory_ == nullptr ? nullptr : memory_->columns.data() + first * in_;
}

template class PackedWeight<float>;
template class PackedWeight<double>;

}  // namespace attn
