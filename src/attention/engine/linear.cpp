// x·W + b with the tile kernels: the projections of multi-head attention.
#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "attention/engine/packed.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"
#include "kernels/bfloat16.hpp"

namespace attn {
namespace {

constexpr std::size_t block_rows = 48;  // few, that the last blocks end at about the same time
constexpr std::size_t block_columns = 256;
constexpr std::size_t packed_columns = 64;  // a task of packing
static_assert(block_columns % packed_columns == 0 && packed_columns % kWidestPanel == 0);
// A worker that has at least so many blocks to do packs what it needs itself: what another core has just written costs
// more to read than to pack again. Packing a block of columns takes as long as about 22 rows of products with it.
constexpr std::size_t blocks_worth_packing = 8;
// With fewer blocks left, a worker is not helped.
constexpr std::size_t blocks_worth_help = 4;

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

// Packs columns [j0, j1) of W, which are those of y.
template <class T>
void pack_columns(const LinearTask<T>& task, const TileKernels<T>& kernels, std::size_t j0, std::size_t j1, T* packed) {
  if (task.transposed) {
    kernels.pack_transposed({task.weight.row(j0), j1 - j0, task.weight.cols, task.weight.row_stride}, packed);
  } else {
    kernels.pack({task.weight.data + j0, task.weight.rows, j1 - j0, task.weight.row_stride}, packed);
  }
}

// Computes y in blocks, and writes them straight to it where their rows are whole vectors.
template <class T>
class TiledLinear {
 public:
  TiledLinear(const LinearTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        column_blocks_(divide_up(task.y.cols, block_columns)),
        row_blocks_(divide_up(task.y.rows, block_rows)),
        tasks_(row_blocks_ * column_blocks_),
        workers_(std::max<std::size_t>(1, std::min(task.execution.threads, tasks_))) {}

  void run() {
    if (task_.y.cols % kernels_.lanes != 0)
      for (std::size_t w = 0; w < workers_; ++w) products_.emplace_back(block_rows * block_columns);
    tasks_ / workers_ < blocks_worth_packing ? run_together() : run_apart();
  }

 private:
  // All columns are packed first, by all workers, for all.
  void run_together() {
    const std::size_t depth = task_.x.cols;
    Scratch<T> packed(column_blocks_ * block_columns * depth);
    const auto pack = [&](std::size_t index, std::size_t) {
      const std::size_t j0 = index * packed_columns, j1 = std::min(j0 + packed_columns, task_.y.cols);
      pack_columns(task_, kernels_, j0, j1, packed.data() + j0 * depth);
    };
    const auto multiply = [&](std::size_t index, std::size_t worker) {
      block(index, packed.data() + index / row_blocks_ * block_columns * depth, worker);
    };
    parallel_phases(workers_,
                    std::array{Phase{divide_up(task_.y.cols, packed_columns), pack}, Phase{tasks_, multiply}});
  }

  // Each worker has a range of the blocks, column by column, and packs the columns that it comes to. A worker that has
  // finished helps the one that has most left.
  void run_apart() {
    std::vector<std::atomic<std::size_t>> next(workers_);
    for (std::size_t w = 0; w < workers_; ++w) next[w] = range_begin(w);
    const auto left = [&](std::size_t w) {
      const std::size_t at = next[w];
      return range_begin(w + 1) - std::min(at, range_begin(w + 1));
    };
    parallel_for(workers_, workers_, [&](std::size_t range, std::size_t worker) {
      Scratch<T> packed(block_columns * task_.x.cols);
      std::size_t held = column_blocks_;  // which columns are packed: none
      for (std::size_t w = range;;) {
        for (std::size_t index = next[w]++; index < range_begin(w + 1); index = next[w]++) {
          const std::size_t columns = index / row_blocks_, j0 = columns * block_columns;
          const bool is_held = columns == held, packs = !is_held && packs_on_the_way();
          if (!is_held && !packs)
            pack_columns(task_, kernels_, j0, std::min(j0 + block_columns, task_.y.cols), packed.data());
          held = columns;
          block(index, packed.data(), worker, packs);
        }
        for (std::size_t other = 0; other < workers_; ++other)
          if (left(other) > left(w)) w = other;
        if (left(w) < blocks_worth_help) return;
      }
    });
  }

  bool packs_on_the_way() const { return !task_.transposed && kernels_.multiply_and_pack != nullptr; }

  std::size_t range_begin(std::size_t worker) const { return worker * tasks_ / workers_; }

  // Computes one block of y. Blocks are counted column by column. `packed` has the block's columns of W; with `packs`
  // the block packs them there itself.
  void block(std::size_t index, T* packed, std::size_t worker, bool packs = false) {
    const std::size_t i0 = index % row_blocks_ * block_rows, i1 = std::min(i0 + block_rows, task_.y.rows);
    const std::size_t j0 = index / row_blocks_ * block_columns, j1 = std::min(j0 + block_columns, task_.y.cols);
    const std::size_t depth = task_.x.cols;
    const bool direct = (j1 - j0) % kernels_.lanes == 0;
    T* c = direct ? task_.y.row(i0) + j0 : products_[worker].data();
    const std::ptrdiff_t stride = direct ? task_.y.row_stride : static_cast<std::ptrdiff_t>(block_columns);
    if (task_.bias != nullptr)
      for (std::size_t i = 0; i < i1 - i0; ++i)
        std::copy(task_.bias + j0, task_.bias + j1, c + static_cast<std::ptrdiff_t>(i) * stride);
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kernels_.panel);
    Product<T> product{.a = task_.x.row(i0),
                       .a_stride = task_.x.row_stride,
                       .b = packed,
                       .b_stride = panel,
                       .b_panel_stride = panel * static_cast<std::ptrdiff_t>(depth),
                       .c = c,
                       .c_stride = stride,
                       .m = i1 - i0,
                       .n = j1 - j0,
                       .k = depth,
                       .accumulate = task_.bias != nullptr};
    if (packs) {
      product.b = task_.weight.data + j0;
      product.b_stride = task_.weight.row_stride;
      product.b_panel_stride = panel;
      kernels_.multiply_and_pack(product, packed);
    } else {
      kernels_.multiply(product);
    }
    if (direct) return;
    for (std::size_t i = i0; i < i1; ++i, c += block_columns) std::copy_n(c, j1 - j0, task_.y.row(i) + j0);
  }

