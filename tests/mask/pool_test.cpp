// Pictures' cells from key ranges and bits, against pooling the matrix itself; counts by any number of threads.
#include <cmath>

#include "mask/oracle.hpp"

namespace attn::test {
namespace {

// The share of each cell's area, element by element.
std::vector<double> pooled_by_hand(const BoundMask& mask, std::size_t b, std::size_t h, std::size_t rows,
                                   std::size_t columns, Pooling pooling) {
  const std::size_t queries = mask.shape().queries, keys = mask.shape().keys;
  std::vector<std::uint8_t> matrix(queries * keys);
  mask.fill(b, h, matrix);
  // The length that element i of n shares with box j of m, in units of 1/(n·m) of the axis.
  const auto shared = [](std::size_t i, std::size_t n, std::size_t j, std::size_t m) {
    const std::size_t begin = std::max(i * m, j * n), end = std::min((i + 1) * m, (j + 1) * n);
    return begin < end ? static_cast<double>(end - begin) : 0;
  };
  std::vector<double> cells(rows * columns);
  for (std::size_t i = 0; i < queries; ++i)
    for (std::size_t k = 0; k < keys; ++k)
      for (std::size_t y = i * rows / queries; matrix[i * keys + k] != 0 && y * queries < (i + 1) * rows; ++y)
        for (std::size_t x = k * columns / keys; x * keys < (k + 1) * columns; ++x)
          cells[y * columns + x] += shared(i, queries, y, rows) * shared(k, keys, x, columns);
  for (double& cell : cells)
    cell = pooling == Pooling::mean ? cell / static_cast<double>(queries * keys) : cell > 0 ? 1 : 0;
  return cells;
}

const std::vector<std::string> expressions{"all",
                                           "none",
                                           "causal",
                                           "window:9,3 | sink:2",
                                           "block:16",
                                           "stride:2",
                                           "stride:3 | sink:5",
                                           "!stride:7",
                                           "dilated:40,3",
                                           "random:0.3,5",
                                           "causal & random:0.5,1",
                                           "random:0.5,1 & stride:2 & window:50,20 | global:7",
                                           "!(random:0.2,3 | stride:5) & (window:30,4 | sink:9)",
                                           "stride:64",
                                           "dilated:100,70 & !random:0.5,2"};

}  // namespace

TEST_CASE("cells of a picture are the shares of the matrix that they cover", "[pool]") {
  MaskShape shape = grid_of(90, 150, 7);
  for (const std::string& expression : expressions) {
    const BoundMask mask = Mask::parse(expression, "--mask").bind(shape);
    for (const auto& [rows, columns] :
         {std::pair<std::size_t, std::size_t>{90, 150}, {45, 50}, {7, 11}, {89, 149}, {1, 1}, {31, 150}, {90, 13}})
      for (const Pooling pooling : {Pooling::mean, Pooling::max}) {
        INFO(expression << " in " << rows << " × " << columns << (pooling == Pooling::mean ? ", mean" : ", max"));
        const Tensor cells = mask.pool(0, 0, rows, columns, pooling);
        const std::vector<double> expected = pooled_by_hand(mask, 0, 0, rows, columns, pooling);
        REQUIRE(cells.shape() == Shape{rows, columns});
        double worst = 0;
        for (std::size_t n = 0; n < expected.size(); ++n)
          worst = std::max(worst, std::abs(static_cast<double>(cells.values<float>()[n]) - expected[n]));
        CHECK(worst <= (pooling == Pooling::mean ? 6e-8 : 0));
      }
  }
}

TEST_CASE("each batch item and head has a picture of its own", "[pool]") {
  MaskShape shape = grid_of(12, 20);
  shape.batch = shape.heads = 2;
  shape.offsets = {0, 5};
  Tensor stored = Tensor::zeros(DType::u8, {2, 12, 20});
  for (std::size_t n = 250; n < 480; ++n) stored.values<std::uint8_t>()[n] = n % 3 == 0;
  const BoundMask mask = (Mask::stored(std::move(stored), "mask") & Mask::causal()).bind(shape);
  for (const std::size_t b : {0U, 1U})
    for (const std::size_t h : {0U, 1U}) {
      const Tensor cells = mask.pool(b, h, 5, 7, Pooling::mean);
      const std::vector<double> expected = pooled_by_hand(mask, b, h, 5, 7, Pooling::mean);
      for (std::size_t n = 0; n < expected.size(); ++n)
        CHECK(static_cast<double>(cells.values<float>()[n]) == Approx(expected[n]).margin(1e-7));
    }
}

TEST_CASE("pictures and counts are the same for any number of threads", "[pool]") {
  for (const std::string expression : {"causal & (window:99,0 | sink:4)", "stride:3 | random:0.1,2"}) {
    const BoundMask mask = Mask::parse(expression, "--mask").bind(grid_of(3000, 2500));
    const Tensor one = mask.pool(0, 0, 77, 91, Pooling::mean), three = mask.pool(0, 0, 77, 91, Pooling::mean, 3);
    CHECK(std::equal(one.values<float>().begin(), one.values<float>().end(), three.values<float>().begin()));
    const MaskStats a = mask.stats(64, 64), b = mask.stats(64, 64, 3);
    CHECK(a.attended == b.attended);
    CHECK(a.empty_rows == b.empty_rows);
    CHECK(a.tiles.full == b.tiles.full);
    CHECK(a.tiles.partial == b.tiles.partial);
    CHECK(a.tiles.empty == b.tiles.empty);
  }
}

TEST_CASE("counts of scattered masks are those of the matrix", "[pool]") {
  for (const std::string& expression : expressions) {
    const BoundMask mask = Mask::parse(expression, "--mask").bind(grid_of(200, 331, -5));
    std::vector<std::uint8_t> matrix(200 * 331);
    mask.fill(0, 0, matrix);
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{64, 64}, {10, 17}, {1, 128}}) {
      INFO(expression << " in tiles of " << rows << " × " << columns);
      MaskStats expected;
      for (std::size_t top = 0; top < 200; top += rows)
        for (std::size_t left = 0; left < 331; left += columns) {
          std::size_t attended = 0, size = 0;
          for (std::size_t i = top; i < std::min<std::size_t>(top + rows, 200); ++i)
            for (std::size_t k = left; k < std::min<std::size_t>(left + columns, 331); ++k, ++size)
              attended += matrix[i * 331 + k];
          expected.attended += attended;
          ++(attended == 0 ? expected.tiles.empty : attended == size ? expected.tiles.full : expected.tiles.partial);
        }
      const MaskStats stats = mask.stats(rows, columns);
      CHECK(stats.attended == expected.attended);
      CHECK(stats.tiles.full == expected.tiles.full);
      CHECK(stats.tiles.partial == expected.tiles.partial);
      CHECK(stats.tiles.empty == expected.tiles.empty);
    }
  }
}

