// Pooling against the plain definition of an area-weighted mean.
#include "render/pool.hpp"

#include <cmath>
#include <limits>

#include "picture.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// How much of [begin, begin+1) lies in the box-th of `boxes` equal parts of `extent`.
double overlap(std::size_t cell, std::size_t box, std::size_t extent, std::size_t boxes) {
  const double length = static_cast<double>(extent) / static_cast<double>(boxes);
  const double from = std::max(static_cast<double>(cell), static_cast<double>(box) * length);
  const double to = std::min(static_cast<double>(cell + 1), static_cast<double>(box + 1) * length);
  return std::max(0.0, to - from);
}

double greatest_of_box(const Tensor& matrix, const Grid& grid, std::size_t row, std::size_t column) {
  double greatest = -1;
  for (std::size_t i = 0; i < matrix.extent(0); ++i)
    for (std::size_t j = 0; j < matrix.extent(1); ++j) {
      const double value = static_cast<double>(matrix.values<float>()[i * matrix.extent(1) + j]);
      // Rounding gives cells that only touch the box an area, too.
      const double area =
          overlap(i, row, matrix.extent(0), grid.rows) * overlap(j, column, matrix.extent(1), grid.columns);
      if (std::isfinite(value) && area > 1e-9) greatest = std::max(greatest, value);
    }
  return greatest;
}

double mean_of_box(const Tensor& matrix, const Grid& grid, std::size_t row, std::size_t column) {
  double sum = 0;
  double area = 0;
  for (std::size_t i = 0; i < matrix.extent(0); ++i)
    for (std::size_t j = 0; j < matrix.extent(1); ++j) {
      const double value = static_cast<double>(matrix.values<float>()[i * matrix.extent(1) + j]);
      const double weight =
          overlap(i, row, matrix.extent(0), grid.rows) * overlap(j, column, matrix.extent(1), grid.columns);
      if (!std::isfinite(value)) continue;
      sum += weight * value;
      area += weight;
    }
  return sum / area;
}

}  // namespace

TEST_CASE("a box is the mean of the cells by area, whatever the sizes") {
  for (const auto& [rows, columns, max_rows, max_columns] :
       {std::array<std::size_t, 4>{12, 12, 4, 6}, {7, 11, 3, 4}, {10, 10, 9, 7}, {5, 40, 8, 13}, {3, 3, 1, 1}}) {
    Tensor values = varied(rows, columns);
    values.values<float>()[1] = std::numeric_limits<float>::quiet_NaN();
    const Grid grid = pool(values, max_rows, max_columns);
    REQUIRE(grid.rows == std::min(rows, max_rows));
    REQUIRE(grid.columns == std::min(columns, max_columns));
    for (std::size_t i = 0; i < grid.rows; ++i)
      for (std::size_t j = 0; j < grid.columns; ++j)
        CHECK(grid.values[i * grid.columns + j] == Approx(mean_of_box(values, grid, i, j)).margin(1e-12));
  }
}

TEST_CASE("or the greatest of the cells that it touches") {
  for (const auto& [rows, columns, max_rows, max_columns] :
       {std::array<std::size_t, 4>{12, 12, 4, 6}, {7, 11, 3, 4}, {10, 10, 9, 7}, {5, 40, 8, 13}, {3, 3, 1, 1}}) {
    Tensor values = varied(rows, columns);
    values.values<float>()[1] = std::numeric_limits<float>::infinity();
    const Grid grid = pool(values, max_rows, max_columns, Pooling::max);
    for (std::size_t i = 0; i < grid.rows; ++i)
      for (std::size_t j = 0; j < grid.columns; ++j)
        CHECK(grid.values[i * grid.columns + j] == greatest_of_box(values, grid, i, j));
  }
  const float nan = std::nanf("");
  const Grid grid = pool(matrix(2, 4, {nan, nan, -1, -2, nan, nan, -3, nan}), 1, 2, Pooling::max);
  CHECK(std::isnan(grid.values[0]));
  CHECK(grid.values[1] == -1);
}

TEST_CASE("a matrix that fits is left as it is, NaN and infinities too") {
  const float infinity = std::numeric_limits<float>::infinity();
  const Grid grid = pool(matrix(1, 3, {1, -infinity, std::nanf("")}), 5, 5);
  CHECK(grid.values[0] == 1);
  CHECK(grid.values[1] == -static_cast<double>(infinity));
  CHECK(std::isnan(grid.values[2]));
}

TEST_CASE("a box without any finite value is NaN") {
  const float nan = std::nanf("");
  const Grid grid = pool(matrix(2, 4, {nan, nan, 1, 2, nan, nan, 3, nan}), 1, 2);
  CHECK(std::isnan(grid.values[0]));
  CHECK(grid.values[1] == Approx(2));
}

TEST_CASE("bytes and float64 are pooled as well") {
  const std::vector<std::uint8_t> bits{1, 0, 1, 1};
  CHECK(pool(Tensor::of<std::uint8_t>({1, 4}, bits), 1, 2).values == CountedVector<double>{0.5, 1});
  const std::vector<double> doubles{1e300, 3e300};
  CHECK(pool(Tensor::of<double>({2, 1}, doubles), 1, 1).values == CountedVector<double>{2e300});
}

TEST_CASE("a panel that is pooled already is drawn as its whole matrix would be") {
  for (const bool logarithmic : {false, true}) {
    Heatmap whole = heatmap_of(varied(1300, 2100));
    whole.style.logarithmic = logarithmic;
    const std::vector<GridSize> cells = drawn_cells(whole);
    REQUIRE(cells.size() == 1);
    CHECK(cells[0].rows < 1300);
    CHECK(cells[0].columns < 2100);
    const Tensor& matrix = whole.panels[0].values;
    const Grid grid = pool(matrix, cells[0].rows, cells[0].columns);
    const std::vector<float> means(grid.values.begin(), grid.values.end());
    Heatmap pooled = heatmap_of(Tensor::of<float>({grid.rows, grid.columns}, means));
    pooled.style.logarithmic = logarithmic;
    ValueRange range;
    for (const float value : matrix.values<float>()) range.include(static_cast<double>(value));
    pooled.panels[0].whole = {1300, 2100, range};
    CHECK(drawn_cells(pooled) == cells);
    const Decoded a = decode_png(render_png(whole)), b = decode_png(render_png(pooled));
    REQUIRE(a.rgb.size() == b.rgb.size());
    std::size_t other = 0;
    for (std::size_t at = 0; at < a.rgb.size(); ++at) other += a.rgb[at] != b.rgb[at];
    CHECK(other * 1000 <= a.rgb.size());  // float32 instead of float64 may give the next colour
  }
}

TEST_CASE("pictures pool as their style says, as PNG and on the terminal") {
  Heatmap heatmap = heatmap_of(varied(1200, 1200));
  const std::string png = render_png(heatmap), text = render_terminal(heatmap, {.color = false});
  heatmap.style.pooling = Pooling::max;
  CHECK((render_png(heatmap) != png));
  CHECK(render_terminal(heatmap, {.color = false}) != text);
}
