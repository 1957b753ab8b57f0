// The pooling engine: pictures of the weights without the weights. Tiles of them are made, reduced over heads and batch
// items where a picture asks for it, and pooled into its cells.
//
// A task of the work is some whole rows of one picture's cells. A row of weights that lies in two of them is made
// twice; in return no cell is shared, and every sum is taken in one order, whatever the number of threads.
#include <algorithm>
#include <stdexcept>

#include "attention/engine/engines.hpp"
#include "attention/pooling/picture_cells.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/pooling.hpp"

namespace attn {
namespace {

template <class T>
class PicturePooling {
 public:
  PicturePooling(const AttentionTask<T>& task, const WeightSource<T>& source, PooledMatrix& picture)
      : task_(task),
        source_(source),
        kernels_(task.execution.kernels->template pooling<T>()),
        picture_(picture),
        members_(picture, task.operands.query.batch, task.operands.query.heads),
        grid_(task.operands.query.rows, task.operands.key.rows, picture.rows, picture.columns) {}

  void run() {
    picture_.cells = Tensor(DType::f32, {picture_.rows, picture_.columns});
    // As many rows of cells as a block of weights has, less what lies in two of them.
    const std::size_t most = std::max<std::size_t>(3, source_.most_rows()) - 2;
    const std::size_t rows_a_task = std::max<std::size_t>(1, most * picture_.rows / task_.operands.query.rows);
    const std::size_t tasks = divide_up(picture_.rows, rows_a_task);
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, tasks));
    std::vector<Workspace> workspaces;
    for (std::size_t w = 0; w < workers; ++w) workspaces.emplace_back(source_, kernels_, members_, grid_);
    parallel_for(tasks, workers, [&](std::size_t index, std::size_t worker) {
      const std::size_t first = (tasks - 1 - index) * rows_a_task;
      pool_rows(workspaces[worker], first, std::min(first + rows_a_task, picture_.rows));
    });
    picture_.range = {};
    for (const Workspace& work : workspaces) picture_.range.include(work.range);
  }

 private:
  struct Workspace {
    Workspace(const WeightSource<T>& source, const PoolingKernels<T>* kernels, const PictureMembers& members,
              const CellGrid& grid)
        : tiles(source, members), cells(grid, kernels) {}
    PictureTiles<T> tiles;
    PictureCells<T> cells;
    ValueRange range;
  };

  void pool_rows(Workspace& work, std::size_t first_cell, std::size_t end_cell) {
    const std::size_t queries = task_.operands.query.rows;
    const auto keys = static_cast<std::int64_t>(task_.operands.key.rows);
    const std::size_t begin = first_cell * queries / picture_.rows;
    const std::size_t end = divide_up(end_cell * queries, picture_.rows);
    work.cells.start(first_cell, end_cell);
    for (std::size_t i0 = begin; i0 < end; i0 += source_.most_rows()) {
      const std::size_t count = std::min(source_.most_rows(), end - i0);
      work.tiles.begin(i0, count);
      for (std::int64_t j0 = 0; j0 < keys; j0 += WeightSource<T>::tile_keys) {
        const std::int64_t j1 = std::min(j0 + WeightSource<T>::tile_keys, keys);
        switch (work.tiles.make(j0, j1)) {
          case TileCells::zero: work.cells.add_zeros(); break;
          case TileCells::finite: work.cells.add_numbers(work.tiles, i0, count, j0, j1); break;
          case TileCells::mixed: work.cells.add_mixed(work.tiles, i0, count, j0, j1); break;
        }
      }
    }
    work.range.include(work.cells.store(picture_.pooling, picture_.cells.template values<float>()));
  }

  const AttentionTask<T>& task_;
  const WeightSource<T>& source_;
  const PoolingKernels<T>* kernels_;
  PooledMatrix& picture_;
  PictureMembers members_;
  CellGrid grid_;
};

template <class T>
void pool(const AttentionTask<T>& task, std::span<PooledMatrix> pictures) {
  const HeadsView<const T>& query = task.operands.query;
  const auto source = weight_source(task);
  std::vector<bool> shown(query.batch * query.heads);
  for (const PooledMatrix& picture : pictures) {
    if (picture.rows == 0 || picture.columns == 0 || picture.rows > query.rows ||
        picture.columns > task.operands.key.rows)
      throw std::logic_error("pool_weights: a pooled matrix has 1 … L rows and 1 … S columns");
    const PictureMembers members(picture, query.batch, query.heads);
    for (const std::size_t b : members.batch_items)
      for (const std::size_t h : members.heads_of_each) shown[b * query.heads + h] = true;
  }
  source->prepare(shown);
  for (PooledMatrix& picture : pictures) PicturePooling<T>(task, *source, picture).run();
}

template <class T>
void run(const AttentionTask<T>& given, std::span<PooledMatrix> pictures) {
  const AttentionTask<T> task = checked(given);
  const HeadsView<const T>& query = task.operands.query;
  if (query.batch * query.heads * query.rows == 0 || pictures.empty()) return;
  const bool is_emulated = task.execution.bf16_operands && task.execution.kernels->template tiles<T>(true) == nullptr;
  is_emulated ? pool(RoundedTask<T>(task).task(), pictures) : pool(task, pictures);
}

}  // namespace

void pool_weights(const AttentionTask<float>& task, std::span<PooledMatrix> pictures) { run(task, pictures); }
void pool_weights(const AttentionTask<double>& task, std::span<PooledMatrix> pictures) { run(task, pictures); }

}  // namespace attn
