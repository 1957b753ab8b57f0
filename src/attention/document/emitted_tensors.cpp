// Allocation and order of the emitted tensors.
#include "attention/document/emitted_tensors.hpp"

#include <limits>

namespace attn {
namespace {

// An output whose heads lie side by side in its last axis is still a (B, H, L, D_v) view.
template <class T>
HeadsView<T> output_view(Tensor& output, const Dims& dims) {
  if (!dims.merged) return dense_view<T>(output, dims, dims.heads, dims.queries, dims.value_depth);
  const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(dims.value_depth);
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(dims.heads) * depth;
  return {.data = output.values<T>().data(),
          .batch = dims.batch,
          .heads = dims.heads,
          .rows = dims.queries,
          .cols = dims.value_depth,
          .batch_stride = static_cast<std::ptrdiff_t>(dims.queries) * width,
          .head_stride = depth,
          .row_stride = width};
}

// The combined mask: what the ranges allow and no bias of −inf forbids.
template <class T>
Tensor combined_mask(const Problem<T>& problem) {
  const Dims& dims = problem.dims;
  Tensor tensor(DType::u8, dims.matrix_shape());
  const auto bytes = tensor.values<std::uint8_t>();
  const std::size_t matrix = dims.queries * dims.keys;
  for (std::size_t b = 0; b < dims.batch; ++b) {
    for (std::size_t h = 0; h < dims.heads; ++h) {
      const auto part = bytes.subspan((b * dims.heads + h) * matrix, matrix);
      problem.mask.fill_rows(b, h, problem.rows.first, dims.queries, part);
      if (problem.task.pipeline.bias.data == nullptr) continue;
      for (std::size_t i = 0; i < dims.queries; ++i) {
        const T* bias = problem.task.pipeline.bias.row(b, h, i);
        for (std::size_t j = 0; j < dims.keys; ++j)
          if (bias[static_cast<std::ptrdiff_t>(j) * problem.task.pipeline.bias.strides[3]] ==
              -std::numeric_limits<T>::infinity())
            part[i * dims.keys + j] = 0;
      }
    }
  }
  return tensor;
}

}  // namespace

template <class T>
Tensor copy_heads(HeadsView<const T> view, Shape shape) {
  Tensor copy(dtype_of<T>, std::move(shape));
  T* to = copy.values<T>().data();
  for (std::size_t b = 0; b < view.batch; ++b)
    for (std::size_t h = 0; h < view.heads; ++h)
      for (std::size_t i = 0; i < view.rows; ++i) to = std::copy_n(view.at(b, h).row(i), view.cols, to);
  return copy;
}

template <class T>
void Emission<T>::budget(const Dims& dims, const AttentionOptions& options, Budget& budget) {
  for (const StageInfo& info : stages())
    if (info.matrix && emits(options, info.stage))
      budget.add(std::string(info.name), dims.matrix_shape(), info.stage == Stage::mask ? 1 : sizeof(T), true);
  add_dropout(budget, options.dropout, dims, {0, dims.queries, dims.queries});
  budget.add("output", dims.output_shape(), sizeof(T));
  if (emits(options, Stage::query)) budget.add("query", {dims.batch, dims.heads, dims.queries, dims.depth}, sizeof(T));
  const std::size_t fresh = dims.keys - dims.past;
  if (emits(options, Stage::key)) budget.add("key", {dims.batch, dims.kv_heads, fresh, dims.depth}, sizeof(T));
  if (emits(options, Stage::value))
    budget.add("value", {dims.batch, dims.kv_heads, fresh, dims.value_depth}, sizeof(T));
  if (emits(options, Stage::lse)) budget.add("lse", dims.lse_shape(), sizeof(T));
  if (dims.past != 0 || emits(options, Stage::present_key))
    budget.add("present_key", dims.present_shape(dims.depth), sizeof(T));
  if (dims.past != 0 || emits(options, Stage::present_value))
    budget.add("present_value", dims.present_shape(dims.value_depth), sizeof(T));
  budget.add("the packed keys", {dims.batch, dims.kv_heads, dims.keys, dims.depth}, sizeof(T));
  if (options.bf16_operands)
    budget.add("the packed values", {dims.batch, dims.kv_heads, dims.keys, dims.value_depth}, sizeof(T));
}

template <class T>
void Emission<T>::allocate(Problem<T>& problem, const AttentionOptions& options, bool needs_output) {
  const Dims& dims = problem.dims;
  WantedResults<T>& wanted = problem.task.wanted;
  for (const auto& [stage, view] :
       {std::pair{Stage::scores, &wanted.scores}, std::pair{Stage::capped, &wanted.capped},
        std::pair{Stage::masked, &wanted.masked}, std::pair{Stage::weights, &wanted.weights},
        std::pair{Stage::dropped, &wanted.dropped}}) {
    if (!emits(options, stage)) continue;
    tensors_[stage] = Tensor(dtype_of<T>, dims.matrix_shape());
    *view = dense_view<T>(tensors_[stage], dims, dims.heads, dims.queries, dims.keys);
  }
  if (emits(options, Stage::output) || needs_output) {
    tensors_[Stage::output] = Tensor(dtype_of<T>, dims.output_shape());
    wanted.output = output_view<T>(tensors_[Stage::output], dims);
  }
  if (emits(options, Stage::lse)) {
    tensors_[Stage::lse] = Tensor(dtype_of<T>, dims.lse_shape());
    wanted.lse = tensors_[Stage::lse].template values<T>().data();
  }
  if (wanted.output.data == nullptr && wanted.dropped.data == nullptr) return;
  const RowWindow window{problem.rows.first, dims.queries, problem.rows.all};
  kept_ = draw_dropout(options.dropout, dims, window);
  problem.task.pipeline.kept = kept_weights(options.dropout, dims, window, kept_);
}

template <class T>
void Emission<T>::fill_copies(Problem<T>& problem, const AttentionOptions& options) {
  const Dims& dims = problem.dims;
  if (emits(options, Stage::mask)) tensors_[Stage::mask] = combined_mask(problem);
  const auto keep = [&](Stage stage, Tensor& joined, HeadsView<const T> view) {
    if (!emits(options, stage)) return;
    view.rows -= dims.appended;
    tensors_[stage] = dims.past != 0 ? std::move(joined) : copy_heads(view, dims.present_shape(view.cols));
  };
  keep(Stage::present_key, problem.present_key, problem.task.operands.key);
  keep(Stage::present_value, problem.present_value, problem.task.operands.value);
}

template <class T>
std::vector<NamedTensor> Emission<T>::release(const AttentionOptions& options) {
  std::vector<NamedTensor> named;
  for (const StageInfo& info : stages())
    if (emits(options, info.stage) && has(info.stage))
      named.push_back({std::string(info.name), std::move(tensors_[info.stage])});
  tensors_.clear();
  return named;
}

template Tensor copy_heads(HeadsView<const float>, Shape);
template Tensor copy_heads(HeadsView<const double>, Shape);
template class Emission<float>;
template class Emission<double>;

}  // namespace attn