  const LinearTask<T>& task_;
  const TileKernels<T>& kernels_;
  std::size_t column_blocks_, row_blocks_, tasks_, workers_;
  std::vector<Scratch<T>> products_;  // one a worker, where they are needed
};

// The same for few rows of x and W as (out, in): yᵀ = W·xᵀ, whose left factor is W as it is stored, so that only x is
// packed. Each number of y is the same sum in the same order.
template <class T>
class TransposedLinear {
 public:
  TransposedLinear(const LinearTask<T>& task, const TileKernels<T>& kernels) : task_(task), kernels_(kernels) {}

  /// Fewer rows leave vectors of xᵀ empty; with more of them, packing W costs little beside the products.
  static bool is_better(const LinearTask<T>& task, const TileKernels<T>& kernels) {
    constexpr std::size_t most_rows = 256;  // from 512 on it is slower by some hundredths
    return task.transposed && task.y.rows >= kernels.panel / 2 && task.y.rows <= most_rows &&
           task.y.rows <= task.y.cols;
  }

  void run() {
    const std::size_t rows = task_.y.rows, depth = task_.x.cols, panels = divide_up(rows, kernels_.panel);
    const std::size_t tasks = divide_up(task_.y.cols, block_rows);
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, tasks));
    Scratch<T> packed(panels * kernels_.panel * depth);
    std::vector<Scratch<T>> products;
    for (std::size_t w = 0; w < workers; ++w) products.emplace_back(block_rows * block_columns);
    const auto pack = [&](std::size_t panel, std::size_t) {
      const std::size_t i0 = panel * kernels_.panel, i1 = std::min(i0 + kernels_.panel, rows);
      kernels_.pack_transposed({task_.x.row(i0), i1 - i0, depth, task_.x.row_stride}, packed.data() + i0 * depth);
    };
    const auto multiply = [&](std::size_t index, std::size_t worker) {
      for (std::size_t i0 = 0; i0 < rows; i0 += block_columns)
        block(index * block_rows, i0, packed.data() + i0 * depth, products[worker].data());
    };
    parallel_phases(workers, std::array{Phase{panels, pack}, Phase{tasks, multiply}});
  }

 private:
  // Outputs from o0 on, of the rows of x from i0 on, by way of `c` with a row for each output.
  void block(std::size_t o0, std::size_t i0, const T* packed, T* c) const {
    const std::size_t o1 = std::min(o0 + block_rows, task_.y.cols), i1 = std::min(i0 + block_columns, task_.y.rows);
    if (task_.bias != nullptr)
      for (std::size_t o = o0; o < o1; ++o) std::fill_n(c + (o - o0) * block_columns, i1 - i0, task_.bias[o]);
    const auto panel = static_cast<std::ptrdiff_t>(kernels_.panel);
    kernels_.multiply(Product<T>{.a = task_.weight.row(o0),
                                 .a_stride = task_.weight.row_stride,
                                 .b = packed,
                                 .b_stride = panel,
                                 .b_panel_stride = panel * static_cast<std::ptrdiff_t>(task_.x.cols),
                                 .c = c,
                                 .c_stride = static_cast<std::ptrdiff_t>(block_columns),
                                 .m = o1 - o0,
                                 .n = i1 - i0,
                                 .k = task_.x.cols,
                                 .accumulate = task_.bias != nullptr});
    for (std::size_t i = i0; i < i1; ++i) {
      T* const y = task_.y.row(i);
      for (std::size_t o = o0; o < o1; ++o) y[o] = c[(o - o0) * block_columns + (i - i0)];
    }
  }

  const LinearTask<T>& task_;
  const TileKernels<T>& kernels_;
};

template <class T>
void run(LinearTask<T> task) {
  if (task.execution.bf16_operands && sizeof(T) != sizeof(float))
    throw std::logic_error("linear: bf16 operands of doubles");
  if (2.0 * static_cast<double>(task.y.rows) * static_cast<double>(task.y.cols) * static_cast<double>(task.x.cols) <
      flops_worth_threads)
    task.execution.threads = 1;
  const TileKernels<T>* kernels = task.execution.kernels->template tiles<T>(task.execution.bf16_operands);
  if (kernels == nullptr) {
    linear_reference(task);
  } else if (task.y.rows != 0 && task.y.cols != 0) {
    TransposedLinear<T>::is_better(task, *kernels) ? TransposedLinear<T>(task, *kernels).run()
                                                   : TiledLinear<T>(task, *kernels).run();
  }
}

}  // namespace

void linear(const LinearTask<float>& task) { run(task); }
void linear(const LinearTask<double>& task) { run(task); }

}  // namespace attn
