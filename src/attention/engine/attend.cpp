// The choice of an engine for a task.
#include <algorithm>
#include <stdexcept>

#include "attention/engine/engines.hpp"

namespace attn {
namespace {

// Threads cost some 50 µs to start: work that takes less than a few of those stays on one.
constexpr double flops_worth_a_thread = 8e6;

// Up to so many rows a key/value head, packing all keys ahead costs more than it saves.
constexpr std::size_t decoding_rows = 32;

template <class T>
void run(AttentionTask<T> task) {
  if (task.kernels == nullptr) throw std::logic_error("attend: the task names no kernel set");
  if (task.bf16_operands && sizeof(T) != sizeof(float)) throw std::logic_error("attend: bf16 operands of doubles");
  const double size = static_cast<double>(task.query.batch * task.query.heads) * static_cast<double>(task.query.rows) *
                      static_cast<double>(task.key.rows) * static_cast<double>(task.query.cols + task.value.cols);
  if (2 * size < flops_worth_a_thread) task.threads = 1;
  if (task.query.batch * task.query.heads * task.query.rows == 0) return;
  // By the whole problem: each engine has sums of its own.
  const std::size_t queries = std::max(task.all_queries, task.first_query + task.query.rows);
  const TileKernels<T>* kernels = task.kernels->template tiles<T>(task.bf16_operands);
  if (kernels == nullptr && task.bf16_operands) return attend_rounded(task);
  if (!task.pooled.empty()) attend_pooling(task, kernels);
  if (kernels == nullptr) {
    if (task.wants_rows() || task.output.data != nullptr || task.lse != nullptr) attend_reference(task);
  } else if (task.wants_rows()) {
    attend_materialising(task, *kernels);
  } else if (task.output.data == nullptr && task.lse == nullptr) {
    return;
  } else if (queries * (task.query.heads / task.key.heads) <= decoding_rows) {
    attend_decoding(task, *kernels);
  } else {
    attend_streaming(task, *kernels);
  }
}

}  // namespace

void attend(const AttentionTask<float>& task) { run(task); }
void attend(const AttentionTask<double>& task) { run(task); }

}  // namespace attn
