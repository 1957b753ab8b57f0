// The pooling engine: pictures of the weights without the weights. Tiles of them are made, reduced over heads and batch
// items where a picture asks for it, and pooled into its cells.
//
// A task of the work is some whole rows of one picture's cells. A row of weights that lies in two of them is made
// twice; in return no cell is shared, and every sum is taken in one order, whatever the number of threads.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "attention/engines.hpp"
#include "attention/packed.hpp"
#include "attention/weights.hpp"
#include "core/boxes.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/pooling.hpp"

namespace attn {
namespace {

using Kind = AxisSelection::Kind;
constexpr auto tile_keys = static_cast<std::size_t>(WeightSource<float>::tile_keys);

// Reduces tiles one after the other, as pictures of whole matrices reduce those: NaN is kept, the deviation is the
// population's (Welford's sums).
class TileReducer {
 public:
  explicit TileReducer(Kind kind) : kind_(kind) {}

  void start(std::size_t size) {
    count_ = 0;
    value_.resize(size);
    spread_.assign(kind_ == Kind::std ? size : 0, 0);
  }

  template <class V>
  void add(const V* tile) {
    ++count_;
    for (std::size_t at = 0; at < value_.size(); ++at) include(at, static_cast<double>(tile[at]));
  }

  const double* result() {
    const double n = static_cast<double>(count_);
    for (std::size_t at = 0; at < value_.size(); ++at) {
      if (kind_ == Kind::mean) value_[at] /= n;
      if (kind_ == Kind::std) value_[at] = std::isnan(value_[at]) ? value_[at] : std::sqrt(spread_[at] / n);
    }
    return value_.data();
  }

 private:
  void include(std::size_t at, double next) {
    double& value = value_[at];
    if (count_ == 1) {
      value = next;
      return;
    }
    switch (kind_) {
      case Kind::mean: value += next; break;
      case Kind::max: value = std::isnan(next) || next > value ? next : value; break;
      case Kind::min: value = std::isnan(next) || next < value ? next : value; break;
      case Kind::std: {
        const double from_mean = next - value;
        value += from_mean / static_cast<double>(count_);
        spread_[at] += from_mean * (next - value);
        break;
      }
      case Kind::indices: break;
    }
  }

  Kind kind_;
  std::size_t count_ = 0;
  std::vector<double> value_, spread_;
};

// The heads that a picture shows, and how.
struct Members {
  Members(const PooledMatrix& picture, std::size_t batch, std::size_t heads)
      : batch_items(of_axis(picture.batch, batch)),
        heads_of_each(of_axis(picture.head, heads)),
        over_batch(picture.batch.kind),
        over_heads(picture.head.kind) {}

  bool reduces() const { return over_batch != Kind::indices || over_heads != Kind::indices; }

  std::vector<std::size_t> batch_items, heads_of_each;
  Kind over_batch, over_heads;

 private:
  static std::vector<std::size_t> of_axis(const AxisSelection& selection, std::size_t extent) {
    std::vector<std::size_t> all(extent);
    for (std::size_t i = 0; i < extent; ++i) all[i] = i;
    if (selection.kind != Kind::indices) return all;
    if (selection.indices.size() != 1 || selection.indices[0] >= extent)
      throw std::logic_error("attend: a pooled matrix takes one index of an axis, or a reduction");
    return selection.indices;
  }
};

// The tiles of one picture's matrix, for some rows at a time.
template <class T>
class PictureTiles {
 public:
  PictureTiles(const WeightSource<T>& source, const Members& members)
      : source_(source),
        members_(members),
        rows_(members.batch_items.size() * members.heads_of_each.size()),
        tile_(source.most_rows() * tile_keys),
        heads_(members.over_heads),
        batch_(members.over_batch) {
    if (members.reduces()) std::fill_n(tile_.data(), tile_.size(), T(0));  // what lies past the last key too
  }

  void begin(std::size_t first, std::size_t count) {
    count_ = count;
    auto rows = rows_.begin();
    for (const std::size_t b : members_.batch_items)
      for (const std::size_t h : members_.heads_of_each) source_.begin(*rows++, b, h, first, count);
  }

  TileCells make(std::int64_t j0, std::int64_t j1) {
    if (!members_.reduces()) return source_.make(rows_[0], j0, j1, tile_.data());
    if (std::all_of(rows_.begin(), rows_.end(), [&](const auto& rows) { return source_.is_zero(rows, j0, j1); }))
      return TileCells::zero;
    // A single head or batch item is its own mean; the deviation of one is 0.
    TileCells cells = TileCells::finite;
    auto rows = rows_.begin();
    batch_.start(count_ * tile_keys);
    for (std::size_t b = 0; b < members_.batch_items.size(); ++b) {
      heads_.start(count_ * tile_keys);
      for (std::size_t h = 0; h < members_.heads_of_each.size(); ++h) {
        const TileCells made = source_.make(*rows++, j0, j1, tile_.data());
        if (made == TileCells::zero) std::fill_n(tile_.data(), count_ * tile_keys, T(0));
        if (made == TileCells::mixed) cells = TileCells::mixed;
        heads_.add(tile_.data());
      }
      batch_.add(heads_.result());
    }
    const double* result = batch_.result();
    std::transform(result, result + count_ * tile_keys, tile_.data(), [](double x) { return static_cast<T>(x); });
    return cells;
  }

