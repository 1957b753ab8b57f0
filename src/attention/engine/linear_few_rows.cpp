// Products of few rows, beside which the packing of W would cost much.
#include <algorithm>
#include <array>
#include <vector>

#include "attention/engine/linear_ways.hpp"
#include "attention/engine/scratch.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

// With more rows, packing W costs little beside the products.
constexpr std::size_t most_few_rows = 512;
// Columns of the sums that are multiplied at a time: a panel of so many stays in the second-level cache. Sums go on in
// the order of all columns.
constexpr std::size_t block_depth = 512;
static_assert(block_depth % kLinearChain == 0);

// Kernels that round operands pack them in a form of their own.
template <class T>
bool rounds(const TileKernels<T>& kernels) {
  return kernels.multiply_and_pack == nullptr;
}

// yᵀ in blocks, each transposed into y.
template <class T>
class TransposedLinear {
 public:
  TransposedLinear(const LinearTask<T>& task, const TileKernels<T>& kernels) : task_(task), kernels_(kernels) {
    while (block_outputs_ < most_outputs &&
           task.y.cols >= tasks_worth_halving * task.execution.threads * block_outputs_)
      block_outputs_ *= 2;
  }

  void run() {
    const std::size_t rows = task_.y.rows, depth = task_.x.cols, panels = divide_up(rows, kernels_.panel);
    const std::size_t row_blocks = divide_up(rows, linear_block_columns);
    const std::size_t output_blocks = divide_up(task_.y.cols, block_outputs_), tasks = row_blocks * output_blocks;
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, tasks));
    Scratch<T> packed(panels * kernels_.panel * depth);
    std::vector<Scratch<T>> products;
    for (std::size_t w = 0; w < workers; ++w) products.emplace_back(block_outputs_ * product_stride);
    const auto pack = [&](std::size_t panel, std::size_t) {
      const std::size_t i0 = panel * kernels_.panel, i1 = std::min(i0 + kernels_.panel, rows);
      kernels_.pack_transposed({task_.x.row(i0), i1 - i0, depth, task_.x.row_stride}, packed.data() + i0 * depth);
    };
    // Rows first, so that a worker multiplies what it has packed, and writes the rows whose x it has read.
    const auto multiply = [&](std::size_t index, std::size_t worker) {
      const std::size_t i0 = index / output_blocks * linear_block_columns;
      block(index % output_blocks * block_outputs_, i0, packed.data() + i0 * depth, products[worker].data());
    };
    parallel_phases(workers, std::array{Phase{panels, pack}, Phase{tasks, multiply}});
  }

 private:
  // Outputs from o0 on, of the rows of x from i0 on, by way of `c` with a row for each output.
  void block(std::size_t o0, std::size_t i0, const T* packed, T* c) const {
    const std::size_t outputs = std::min(block_outputs_, task_.y.cols - o0);
    const std::size_t rows = std::min(linear_block_columns, task_.y.rows - i0), depth = task_.x.cols;
    if (task_.bias != nullptr)
      for (std::size_t o = 0; o < outputs; ++o) std::fill_n(c + o * product_stride, rows, task_.bias[o0 + o]);
    const std::size_t panel = kernels_.panel, depth_step = rounds(kernels_) ? depth : block_depth;
    for (std::size_t k = 0; k < depth; k += depth_step)
      kernels_.multiply(Product<T>{.a = task_.weight.row(o0) + k,
                                   .a_stride = task_.weight.row_stride,
                                   .b = packed + k * panel,
                                   .b_stride = static_cast<std::ptrdiff_t>(panel),
                                   .b_panel_stride = static_cast<std::ptrdiff_t>(panel * depth),
                                   .c = c,
                                   .c_stride = static_cast<std::ptrdiff_t>(product_stride),
                                   .m = outputs,
                                   .n = rows,
                                   .k = std::min(depth_step, depth - k),
                                   .accumulate = task_.bias != nullptr || k != 0,
                                   .chain = kLinearChain});
    kernels_.transpose({c, outputs, rows, static_cast<std::ptrdiff_t>(product_stride)}, task_.y.row(i0) + o0,
                       task_.y.row_stride);
  }

  static constexpr std::size_t product_stride =
      linear_block_columns + 16;  // rows in different sets of the first-level cache
  // All of x is read again for each block of outputs, from a cache that other programs use as well. So blocks are of
  // more outputs where there are enough of them, and few enough that they stay in the second-level cache.
  static constexpr std::size_t most_outputs = 4 * linear_block_rows, tasks_worth_halving = 8;

  const LinearTask<T>& task_;
  const TileKernels<T>& kernels_;
  std::size_t block_outputs_ = linear_block_rows;
};

