// Allocation and order of the emitted tensors.
#include "attention/document/emitted_tensors.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "attention/engine/engines.hpp"
#include "attention/engine/narrow.hpp"

namespace attn {
namespace {

// A (B, H, …) view of a tensor, whose heads may lie side by side in its last axis.
template <class T>
HeadsView<T> task_view(Tensor& tensor, const StageInfo& info, const Dims& dims) {
  const std::size_t rows = dims.extent(info.rows()), columns = dims.extent(info.axes.back());
  if (info.head_axis != HeadAxis::unless_merged || !dims.axes.merged)
    return dense_view<T>(tensor, dims, dims.heads, rows, columns);
  const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(columns);
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(dims.heads) * depth;
  return {.data = tensor.values<T>().data(),
          .batch = dims.batch,
          .heads = dims.heads,
          .rows = rows,
          .cols = columns,
          .batch_stride = static_cast<std::ptrdiff_t>(rows) * width,
          .head_stride = depth,
          .row_stride = width};
}

// The combined mask: what the ranges allow and no bias of −inf forbids.
template <class T>
Tensor combined_mask(const Problem<T>& problem) {
  const Dims& dims = problem.dims;
  Tensor tensor(DType::u8, dims.shape_of(Stage::mask));
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

// All of them, and not a chunk at a time.
template <class T>
bool packs_keys_ahead(const Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options) {
  const bool wants_weights =
      options.wanted.pictures != nullptr || options.wanted.stats || options.wanted.top != 0 ||
      std::any_of(plan.emitted.begin(), plan.emitted.end(), [](Stage stage) { return stage_info(stage).is_matrix(); });
  return wants_weights || !is_decoding(problem.task.operands);
}

// What the engines make of the operands.
template <class T>
void add_copies(const Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options, Budget& budget) {
  const Dims& dims = problem.dims;
  const ExecutionOptions& execution = options.execution;
  const auto add = [&](const std::string& kind, std::size_t element_bytes, bool queries, bool keys, bool values) {
    if (queries) budget.add(kind + " queries", {dims.batch, dims.heads, dims.queries, dims.depth}, element_bytes);
    if (keys) budget.add(kind + " keys", {dims.batch, dims.kv_heads, dims.keys, dims.depth}, element_bytes);
    if (values) budget.add(kind + " values", {dims.batch, dims.kv_heads, dims.keys, dims.value_depth}, element_bytes);
  };
  if (kernels_of(options).template tiles<T>(execution.bf16_operands) == nullptr) {
    // Plain loops take numbers of T, each operand whole.
    const bool are_narrow = execution.f16_operands || has_narrow_operands(problem.task);
    add("the widened", sizeof(T), false, are_narrow, are_narrow);
    if (execution.bf16_operands) add("the rounded", sizeof(T), true, true, true);
  } else if (packs_keys_ahead(problem, plan, options)) {
    add("the packed", sizeof(T), false, true, execution.bf16_operands);
  }
  if (execution.f16_operands) {
    add("the rounded", sizeof(T), true, false, false);
    add("the rounded", sizeof(std::uint16_t), false, true, true);
  }
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
void EmittedTensors<T>::budget(const Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options,
                               Budget& budget) {
  const Dims& dims = problem.dims;
  const auto add = [&](const StageInfo& info, const Dims& of) {
    budget.add(std::string(info.name), of.shape_of(info.stage), info.is_mask ? 1 : sizeof(T));
  };
  for (const StageInfo& info : stages())
    if (info.is_matrix() && plan.emits(info.stage)) add(info, dims);
  add_dropout(budget, options.pipeline.dropout, dims, {0, dims.queries, dims.queries});
  add(stage_info(Stage::output), dims);  // is made even if nobody wants it
  Dims apart = dims;                     // operands are counted head by head
  apart.axes = {.batch = true, .heads = true};
  for (const StageInfo& info : stages()) {
    // What comes before an output projection takes the place of the output.
    if (info.is_matrix() || info.stage == Stage::output || info.stage == Stage::concat) continue;
    const bool is_present = info.rows() == Axis::present_key;
    if (plan.emits(info.stage) || (is_present && dims.past != 0))
      add(info, info.head_axis == HeadAxis::unless_unprojected ? apart : dims);
  }
  add_copies(problem, plan, options, budget);
  for (const Stage stage : {Stage::weights, Stage::dropped})
    if (plan.averages && plan.emits(stage)) budget.add("the average", {dims.batch, dims.queries, dims.keys}, sizeof(T));
}

template <class T>
void EmittedTensors<T>::allocate(Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options) {
  const Dims& dims = problem.dims;
  WantedResults<T>& wanted = problem.task.wanted;
  for (const StageInfo& info : stages()) {
    const auto view = info.views.of<T>();
    if (view == nullptr || !(plan.emits(info.stage) || (info.stage == Stage::output && plan.emits(Stage::concat))))
      continue;
    Shape shape = dims.shape_of(info.stage);
    std::optional<Tensor> given;
    if (options.wanted.place && info.is_matrix()) given = options.wanted.place(info.stage, dtype_of<T>, shape);
    tensors_[info.stage] = given ? std::move(*given) : Tensor(dtype_of<T>, std::move(shape));
    wanted.*view = task_view<T>(tensors_[info.stage], info, dims);
  }
  if (plan.emits(Stage::lse)) {
    tensors_[Stage::lse] = Tensor(dtype_of<T>, dims.shape_of(Stage::lse));
    wanted.lse = tensors_[Stage::lse].template values<T>().data();
  }
  if (wanted.output.data == nullptr && wanted.dropped.data == nullptr) return;
  const Dropout& dropout = options.pipeline.dropout;
  const RowWindow window{problem.rows.first, dims.queries, problem.rows.all};
  kept_ = draw_dropout(dropout, dims, window);
  problem.task.pipeline.kept = kept_weights(dropout, dims, window, kept_);
}

template <class T>
void EmittedTensors<T>::fill_copies(Problem<T>& problem, const RunPlan& plan) {
  const Dims& dims = problem.dims;
  if (plan.emits(Stage::mask)) tensors_[Stage::mask] = combined_mask(problem);
  const auto keep = [&](Stage stage, Tensor& joined, HeadsView<const T> view) {
    if (!plan.emits(stage)) return;
    view.rows -= dims.appended;
    tensors_[stage] = dims.past != 0 ? std::move(joined) : copy_heads(view, dims.shape_of(stage));
  };
  keep(Stage::present_key, problem.present_key, problem.task.operands.key);
  keep(Stage::present_value, problem.present_value, problem.task.operands.value);
}

template <class T>
std::vector<NamedTensor> EmittedTensors<T>::release(const RunPlan& plan) {
  std::vector<NamedTensor> named;
  for (const StageInfo& info : stages())
    if (plan.emits(info.stage) && has(info.stage))
      named.push_back({std::string(info.name), std::move(tensors_[info.stage])});
  tensors_.clear();
  return named;
}

template Tensor copy_heads(HeadsView<const float>, Shape);
template Tensor copy_heads(HeadsView<const double>, Shape);
template class EmittedTensors<float>;
template class EmittedTensors<double>;

}  // namespace attn
