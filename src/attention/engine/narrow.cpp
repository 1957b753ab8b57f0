// Widens rows for kernels, and whole operands for the reference.
#include "attention/engine/narrow.hpp"

#include "core/half.hpp"

namespace attn {
namespace {

// A (B, H, L, D) view of numbers of T, in C order.
template <class T>
void widen_all(HeadsView<const T>& view, NarrowElements& elements, std::vector<T>& values) {
  if (elements.data == nullptr) return;
  values.reserve(view.batch * view.heads * view.rows * view.cols);
  for (std::size_t b = 0; b < view.batch; ++b)
    for (std::size_t h = 0; h < view.heads; ++h) {
      const NarrowRows rows = narrow_rows(view, elements, b, h);
      for (std::size_t i = 0; i < view.rows; ++i)
        for (std::size_t c = 0; c < view.cols; ++c)
          values.push_back(static_cast<T>(widened(rows.row(i), static_cast<std::ptrdiff_t>(c))));
    }
  elements = {};
  view.data = values.data();
  view.row_stride = static_cast<std::ptrdiff_t>(view.cols);
  view.head_stride = static_cast<std::ptrdiff_t>(view.rows) * view.row_stride;
  view.batch_stride = static_cast<std::ptrdiff_t>(view.heads) * view.head_stride;
}

}  // namespace

float widened(const NarrowElements& elements, std::ptrdiff_t at) {
  const std::uint16_t bits = elements.data[at];
  return elements.dtype == DType::f16 ? widen_half(bits) : widen_bfloat(bits);
}

template <class T>
MatrixView<const T> widen_rows(const NarrowRows& from, const TileKernels<T>& kernels, T* to) {
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(from.cols);
  if (from.row_stride == width) {
    kernels.widen(from.elements, from.rows * from.cols, to);
  } else {
    for (std::size_t i = 0; i < from.rows; ++i)
      kernels.widen(from.row(i), from.cols, to + static_cast<std::ptrdiff_t>(i) * width);
  }
  return {to, from.rows, from.cols, width};
}

template <class T>
WidenedTask<T>::WidenedTask(const AttentionTask<T>& task) : task_(task) {
  widen_all(task_.operands.key, task_.operands.narrow_key, key_);
  widen_all(task_.operands.value, task_.operands.narrow_value, value_);
}

template MatrixView<const float> widen_rows(const NarrowRows&, const TileKernels<float>&, float*);
template MatrixView<const double> widen_rows(const NarrowRows&, const TileKernels<double>&, double*);
template class WidenedTask<float>;
template class WidenedTask<double>;

}  // namespace attn
