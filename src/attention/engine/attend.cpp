// The choice of an engine for a task.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "attention/engine/engines.hpp"
#include "attention/engine/half_operands.hpp"
#include "attention/engine/narrow.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

// Packing all keys ahead costs more than it saves up to so many rows a key/value head; up to more, where a head has
// hardly any of them, or where keys are many, and more still where several heads share those.
constexpr std::size_t few_rows = 8, few_queries = 2, decoding_rows = 32, shared_decoding_rows = 128;
constexpr std::size_t many_keys = 2048, many_shared_keys = 1024;

template <class T>
void run(const AttentionTask<T>& given) {
  const HalfTask<T> half(checked(given));
  const AttentionTask<T>& task = half.task();
  const TileKernels<T>* const kernels = task.execution.kernels->template tiles<T>(task.execution.bf16_operands);
  switch (engine_of(task)) {
    case Engine::none: return;
    case Engine::reference: {
      const WidenedTask<T> wide(task);
      return task.execution.bf16_operands ? attend_reference(RoundedTask<T>(wide.task()).task())
                                          : attend_reference(wide.task());
    }
    case Engine::materialising: return attend_materialising(task, *kernels);
    case Engine::decoding: return attend_decoding(task, *kernels);
    case Engine::streaming: return attend_streaming(task, *kernels);
  }
}

}  // namespace

template <class T>
bool is_decoding(const AttentionOperands<T>& operands) {
  const std::size_t queries = operands.whole_queries(), rows = queries * operands.group();
  const std::size_t keys = operands.key.rows;
  const bool shares = operands.group() > 1, few_at_once = queries <= few_queries;
  return rows <= few_rows ||
         (rows <= decoding_rows && (few_at_once || keys >= (shares ? many_shared_keys : many_keys))) ||
         (shares && rows <= shared_decoding_rows && keys >= many_keys);
}

template bool is_decoding(const AttentionOperands<float>&);
template bool is_decoding(const AttentionOperands<double>&);

template <class T>
AttentionTask<T> checked(AttentionTask<T> task) {
  Execution& execution = task.execution;
  if (execution.kernels == nullptr) throw std::logic_error("attend: the task names no kernel set");
  const bool rounds = execution.bf16_operands || execution.f16_operands;
  if (rounds && sizeof(T) != sizeof(float))
    throw std::logic_error(std::string("attend: ") + (execution.bf16_operands ? "bf16" : "f16") +
                           " operands of doubles");
  if (execution.bf16_operands && execution.f16_operands) throw std::logic_error("attend: operands of bf16 and of f16");
  if (has_narrow_operands(task) && sizeof(T) != sizeof(float)) throw std::logic_error("attend: 16 bits beside doubles");
  const HeadsView<const T>& query = task.operands.query;
  const double size = static_cast<double>(query.batch * query.heads) * static_cast<double>(query.rows) *
                      static_cast<double>(task.operands.key.rows) *
                      static_cast<double>(query.cols + task.operands.value.cols);
  if (execution.threads > 1 && !is_worth_threads(2 * size)) execution.threads = 1;
  return task;
}

template <class T>
Engine engine_of(const AttentionTask<T>& task) {
  const AttentionOperands<T>& operands = task.operands;
  if (operands.query.batch * operands.query.heads * operands.query.rows == 0 || !task.wanted.any()) return Engine::none;
  if (task.execution.kernels->template tiles<T>(task.execution.bf16_operands) == nullptr) return Engine::reference;
  if (task.wanted.any_rows()) return Engine::materialising;
  // By the whole problem: each engine has sums of its own.
  return is_decoding(operands) ? Engine::decoding : Engine::streaming;
}

template Engine engine_of(const AttentionTask<float>&);
template Engine engine_of(const AttentionTask<double>&);

template AttentionTask<float> checked(AttentionTask<float>);
template AttentionTask<double> checked(AttentionTask<double>);

void attend(const AttentionTask<float>& task) { run(task); }
void attend(const AttentionTask<double>& task) { run(task); }

}  // namespace attn
