// Puts a run's sizes, its engine and its memory into words.
#include "attention/document/plan_text.hpp"

#include <algorithm>
#include <type_traits>

#include "attention/engine/engines.hpp"
#include "attn/stages.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

std::string engine_text(Engine engine) {
  switch (engine) {
    case Engine::none: return "nothing to compute";
    case Engine::reference: return "a row at a time by the formula";
    case Engine::materialising: return "whole rows of weights";
    case Engine::decoding: return "in chunks of keys for few queries, without a matrix of weights";
    case Engine::streaming: return "in tiles, without a matrix of weights";
  }
  return "";
}

template <class T>
std::string arithmetic_text(const Execution& execution) {
  if (execution.bf16_operands) return "float32 with bfloat16 operands";
  if (execution.f16_operands) return "float32 with float16 operands";
  return std::is_same_v<T, float> ? "float32" : "float64";
}

}  // namespace

template <class T>
std::string plan_text(const Problem<T>& problem, const RunPlan& plan, double bytes) {
  const Dims& dims = problem.dims;
  const auto operand = [](const char* name, const auto& view) {
    return std::string(name) + " " + shape_text({view.batch, view.heads, view.rows, view.cols});
  };
  const AttentionOperands<T>& operands = problem.task.operands;
  const AttentionTask<T> task = checked(problem.task);
  constexpr double most = 1.8e19;
  return (plan.emitted.empty() ? "pictures" : joined(plan.emitted, stage_name)) + " of " +
         operand("query", operands.query) + ", " + operand("key", operands.key) + ", " +
         operand("value", operands.value) + (dims.past == 0 ? "" : " with " + counted(dims.past, "cached key")) +
         (problem.mask_text.empty() ? "" : ", mask " + problem.mask_text) + "; " + arithmetic_text<T>(task.execution) +
         ", " + std::string(task.execution.kernels->name) + ", " + counted(task.execution.threads, "thread") + ", " +
         engine_text(engine_of(task)) + "; " + size_text(static_cast<std::uint64_t>(std::min(bytes, most))) +
         " of memory beside what was read";
}

template std::string plan_text(const Problem<float>&, const RunPlan&, double);
template std::string plan_text(const Problem<double>&, const RunPlan&, double);

}  // namespace attn
