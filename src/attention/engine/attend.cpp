// The choice of an engine for a task.
#include <algorithm>
#include <stdexcept>

#include "attention/engine/engines.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

// Up to so many rows a key/value head, packing all keys ahead costs more than it saves.
constexpr std::size_t decoding_rows = 32;

template <class T>
void run(const AttentionTask<T>& given) {
  const AttentionTask<T> task = checked(given);
  const TileKernels<T>* const kernels = task.execution.kernels->template tiles<T>(task.execution.bf16_operands);
  switch (engine_of(task)) {
    case Engine::none: return;
    case Engine::reference:
      return task.execution.bf16_operands ? attend_reference(RoundedTask<T>(task).task()) : attend_reference(task);
    case Engine::materialising: return attend_materialising(task, *kernels);
    case Engine::decoding: return attend_decoding(task, *kernels);
    case Engine::streaming: return attend_streaming(task, *kernels);
  }
}

}  // namespace

template <class T>
AttentionTask<T> checked(AttentionTask<T> task) {
  Execution& execution = task.execution;
  if (execution.kernels == nullptr) throw std::logic_error("attend: the task names no kernel set");
  if (execution.bf16_operands && sizeof(T) != sizeof(float)) throw std::logic_error("attend: bf16 operands of doubles");
  const HeadsView<const T>& query = task.operands.query;
  const double size = static_cast<double>(query.batch * query.heads) * static_cast<double>(query.rows) *
                      static_cast<double>(task.operands.key.rows) *
                      static_cast<double>(query.cols + task.operands.value.cols);
  if (2 * size < flops_worth_threads) execution.threads = 1;
  return task;
}

template <class T>
Engine engine_of(const AttentionTask<T>& task) {
  const AttentionOperands<T>& operands = task.operands;
  if (operands.query.batch * operands.query.heads * operands.query.rows == 0 || !task.wanted.any()) return Engine::none;
  if (task.execution.kernels->template tiles<T>(task.execution.bf16_operands) == nullptr) return Engine::reference;
  if (task.wanted.any_rows()) return Engine::materialising;
  // By the whole problem: each engine has sums of its own.
  const std::size_t queries = std::max(operands.all_queries, operands.first_query + operands.query.rows);
  return queries * operands.group() <= decoding_rows ? Engine::decoding : Engine::streaming;
}

template Engine engine_of(const AttentionTask<float>&);
template Engine engine_of(const AttentionTask<double>&);

template AttentionTask<float> checked(AttentionTask<float>);
template AttentionTask<double> checked(AttentionTask<double>);

void attend(const AttentionTask<float>& task) { run(task); }
void attend(const AttentionTask<double>& task) { run(task); }

}  // namespace attn
