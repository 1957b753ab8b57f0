// The formula of operands that are rounded to bfloat16 first.
#include "attention/engine/engines.hpp"
#include "kernels/bfloat16.hpp"

namespace attn {
namespace {

// A (B, H, L, D) array rounded, in C order.
template <class T>
std::vector<T> rounded(const HeadsView<const T>& view) {
  std::vector<T> values;
  values.reserve(view.batch * view.heads * view.rows * view.cols);
  for (std::size_t b = 0; b < view.batch; ++b)
    for (std::size_t h = 0; h < view.heads; ++h)
      for (std::size_t i = 0; i < view.rows; ++i)
        for (std::size_t c = 0; c < view.cols; ++c)
          values.push_back(static_cast<T>(bfloat16_rounded(static_cast<float>(view.at(b, h).row(i)[c]))));
  return values;
}

// `view` of the rounded values.
template <class T>
HeadsView<const T> view_of(const std::vector<T>& values, HeadsView<const T> view) {
  view.data = values.data();
  view.row_stride = static_cast<std::ptrdiff_t>(view.cols);
  view.head_stride = static_cast<std::ptrdiff_t>(view.rows) * view.row_stride;
  view.batch_stride = static_cast<std::ptrdiff_t>(view.heads) * view.head_stride;
  return view;
}

}  // namespace

template <class T>
RoundedTask<T>::RoundedTask(const AttentionTask<T>& task)
    : task_(task),
      query_(rounded(task.operands.query)),
      key_(rounded(task.operands.key)),
      value_(rounded(task.operands.value)) {
  task_.operands.query = view_of(query_, task.operands.query);
  task_.operands.key = view_of(key_, task.operands.key);
  task_.operands.value = view_of(value_, task.operands.value);
  task_.execution.bf16_operands = false;
}

template class RoundedTask<float>;
template class RoundedTask<double>;

}  // namespace attn
