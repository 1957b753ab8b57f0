// Keeps the block of rows that was looked at last.
#include "cli/steps/product_rows.hpp"

#include <algorithm>
#include <memory>

#include "attention/document/problem.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t block_rows = 64;

template <class T>
class RowBlock {
 public:
  explicit RowBlock(const LinearTask<T>& task)
      : task_(task), columns_(task.transposed ? task.weight.rows : task.weight.cols) {}

  std::size_t columns() const { return columns_; }

  double at(std::size_t i, std::size_t j) {
    if (i < first_ || i >= first_ + count_) make(i / block_rows * block_rows);
    return static_cast<double>(block_.template values<T>()[(i - first_) * columns_ + j]);
  }

 private:
  void make(std::size_t first) {
    first_ = first;
    count_ = std::min(block_rows, task_.x.rows - first);
    block_ = Tensor(dtype_of<T>, {count_, columns_});
    LinearTask<T> part = task_;
    part.x.data = task_.x.row(first);
    part.x.rows = count_;
    part.y = {block_.template values<T>().data(), count_, columns_, static_cast<std::ptrdiff_t>(columns_)};
    linear(part);
  }

  LinearTask<T> task_;
  std::size_t columns_, first_ = 0, count_ = 0;
  Tensor block_;
};

}  // namespace

Execution execution_of(const AttentionOptions& options) {
  return {.bf16_operands = options.execution.bf16_operands,
          .f16_operands = options.execution.f16_operands,
          .kernels = &kernels_of(options),
          .threads = options.execution.threads};
}

template <class T>
TableMatrix product_rows(const LinearTask<T>& task) {
  const auto block = std::make_shared<RowBlock<T>>(task);
  return {task.x.rows, block->columns(), [block](std::size_t i, std::size_t j) { return block->at(i, j); }};
}

template TableMatrix product_rows(const LinearTask<float>&);
template TableMatrix product_rows(const LinearTask<double>&);

}  // namespace attn::cli