// Panels of y's columns, each with all rows.
template <class T>
void by_columns(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  const std::size_t panel = kernels.panel, depth = task.x.cols, panels = divide_up(task.y.cols, panel);
  const std::size_t workers = std::max<std::size_t>(1, std::min(task.execution.threads, panels));
  std::vector<Scratch<T>> packed;
  for (std::size_t w = 0; w < workers; ++w) packed.emplace_back(panel * std::min(block_depth, depth));
  parallel_for(panels, workers, [&](std::size_t index, std::size_t worker) {
    const std::size_t j0 = index * panel, columns = std::min(panel, task.y.cols - j0);
    if (task.bias != nullptr)
      for (std::size_t i = 0; i < task.y.rows; ++i) std::copy_n(task.bias + j0, columns, task.y.row(i) + j0);
    for (std::size_t k = 0; k < depth; k += block_depth) {
      Product<T> product{.a = task.x.data + k,
                         .a_stride = task.x.row_stride,
                         .b = task.weight.row(k) + j0,
                         .b_stride = task.weight.row_stride,
                         .b_panel_stride = static_cast<std::ptrdiff_t>(panel),
                         .c = task.y.data + j0,
                         .c_stride = task.y.row_stride,
                         .m = task.y.rows,
                         .n = columns,
                         .k = std::min(block_depth, depth - k),
                         .accumulate = task.bias != nullptr || k != 0,
                         .chain = kLinearChain};
      // The next rows of these columns, or the first of those that follow.
      const bool goes_on = k + block_depth < depth;
      const std::size_t next_k = goes_on ? k + block_depth : 0, next_j = goes_on ? j0 : j0 + panel;
      if (next_j + panel <= task.y.cols) {
        product.b_next = task.weight.row(next_k) + next_j;
        product.b_next_rows = std::min(block_depth, depth - next_k);
        product.b_next_stride = task.weight.row_stride;
      }
      kernels.multiply_and_pack(product, packed[worker].data());
    }
  });
}

}  // namespace

template <class T>
void linear_by_outputs(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  TransposedLinear<T>(task, kernels).run();
}

// Fewer rows leave vectors of xᵀ empty.
template <class T>
bool is_better_by_outputs(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  return task.transposed && task.x.cols != 0 && task.y.rows >= kernels.panel / 2 && task.y.rows <= most_few_rows &&
         task.y.rows <= task.y.cols;
}

template <class T>
void linear_by_columns(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  by_columns(task, kernels);
}

// Rows of y are written in whole vectors.
template <class T>
bool is_better_by_columns(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  return !task.transposed && task.x.cols != 0 && !rounds(kernels) && task.y.rows <= most_few_rows / 2 &&
         task.y.cols % kernels.lanes == 0;
}

template void linear_by_outputs(const LinearTask<float>&, const TileKernels<float>&);
template void linear_by_outputs(const LinearTask<double>&, const TileKernels<double>&);
template bool is_better_by_outputs(const LinearTask<float>&, const TileKernels<float>&);
template bool is_better_by_outputs(const LinearTask<double>&, const TileKernels<double>&);
template void linear_by_columns(const LinearTask<float>&, const TileKernels<float>&);
template void linear_by_columns(const LinearTask<double>&, const TileKernels<double>&);
template bool is_better_by_columns(const LinearTask<float>&, const TileKernels<float>&);
template bool is_better_by_columns(const LinearTask<double>&, const TileKernels<double>&);

}  // namespace attn