TEST_CASE("a picture of a long mask needs no matrix", "[pool]") {
  const std::size_t length = 131072;
  const Tensor cells =
      Mask::parse("causal & (window:4095,0 | sink:4)", "--mask").bind(grid_of(length, length)).pool(0, 0, 32, 32, {});
  const auto at = [&](std::size_t y, std::size_t x) { return static_cast<double>(cells.values<float>()[y * 32 + x]); };
  // Boxes of 4096: the window is a band of two triangles, and the sinks are 4 of 4096 columns.
  CHECK(at(9, 9) == Approx(0.5).epsilon(1e-3));
  CHECK(at(9, 8) == Approx(0.5).epsilon(1e-3));
  CHECK(at(9, 0) == Approx(4.0 / 4096).epsilon(1e-6));
  CHECK(at(9, 10) == 0);
}

TEST_CASE("pictures of more cells than the mask has are refused", "[pool]") {
  const BoundMask mask = Mask::causal().bind(grid_of(2, 3));
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 0}, {3, 3}, {2, 4}})
    CHECK(error_of([&, r = rows, c = columns] { mask.pool(0, 0, r, c, Pooling::mean); }, ErrorKind::usage) ==
          ": a picture of a mask has 1 … L rows and 1 … S columns");
}

}  // namespace attn::test
