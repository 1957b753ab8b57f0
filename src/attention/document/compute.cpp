// softmax(Q·Kᵀ·scale)·V of a document.
#include "attention/document/emitted_tensors.hpp"
#include "attention/document/planned_pictures.hpp"
#include "attention/document/result.hpp"
#include "attention/document/weight_statistics.hpp"
#include "attn/error.hpp"

namespace attn {
namespace {

template <class T>
Result compute_as(const Input& input, AttentionOptions options) {
  const Operands operands = find_operands(input);
  const QueryRows rows = query_rows(options, operands.query->tensor.extent(-2));
  Problem<T> problem(input, operands, rows, head_split(input, options, false), options);
  Budget budget(options.max_memory);
  Pictures<T> pictures(problem, options, budget);
  Emission<T>::budget(problem.dims, options, budget);
  pictures.add_to(budget, problem.dims);
  Readings<T>::budget(problem.dims, options, budget);
  budget.check();
  problem.join_cache();

  Emission<T> emission;
  emission.allocate(problem, options, false);
  Readings<T> readings;
  readings.attach(problem, options);
  attend(problem.task);
  pictures.pool(problem.task);
  emission.fill_copies(problem, options);
  if (emits(options, Stage::query)) emission[Stage::query] = cut_rows(operands.query->tensor, rows);
  for (const auto& [stage, operand] : {std::pair{Stage::key, operands.key}, std::pair{Stage::value, operands.value}})
    if (emits(options, stage)) emission[stage] = operand->tensor.clone();
  RunSummary summary = summary_of(input, problem, options);
  summary.command = "compute";
  Result result = make_result(input, problem, emission.release(options), std::move(summary));
  result.pooled = pictures.release();
  readings.release(result);
  return result;
}

}  // namespace

Result compute(const Input& input, const AttentionOptions& options) {
  for (const StageInfo& info : stages())
    if (info.multihead_only && emits(options, info.stage))
      throw usage_error("--emit", "'" + std::string(info.name) + "' is a tensor of multihead, not of compute");
  if (!input.projections.empty())
    throw data_error(input.where("projections"), "compute applies no projections; multihead does");
  return options.dtype == DType::f64 ? compute_as<double>(input, options) : compute_as<float>(input, options);
}

}  // namespace attn
