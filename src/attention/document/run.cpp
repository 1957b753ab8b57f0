// The steps of a run, in their order: nothing is computed before all is checked, and no memory taken before it is
// known to fit.
#include "attention/document/run.hpp"

#include <algorithm>

#include "attention/document/plan_text.hpp"
#include "attention/document/planned_pictures.hpp"
#include "attention/document/query_part.hpp"
#include "attention/document/result.hpp"
#include "attention/document/weight_statistics.hpp"
#include "core/parallel.hpp"
#include "core/progress.hpp"

namespace attn {
namespace {

constexpr Stage averaged_stages[] = {Stage::weights, Stage::dropped};
constexpr std::size_t worth_threads = 1'000'000;  // elements of a sum that takes longer than a thread's start

Shape shape_of_mean(const Dims& dims) {
  Shape shape = dims.axes.batch ? Shape{dims.batch} : Shape{};
  shape.insert(shape.end(), {dims.queries, dims.keys});
  return shape;
}

// (…, H, L, S) → (…, L, S), summed in double. By hand, as xt::mean with the same sums takes three times as long (75 ms
// for 12 heads of 2048 × 2048 on an AMD EPYC, this 24 ms) and has no threads.
template <class T>
Tensor mean_over_heads(const Tensor& weights, const Dims& dims, std::size_t most_threads) {
  Tensor mean(dtype_of<T>, shape_of_mean(dims));
  const T* const from = weights.values<T>().data();
  T* const to = mean.values<T>().data();
  const std::size_t threads = weights.size() < worth_threads ? 1 : most_threads;
  parallel_for(dims.batch * dims.queries, threads, [&](std::size_t row, std::size_t) {
    const std::size_t b = row / dims.queries, i = row % dims.queries;
    std::vector<double> sums(dims.keys);
    for (std::size_t h = 0; h < dims.heads; ++h) {
      const T* const head = from + ((b * dims.heads + h) * dims.queries + i) * dims.keys;
      for (std::size_t j = 0; j < dims.keys; ++j) sums[j] += static_cast<double>(head[j]);
    }
    for (std::size_t j = 0; j < dims.keys; ++j)
      to[row * dims.keys + j] = static_cast<T>(sums[j] / static_cast<double>(dims.heads));
  });
  return mean;
}

// The mask of one matrix, or what those of several have in common: see Result.
template <class T>
auto masked_cells(const Problem<T>& problem) {
  return [mask = problem.shown, first = problem.rows.first, dims = problem.dims](const MatrixPlace& place,
                                                                                 std::span<std::uint8_t> masked) {
    std::fill(masked.begin(), masked.end(), std::uint8_t{1});
    std::vector<std::uint8_t> shown(masked.size());
    const auto hide = [&](std::size_t b, std::size_t h) {
      mask.fill_rows(b, h, first, dims.queries, shown);
      for (std::size_t k = 0; k < shown.size(); ++k) masked[k] &= static_cast<std::uint8_t>(shown[k] == 0);
    };
    const std::size_t items = place.batch || !mask.varies_by_batch() ? 1 : dims.batch;
    const std::size_t heads = place.head || !mask.varies_by_head() ? 1 : dims.heads;
    for (std::size_t b = 0; b < items; ++b)
      for (std::size_t h = 0; h < heads; ++h) hide(place.batch.value_or(b), place.head.value_or(h));
  };
}

template <class T>
RunSummary whole_summary(const Input& input, const AttentionOptions& options, const Problem<T>& problem,
                         const OperandSource<T>& source, const RunPlan& plan) {
  RunSummary summary = summary_of(input, problem, options);
  summary.axes.averages = plan.averages;
  source.describe(summary);
  return summary;
}

// Whether whoever is asked wants the run.
template <class T>
bool begins(const Input& input, const AttentionOptions& options, const Problem<T>& problem,
            const OperandSource<T>& source, const RunPlan& plan) {
  const RunSummary summary = whole_summary(input, options, problem, source, plan);
  const auto metadata = metadata_of(summary);
  RunAhead ahead{summary, metadata, {}};
  for (const Stage stage : plan.emitted) {
    const bool is_mean = plan.averages && std::ranges::find(averaged_stages, stage) != std::end(averaged_stages);
    ahead.emitted.emplace_back(stage, is_mean ? shape_of_mean(problem.dims) : source.shape_of(stage, problem.dims));
  }
  return options.wanted.begins(ahead);
}

// What a run needs besides its operands.
template <class T>
void add_results(Budget& budget, const Problem<T>& problem, const PlannedPictures<T>& pictures,
                 const AttentionOptions& options) {
  EmittedTensors<T>::budget(problem, pictures.plan(), options, budget);
  pictures.add_to(budget, problem.dims);
  problem.add_appended_keys_to(budget);
  problem.add_shown_to(budget);
  WeightStatistics<T>::budget(problem.dims, options, budget);
}

}  // namespace

template <class T>
Result run_attention(const Input& input, const AttentionOptions& options, OperandSource<T>& source) {
  const bool is_part = options.wanted.query_part.has_value();
  const QueryRows all = is_part ? QueryRows{} : query_rows(options, source.queries());
  const HeadSplit split = source.head_split();
  const QueryRows rows = is_part ? part_rows(input, options, split) : all;
  Budget budget(options.execution.max_memory);
  const Operands operands = source.reserve(rows, budget);
  Problem<T> problem(input, operands, rows, split, options);
  source.check(problem, budget);

  const Budget of_operands = budget;
  PlannedPictures<T> pictures(problem, options, budget);
  const RunPlan plan = pictures.plan();
  add_results(budget, problem, pictures, options);
  const auto of_output_alone = [&] {
    Budget alone = of_operands;
    AttentionOptions fewer = options;
    fewer.wanted.emit = {Stage::output};
    add_results(alone, problem, PlannedPictures<T>(problem, fewer, alone), fewer);
    return alone;
  };
  budget.check(options.wanted.emit_may_shrink ? of_output_alone : std::function<Budget()>());
  if (options.wanted.begins && !begins(input, options, problem, source, plan)) return {};

  source.fill(problem.dims);
  problem.join_cache();
  problem.find_shown(options);
  EmittedTensors<T> tensors;
  tensors.allocate(problem, plan, options);
  WeightStatistics<T> statistics;
  statistics.attach(problem, options);
  if (plans_are_heard()) tell_plan(plan_text(problem, plan, budget.bytes()));
  {
    const Progress progress("computing");
    attend(problem.task);
  }
  {
    const Progress progress("pooling weights");
    pictures.pool(problem);
  }
  tensors.fill_copies(problem, plan);
  source.emit(problem, plan, tensors);
  std::vector<NamedTensor> before_mean;
  for (const Stage stage : averaged_stages) {
    if (!plan.averages || !plan.emits(stage)) continue;
    Tensor mean = mean_over_heads<T>(tensors[stage], problem.dims, options.execution.threads);
    if (options.wanted.keep_every_head)
      before_mean.push_back({std::string(stage_name(stage)), std::move(tensors[stage])});
    tensors[stage] = std::move(mean);
  }

  Result result =
      make_result(input, problem, tensors.release(plan), whole_summary(input, options, problem, source, plan));
  result.before_mean = std::move(before_mean);
  result.pooled = pictures.release();
  if (masks_cells(problem)) result.mask_cells = masked_cells(problem);
  statistics.release(result);
  return result;
}

template Result run_attention(const Input&, const AttentionOptions&, OperandSource<float>&);
template Result run_attention(const Input&, const AttentionOptions&, OperandSource<double>&);

}  // namespace attn
