// x·W + b with the tile kernels: the projections of multi-head attention.
#include <stdexcept>

#include "attention/engine/half_operands.hpp"
#include "attention/engine/linear_ways.hpp"
#include "core/parallel.hpp"
#include "kernels/bfloat16.hpp"

namespace attn {
namespace {

// The definition of right: loops with sums in double precision.
template <class T>
void linear_reference(const LinearTask<T>& task) {
  const auto operand = [&](T x) {
    return static_cast<double>(task.execution.bf16_operands ? static_cast<T>(bfloat16_rounded(static_cast<float>(x)))
                                                            : x);
  };
  parallel_for(task.y.rows, task.execution.threads, [&](std::size_t i, std::size_t) {
    for (std::size_t o = 0; o < task.y.cols; ++o) {
      double sum = 0;
      for (std::size_t c = 0; c < task.x.cols; ++c)
        sum += operand(task.x.row(i)[c]) * operand(task.transposed ? task.weight.row(o)[c] : task.weight.row(c)[o]);
      task.y.row(i)[o] = static_cast<T>(sum + (task.bias == nullptr ? 0 : static_cast<double>(task.bias[o])));
    }
  });
}

template <class T>
void run(LinearTask<T> task) {
  if (task.execution.bf16_operands && sizeof(T) != sizeof(float))
    throw std::logic_error("linear: bf16 operands of doubles");
  if (task.packed != nullptr && !task.packed->is_for(task.execution))
    throw std::logic_error("linear: weights that are packed for other kernels");
  if (task.packed != nullptr && (task.packed->in() != task.x.cols || task.packed->out() != task.y.cols))
    throw std::logic_error("linear: packed weights of another shape");
  if (task.execution.f16_operands) {
    if (sizeof(T) != sizeof(float)) throw std::logic_error("linear: f16 operands of doubles");
    if (task.execution.bf16_operands) throw std::logic_error("linear: operands of bf16 and of f16");
    return linear_of_halves(task);
  }
  const double flops =
      2.0 * static_cast<double>(task.y.rows) * static_cast<double>(task.y.cols) * static_cast<double>(task.x.cols);
  if (task.execution.threads > 1 && !is_worth_threads(flops)) task.execution.threads = 1;
  const TileKernels<T>* kernels = task.execution.kernels->template tiles<T>(task.execution.bf16_operands);
  if (kernels == nullptr) {
    linear_reference(task);
  } else if (task.y.rows != 0 && task.y.cols != 0) {
    if (task.packed != nullptr) return linear_by_tiles(task, *kernels);
    if (is_better_by_outputs(task, *kernels)) return linear_by_outputs(task, *kernels);
    if (is_better_by_columns(task, *kernels)) return linear_by_columns(task, *kernels);
    linear_by_tiles(task, *kernels);
  }
}

}  // namespace

void linear(const LinearTask<float>& task) { run(task); }
void linear(const LinearTask<double>& task) { run(task); }

}  // namespace attn
