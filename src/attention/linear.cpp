// x·W + b with the tile kernels: the projections of multi-head attention.
#include <algorithm>
#include <stdexcept>

#include "attention/packed.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/bfloat16.hpp"

namespace attn {
namespace {

constexpr std::size_t block_rows = 96;
constexpr std::size_t block_columns = 256;  // a multiple of every panel
constexpr double flops_worth_a_thread = 8e6;

// Plain loops with double sums.
template <class T>
void linear_reference(const LinearTask<T>& task) {
  const auto operand = [&](T x) {
    return static_cast<double>(task.bf16_operands ? static_cast<T>(bfloat16_rounded(static_cast<float>(x))) : x);
  };
  parallel_for(task.y.rows, task.threads, [&](std::size_t i, std::size_t) {
    for (std::size_t o = 0; o < task.y.cols; ++o) {
      double sum = 0;
      for (std::size_t c = 0; c < task.x.cols; ++c)
        sum += operand(task.x.row(i)[c]) * operand(task.transposed ? task.weight.row(o)[c] : task.weight.row(c)[o]);
      task.y.row(i)[o] = static_cast<T>(sum + (task.bias == nullptr ? 0 : static_cast<double>(task.bias[o])));
    }
  });
}

// The weight's columns [j0, j1) of y, as panels.
template <class T>
void pack_columns(const LinearTask<T>& task, const TileKernels<T>& kernels, std::size_t j0, std::size_t j1, T* packed) {
  if (task.transposed) {
    kernels.pack_transposed({task.weight.row(j0), j1 - j0, task.weight.cols, task.weight.row_stride}, packed);
  } else {
    kernels.pack({task.weight.data + j0, task.weight.rows, j1 - j0, task.weight.row_stride}, packed);
  }
}

template <class T>
void linear_tiled(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  const std::size_t depth = task.x.cols;
  const std::size_t column_blocks = divide_up(task.y.cols, block_columns);
  const std::size_t row_blocks = divide_up(task.y.rows, block_rows);
  Scratch<T> packed(column_blocks * block_columns * depth);
  parallel_for(column_blocks, task.threads, [&](std::size_t column_block, std::size_t) {
    const std::size_t j0 = column_block * block_columns, j1 = std::min(j0 + block_columns, task.y.cols);
    pack_columns(task, kernels, j0, j1, packed.data() + j0 * depth);
  });

  std::vector<Scratch<T>> products;
  for (std::size_t w = 0; w < std::max<std::size_t>(1, task.threads); ++w)
    products.emplace_back(block_rows * block_columns);
  parallel_for(row_blocks * column_blocks, task.threads, [&](std::size_t index, std::size_t worker) {
    const std::size_t i0 = index % row_blocks * block_rows, i1 = std::min(i0 + block_rows, task.y.rows);
    const std::size_t j0 = index / row_blocks * block_columns, j1 = std::min(j0 + block_columns, task.y.cols);
    T* product = products[worker].data();
    kernels.multiply({.a = task.x.row(i0),
                      .a_stride = task.x.row_stride,
                      .b = packed.data() + j0 * depth,
                      .b_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                      .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel * depth),
                      .c = product,
                      .c_stride = block_columns,
                      .m = i1 - i0,
                      .n = j1 - j0,
                      .k = depth});
    for (std::size_t i = i0; i < i1; ++i, product += block_columns) {
      T* y = task.y.row(i);
      for (std::size_t j = j0; j < j1; ++j) y[j] = product[j - j0] + (task.bias == nullptr ? T(0) : task.bias[j]);
    }
  });
}

template <class T>
void run(LinearTask<T> task) {
  if (task.bf16_operands && sizeof(T) != sizeof(float)) throw std::logic_error("linear: bf16 operands of doubles");
  if (2.0 * static_cast<double>(task.y.rows) * static_cast<double>(task.y.cols) * static_cast<double>(task.x.cols) <
      flops_worth_a_thread)
    task.threads = 1;
  const TileKernels<T>* kernels = task.kernels->template tiles<T>(task.bf16_operands);
  if (kernels == nullptr) {
    linear_reference(task);
  } else if (task.y.rows != 0 && task.y.cols != 0) {
    linear_tiled(task, *kernels);
  }
}

}  // namespace

void linear(const LinearTask<float>& task) { run(task); }
void linear(const LinearTask<double>& task) { run(task); }

}  // namespace attn
