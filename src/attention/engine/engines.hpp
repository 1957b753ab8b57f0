// The engines, each a way to evaluate a task: tile by tile, a chunk of keys at a time, whole rows, or by the formula.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "attn/task.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// Makes no (L, S) array. The task asks for output or lse, and for no matrix.
template <class T>
void attend_streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels);

/// The same for few queries and many keys: each key and value is read once for all heads of its group.
template <class T>
void attend_decoding(const AttentionTask<T>& task, const TileKernels<T>& kernels);

/// Stores every matrix that the task asks for, each once.
template <class T>
void attend_materialising(const AttentionTask<T>& task, const TileKernels<T>& kernels);

/// Evaluates the formula in double precision, a row at a time: the others are checked against it.
template <class T>
void attend_reference(const AttentionTask<T>& task);

/// The weights (S) of one query by that formula.
template <class T>
void reference_weights(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t i, T* weights);

/// The task as engines take it: on one thread if it is too little work for more. Throws std::logic_error if it names no
/// kernel set, or wants bf16 or f16 operands of doubles, or both, or has keys or values of 16 bits beside queries of
/// doubles.
template <class T>
AttentionTask<T> checked(AttentionTask<T> task);

enum class Engine { none, reference, materialising, decoding, streaming };
/// Whether queries are so few that the keys are not worth packing ahead, if no matrix is wanted.
template <class T>
bool is_decoding(const AttentionOperands<T>& operands);
/// The one that runs a task.
template <class T>
Engine engine_of(const AttentionTask<T>& task);

/// A task for the reference, with Q, K and V rounded to bfloat16 ahead; nothing else is rounded.
template <class T>
class RoundedTask {
 public:
  explicit RoundedTask(const AttentionTask<T>& task);
  RoundedTask(const RoundedTask&) = delete;
  RoundedTask& operator=(const RoundedTask&) = delete;

  const AttentionTask<T>& task() const { return task_; }

 private:
  AttentionTask<T> task_;
  std::vector<T> query_, key_, value_;
};

/// log Σ exp of a row whose sum is `sum` times e^`peak`: −inf for an empty row, NaN for an undefined one.
template <class T>
T log_sum_exp(double peak, double sum, bool undefined) {
  if (undefined) return std::numeric_limits<T>::quiet_NaN();
  if (sum == 0) return -std::numeric_limits<T>::infinity();
  return static_cast<T>(peak + std::log(sum));
}

}  // namespace attn