  const T* row(std::size_t r) const { return tile_.data() + r * tile_keys; }

 private:
  const WeightSource<T>& source_;
  const Members& members_;
  std::vector<WeightRows<T>> rows_;
  Scratch<T> tile_;
  std::size_t count_ = 0;
  TileReducer heads_, batch_;
};

// Where rows and columns of weights fall into a picture's cells.
struct Grid {
  Grid(std::size_t queries, std::size_t keys, std::size_t rows, std::size_t columns)
      : row_places(places(queries, rows)),
        column_places(places(keys, columns)),
        row_units(rows),
        column_units(columns),
        cell_units(queries * keys) {}

  std::vector<Place> row_places, column_places;
  std::size_t row_units, column_units;  ///< in the height and width of one weight
  std::size_t cell_units;               ///< in the area of a cell

  template <class Visit>
  static void for_parts(const Place& place, std::size_t units, Visit visit) {
    visit(place.box, place.here);
    if (place.here < units) visit(place.box + 1, units - place.here);
  }
};

// Some rows of cells, and the weights that have been pooled into them.
template <class T>
class Cells {
 public:
  Cells(const Grid& grid, const PoolingKernels<T>* kernels) : grid_(grid), kernels_(kernels) {}

  void start(std::size_t first, std::size_t end) {
    first_ = first;
    end_ = end;
    const std::size_t size = (end - first) * grid_.column_units;
    sum_.assign(size, 0);
    greatest_.assign(size, T(0));  // what is not visited is 0, and no weight is less
    missing_.assign(size, 0);
    range_ = {};
  }

  void add_zeros() { range_.include(0); }

  // Rows [first, first + count) × keys [j0, j1), all of them numbers. Rows of a cell are summed up column by column
  // first, so that nearly all work is done in vectors.
  void add_numbers(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0,
                   std::int64_t j1) {
    const auto n = static_cast<std::size_t>(j1 - j0), j = static_cast<std::size_t>(j0);
    std::fill_n(least_columns_, n, std::numeric_limits<T>::infinity());
    std::fill_n(least_positive_columns_, n, std::numeric_limits<T>::infinity());
    std::size_t box = end_;
    for (std::size_t r = 0; r < count;) {
      // Rows that lie in one cell as a whole go together.
      const Place& place = grid_.row_places[first + r];
      std::size_t rows = 1;
      if (place.here == grid_.row_units)
        while (r + rows < count && is_within(grid_.row_places[first + r + rows], place.box)) ++rows;
      Grid::for_parts(place, grid_.row_units, [&](std::size_t next, std::size_t units) {
        if (next != box) {
          flush(box, j, n);
          box = next;
        }
        if (has(box)) pool_rows(tile.row(r), rows, n, static_cast<T>(units) / static_cast<T>(grid_.row_units));
      });
      r += rows;
    }
    flush(box, j, n);
    ValueRange range;
    range.least = static_cast<double>(*std::min_element(least_columns_, least_columns_ + n));
    range.least_positive = static_cast<double>(*std::min_element(least_positive_columns_, least_positive_columns_ + n));
    range_.include(range);
  }

  // The same, with NaN perhaps among them: it is left out.
  void add_mixed(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0, std::int64_t j1) {
    for (std::size_t r = 0; r < count; ++r)
      for (std::int64_t j = j0; j < j1; ++j)
        add_cell(tile.row(r)[j - j0], grid_.row_places[first + r], grid_.column_places[static_cast<std::size_t>(j)]);
  }

  // To the picture; returns the range of the weights.
  ValueRange store(Pooling pooling, std::span<float> cells) {
    const double weights_a_unit = 1 / (static_cast<double>(grid_.row_units) * static_cast<double>(grid_.column_units));
    float* to = cells.data() + first_ * grid_.column_units;
    for (std::size_t at = 0; at < sum_.size(); ++at) {
      const std::size_t there = grid_.cell_units - missing_[at];
      if (there != 0) range_.greatest = std::max(range_.greatest, static_cast<double>(greatest_[at]));
      const double mean = sum_[at] / (static_cast<double>(there) * weights_a_unit);
      to[at] = there == 0                 ? std::numeric_limits<float>::quiet_NaN()
               : pooling == Pooling::mean ? static_cast<float>(mean)
                                          : static_cast<float>(greatest_[at]);
    }
    return range_;
  }

 private:
  bool has(std::size_t box) const { return box >= first_ && box < end_; }

  bool is_within(const Place& row, std::size_t box) const { return row.box == box && row.here == grid_.row_units; }

  void pool_rows(const T* rows, std::size_t count, std::size_t n, T share) {
    kernels_->pool_columns({.weights = rows,
                            .stride = static_cast<std::ptrdiff_t>(tile_keys),
                            .rows = count,
                            .n = n,
                            .share = share,
                            .sum = sum_columns_,
                            .greatest = greatest_columns_,
                            .least = least_columns_,
                            .least_positive = least_positive_columns_});
  }

