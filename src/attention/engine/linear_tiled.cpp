// Products of many rows: blocks of y, with columns of W that are packed once for many of them.
#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "attention/engine/linear_ways.hpp"
#include "attention/engine/scratch.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

static_assert(linear_block_columns % linear_packed_columns == 0 && linear_packed_columns % kWidestPanel == 0);
// A worker that has at least so many blocks to do packs what it needs itself: what another core has just written costs
// more to read than to pack again. Packing a block of columns takes as long as about 22 rows of products with it.
constexpr std::size_t blocks_worth_packing = 8;
// With fewer blocks left, a worker is not helped.
constexpr std::size_t blocks_worth_help = 4;

// Computes y in blocks, and writes them straight to it where their rows are whole vectors.
template <class T>
class TiledLinear {
 public:
  TiledLinear(const LinearTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        column_blocks_(divide_up(task.y.cols, linear_block_columns)),
        row_blocks_(divide_up(task.y.rows, linear_block_rows)),
        tasks_(row_blocks_ * column_blocks_),
        workers_(std::max<std::size_t>(1, std::min(task.execution.threads, tasks_))),
        ahead_(task.packed == nullptr ? nullptr : task.packed->columns(0)) {}

  void run() {
    if (task_.y.cols % kernels_.lanes != 0)
      for (std::size_t w = 0; w < workers_; ++w) products_.emplace_back(linear_block_rows * linear_block_columns);
    ahead_ == nullptr&& tasks_ / workers_ < blocks_worth_packing ? run_together() : run_apart();
  }

 private:
  // All columns are packed first, by all workers, for all.
  void run_together() {
    const std::size_t depth = task_.x.cols;
    Scratch<T> packed(column_blocks_ * linear_block_columns * depth);
    const auto pack = [&](std::size_t index, std::size_t) {
      const std::size_t j0 = index * linear_packed_columns, j1 = std::min(j0 + linear_packed_columns, task_.y.cols);
      pack_columns(task_.weight, task_.transposed, kernels_, j0, j1, packed.data() + j0 * depth);
    };
    const auto multiply = [&](std::size_t index, std::size_t worker) {
      block(index, packed.data() + index / row_blocks_ * linear_block_columns * depth, worker);
    };
    parallel_phases(workers_,
                    std::array{Phase{divide_up(task_.y.cols, linear_packed_columns), pack}, Phase{tasks_, multiply}});
  }

  // Each worker has a range of the blocks, column by column, and packs the columns that it comes to, if they are not. A
  // worker that has finished helps the one that has most left.
  void run_apart() {
    std::vector<std::atomic<std::size_t>> next(workers_);
    for (std::size_t w = 0; w < workers_; ++w) next[w] = range_begin(w);
    const auto left = [&](std::size_t w) {
      const std::size_t at = next[w];
      return range_begin(w + 1) - std::min(at, range_begin(w + 1));
    };
    parallel_for(workers_, workers_, [&](std::size_t range, std::size_t worker) {
      const std::size_t block_size = linear_block_columns * task_.x.cols;
      Scratch<T> packed(ahead_ == nullptr ? block_size : 0);
      std::size_t held = column_blocks_;  // which columns are packed: none
      for (std::size_t w = range;;) {
        for (std::size_t index = next[w]++; index < range_begin(w + 1); index = next[w]++) {
          const std::size_t columns = index / row_blocks_, j0 = columns * linear_block_columns;
          if (ahead_ != nullptr) {
            block(index, ahead_ + columns * block_size, worker);
            continue;
          }
          const bool is_held = columns == held, packs = !is_held && packs_on_the_way();
          if (!is_held && !packs)
            pack_columns(task_.weight, task_.transposed, kernels_, j0,
                         std::min(j0 + linear_block_columns, task_.y.cols), packed.data());
          held = columns;
          block(index, packed.data(), worker, packs ? packed.data() : nullptr);
        }
        for (std::size_t other = 0; other < workers_; ++other)
          if (left(other) > left(w)) w = other;
        if (left(w) < blocks_worth_help) return;
      }
    });
  }

  bool packs_on_the_way() const { return !task_.transposed && kernels_.multiply_and_pack != nullptr; }

  std::size_t range_begin(std::size_t worker) const { return worker * tasks_ / workers_; }

  // Computes one block of y. Blocks are counted column by column. `packed` has the block's columns of W; or the block
  // packs them itself, to `packs_to`.
  void block(std::size_t index, const T* packed, std::size_t worker, T* packs_to = nullptr) {
    const std::size_t i0 = index % row_blocks_ * linear_block_rows, i1 = std::min(i0 + linear_block_rows, task_.y.rows);
    const std::size_t j0 = index / row_blocks_ * linear_block_columns,
                      j1 = std::min(j0 + linear_block_columns, task_.y.cols);
    const std::size_t depth = task_.x.cols;
    const bool direct = (j1 - j0) % kernels_.lanes == 0;
    T* c = direct ? task_.y.row(i0) + j0 : products_[worker].data();
    const std::ptrdiff_t stride = direct ? task_.y.row_stride : static_cast<std::ptrdiff_t>(linear_block_columns);
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
                       .accumulate = task_.bias != nullptr,
                       .chain = kLinearChain};
    if (packs_to != nullptr) {
      product.b = task_.weight.data + j0;
      product.b_stride = task_.weight.row_stride;
      product.b_panel_stride = panel;
      kernels_.multiply_and_pack(product, packs_to);
    } else {
      kernels_.multiply(product);
    }
    if (direct) return;
    for (std::size_t i = i0; i < i1; ++i, c += linear_block_columns) std::copy_n(c, j1 - j0, task_.y.row(i) + j0);
  }

  const LinearTask<T>& task_;
  const TileKernels<T>& kernels_;
  std::size_t column_blocks_, row_blocks_, tasks_, workers_;
  const T* ahead_;                    // all columns of W, packed before; or null
  std::vector<Scratch<T>> products_;  // one a worker, where they are needed
};

}  // namespace

template <class T>
void pack_columns(MatrixView<const T> weight, bool transposed, const TileKernels<T>& kernels, std::size_t j0,
                  std::size_t j1, T* packed) {
  if (transposed) {
    kernels.pack_transposed({weight.row(j0), j1 - j0, weight.cols, weight.row_stride}, packed);
  } else {
    kernels.pack({weight.data + j0, weight.rows, j1 - j0, weight.row_stride}, packed);
  }
}

template <class T>
void linear_by_tiles(const LinearTask<T>& task, const TileKernels<T>& kernels) {
  TiledLinear<T>(task, kernels).run();
}

template void pack_columns(MatrixView<const float>, bool, const TileKernels<float>&, std::size_t, std::size_t, float*);
template void pack_columns(MatrixView<const double>, bool, const TileKernels<double>&, std::size_t, std::size_t,
                           double*);
template void linear_by_tiles(const LinearTask<float>&, const TileKernels<float>&);
template void linear_by_tiles(const LinearTask<double>&, const TileKernels<double>&);

}  // namespace attn