  // The columns' sums to the cells of a row, if it is one of these.
  void flush(std::size_t box, std::size_t j0, std::size_t n) {
    if (has(box)) {
      const double unit = 1 / static_cast<double>(grid_.column_units);
      double* sums = sum_.data() + (box - first_) * grid_.column_units;
      T* greatest = greatest_.data() + (box - first_) * grid_.column_units;
      for (std::size_t j = 0; j < n; ++j) {
        const double sum = static_cast<double>(sum_columns_[j]);
        Grid::for_parts(grid_.column_places[j0 + j], grid_.column_units, [&](std::size_t column, std::size_t units) {
          sums[column] += static_cast<double>(units) * unit * sum;
          greatest[column] = std::max(greatest[column], greatest_columns_[j]);
        });
      }
    }
    std::fill_n(sum_columns_, n, T(0));
    std::fill_n(greatest_columns_, n, T(0));
  }

  void add_cell(T weight, const Place& row, const Place& column) {
    const bool finite = std::isfinite(weight);
    if (finite) range_.include(static_cast<double>(weight));
    Grid::for_parts(row, grid_.row_units, [&](std::size_t box, std::size_t height) {
      if (!has(box)) return;
      Grid::for_parts(column, grid_.column_units, [&](std::size_t at, std::size_t width) {
        at += (box - first_) * grid_.column_units;
        const std::size_t area = height * width;
        if (!finite) {
          missing_[at] += area;
          return;
        }
        sum_[at] += static_cast<double>(area) /
                    (static_cast<double>(grid_.row_units) * static_cast<double>(grid_.column_units)) *
                    static_cast<double>(weight);
        greatest_[at] = std::max(greatest_[at], weight);
      });
    });
  }

  const Grid& grid_;
  const PoolingKernels<T>* kernels_;  // null: every tile is mixed
  std::size_t first_ = 0, end_ = 0;
  std::vector<double> sum_;           // of weights, by the share of them that lies in the cell
  std::vector<T> greatest_;           // of the cell's weights
  std::vector<std::size_t> missing_;  // units of area whose weight is not finite
  ValueRange range_;
  T sum_columns_[tile_keys] = {}, greatest_columns_[tile_keys] = {};
  T least_columns_[tile_keys], least_positive_columns_[tile_keys];
};

template <class T>
class PicturePooling {
 public:
  PicturePooling(const AttentionTask<T>& task, const WeightSource<T>& source, const PoolingKernels<T>* kernels,
                 PooledMatrix& picture)
      : task_(task),
        source_(source),
        kernels_(kernels),
        picture_(picture),
        members_(picture, task.query.batch, task.query.heads),
        grid_(task.query.rows, task.key.rows, picture.rows, picture.columns) {}

  void run() {
    picture_.cells = Tensor(DType::f32, {picture_.rows, picture_.columns});
    // As many rows of cells as a block of weights has, less what lies in two of them.
    const std::size_t most = std::max<std::size_t>(3, source_.most_rows()) - 2;
    const std::size_t rows_a_task = std::max<std::size_t>(1, most * picture_.rows / task_.query.rows);
    const std::size_t tasks = divide_up(picture_.rows, rows_a_task);
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.threads, tasks));
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
    Workspace(const WeightSource<T>& source, const PoolingKernels<T>* kernels, const Members& members, const Grid& grid)
        : tiles(source, members), cells(grid, kernels) {}
    PictureTiles<T> tiles;
    Cells<T> cells;
    ValueRange range;
  };

  void pool_rows(Workspace& work, std::size_t first_cell, std::size_t end_cell) {
    const std::size_t queries = task_.query.rows;
    const auto keys = static_cast<std::int64_t>(task_.key.rows);
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
  Members members_;
  Grid grid_;
};

}  // namespace

template <class T>
void attend_pooling(const AttentionTask<T>& task, const TileKernels<T>* kernels) {
  const auto source = weight_source(task, kernels);
  std::vector<bool> shown(task.query.batch * task.query.heads);
  for (const PooledMatrix& picture : task.pooled) {
    if (picture.rows == 0 || picture.columns == 0 || picture.rows > task.query.rows || picture.columns > task.key.rows)
      throw std::logic_error("attend: a pooled matrix has 1 … L rows and 1 … S columns");
    const Members members(picture, task.query.batch, task.query.heads);
    for (const std::size_t b : members.batch_items)
      for (const std::size_t h : members.heads_of_each) shown[b * task.query.heads + h] = true;
  }
  source->prepare(shown);
  const PoolingKernels<T>* pooling = kernels == nullptr ? nullptr : &pooling_kernels(*kernels);
  for (PooledMatrix& picture : task.pooled) PicturePooling<T>(task, *source, pooling, picture).run();
}

template void attend_pooling(const AttentionTask<float>&, const TileKernels<float>*);
template void attend_pooling(const AttentionTask<double>&, const TileKernels<double>*);

}  // namespace attn
