// Masks on a grid: statistics, dependence on batch and head, matrices, and use from many threads.
#include "core/parallel.hpp"
#include "mask/oracle.hpp"

namespace attn::test {
namespace {

MaskStats counted_by_hand(const BoundMask& mask, std::size_t rows, std::size_t columns) {
  const MaskShape& shape = mask.shape();
  MaskStats stats;
  std::vector<std::uint8_t> matrix(shape.queries * shape.keys);
  for (std::size_t b = 0; b < shape.batch; ++b)
    for (std::size_t h = 0; h < shape.heads; ++h) {
      mask.fill(b, h, matrix);
      for (std::size_t i = 0; i < shape.queries; ++i) {
        std::size_t attended = 0;
        for (std::size_t k = 0; k < shape.keys; ++k) attended += matrix[i * shape.keys + k];
        stats.attended += attended;
        stats.empty_rows += attended == 0 ? 1 : 0;
      }
      for (std::size_t top = 0; top < shape.queries; top += rows)
        for (std::size_t left = 0; left < shape.keys; left += columns) {
          std::size_t attended = 0, size = 0;
          for (std::size_t i = top; i < std::min(top + rows, shape.queries); ++i)
            for (std::size_t k = left; k < std::min(left + columns, shape.keys); ++k, ++size)
              attended += matrix[i * shape.keys + k];
          ++(attended == 0 ? stats.tiles.empty : attended == size ? stats.tiles.full : stats.tiles.partial);
        }
    }
  return stats;
}

MaskShape batch_of(std::size_t batch, std::size_t heads, std::size_t queries, std::size_t keys) {
  MaskShape shape = grid_of(queries, keys);
  shape.batch = batch;
  shape.heads = heads;
  return shape;
}

}  // namespace

TEST_CASE("statistics are what counting every score gives") {
  MaskShape packed = batch_of(3, 2, 17, 23);
  packed.offsets = {0, 6, -4};
  packed.key_lengths = {23, 5, 0};
  for (const MaskShape& shape :
       {packed, batch_of(1, 1, 40, 40), batch_of(2, 3, 5, 64), batch_of(1, 1, 33, 1), batch_of(1, 1, 0, 4),
        batch_of(1, 1, 4, 0), batch_of(0, 2, 4, 4), batch_of(2, 0, 4, 4)})
    for (const std::string expression : {"all", "none", "causal", "causal & window:3,0 | sink:2", "block:8", "stride:3",
                                         "random:0.4,1", "!block:8", "causal:bottom-right", "padding:0"})
      for (const auto& [rows, columns] :
           {std::pair<std::size_t, std::size_t>{8, 8}, {1, 1}, {3, 7}, {64, 64}, {16, 1}}) {
        const BoundMask mask = (Mask::parse(expression, "--mask") & Mask::key_lengths()).bind(shape);
        const MaskStats stats = mask.stats(rows, columns), expected = counted_by_hand(mask, rows, columns);
        INFO(expression << " on " << shape_name(shape) << " in tiles of " << rows << "x" << columns);
        CHECK(stats.attended == expected.attended);
        CHECK(stats.empty_rows == expected.empty_rows);
        CHECK(mask.empty_rows(rows % 4) == expected.empty_rows);
        CHECK(stats.tiles.full == expected.tiles.full);
        CHECK(stats.tiles.partial == expected.tiles.partial);
        CHECK(stats.tiles.empty == expected.tiles.empty);
        CHECK(stats.tile_rows == rows);
        CHECK(stats.tile_columns == columns);
        const auto scores = static_cast<double>(shape.batch * shape.heads * shape.queries * shape.keys);
        CHECK(stats.density == (scores > 0 ? static_cast<double>(expected.attended) / scores : 0));
      }
}

TEST_CASE("statistics of rows with very many tiles are what counting every score gives") {
  // Few rows a band, and tiles of few keys: only ends of ranges are kept.
  for (const char* const expression :
       {"all", "none", "causal", "window:7,3", "window:0,0", "causal | sink:5", "causal & !window:3,0",
        "!window:400,300", "stride:300", "documents:100,300,613"}) {
    for (const std::size_t keys : {1013U, 1012U}) {
      if (keys == 1012 && std::string(expression).starts_with("documents")) continue;
      CAPTURE(expression, keys);
      const BoundMask bound = Mask::parse(expression, "--mask").bind(grid_of(7, keys));
      for (const std::size_t rows : {1U, 2U, 3U})
        for (const std::size_t columns : {1U, 4U, 7U}) {
          const MaskStats stats = bound.stats(rows, columns, 2), expected = counted_by_hand(bound, rows, columns);
          CHECK(stats.attended == expected.attended);
          CHECK(stats.empty_rows == expected.empty_rows);
          CHECK(stats.tiles.full == expected.tiles.full);
          CHECK(stats.tiles.partial == expected.tiles.partial);
          CHECK(stats.tiles.empty == expected.tiles.empty);
        }
    }
  }
}

TEST_CASE("a row of rows that memory cannot hold is counted by its ranges") {
  const std::size_t keys = (std::size_t{1} << 48) + 7;
  MaskShape shape = grid_of(7, keys);
  const MaskStats stats = Mask::parse("window:2147483648,8:bottom-right", "--mask").bind(shape).stats(64, 64);
  CHECK(stats.attended == 7 * (std::uint64_t{1} << 31) + 7 + 21);
  CHECK(stats.tiles.full + stats.tiles.partial + stats.tiles.empty == keys / 64 + 1);
}

TEST_CASE("what would take hours, or pass a count, is refused before it is begun") {
  const auto message = [](const char* expression, std::size_t queries, std::size_t keys) {
    try {
      Mask::parse(expression, "--mask").bind(grid_of(queries, keys)).stats(64, 64);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message("causal", 10000000000, 10000000000) ==
        "to count in 10000000000 rows of 10000000000 keys takes 1.0e+10 steps; the limit is 8.6e+09");
  CHECK(message("random:0.5,1", 1000000, 1000000) ==
        "to count in 1000000 rows of 1000000 keys takes 1.6e+10 steps; the limit is 8.6e+09");
  CHECK(message("all", 1000000, std::size_t{1} << 48) ==
        "there are more scores than can be counted: 1000000 rows of 281474976710656 keys");
  const BoundMask bound = Mask::parse("causal", "--mask").bind(grid_of(10000000000, 10000000000));
  CHECK_THROWS_AS(bound.pool(0, 0, 8, 8, Pooling::mean), Error);
}

TEST_CASE("statistics of a long sequence need neither its matrix nor its scores") {
  const std::size_t length = 131072;
  const MaskStats stats =
      Mask::parse("causal & (window:4095,0 | sink:4)", "--mask").bind(grid_of(length, length)).stats(128, 128);
  // Row i attends the 4096 keys up to i and the 4 first ones.
  const std::uint64_t window = std::uint64_t{4096} * 4097 / 2 + std::uint64_t{length - 4096} * 4096;
  CHECK(stats.attended == window + 1 + 2 + 3 + std::uint64_t{length - 4099} * 4);
  CHECK(stats.empty_rows == 0);
  CHECK(Mask::parse("!block:131071", "--mask").bind(grid_of(length, length)).empty_rows() == 0);
  CHECK(Mask::parse("window:4095,0 & !window:4095,0 | random:0.5,1 & none", "--mask")
            .bind(grid_of(4096, length))
            .empty_rows(2) == 4096);
  // The tile on the diagonal and the one 32 to its left are cut through, the 31 between are full; the
  // first column's are partial further down.
  const std::size_t bands = length / 128;
  CHECK(stats.tiles.full == 31 * (bands - 32) + 31 * 32 / 2);
  CHECK(stats.tiles.partial == bands + (bands - 32) + (bands - 33));
  CHECK(stats.tiles.full + stats.tiles.partial + stats.tiles.empty == bands * bands);
}

TEST_CASE("tiles of nothing are refused") {
  const BoundMask mask = Mask::causal().bind(grid_of(2, 2));
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 0}})
    CHECK(error_of([&, r = rows, c = columns] { mask.stats(r, c); }, ErrorKind::usage) ==
          ": tiles need at least one row and one column");
}

TEST_CASE("a mask varies by batch item only if it depends on what differs between them") {
  const auto varies = [](const std::string& expression, const MaskShape& shape) {
    const BoundMask mask = Mask::parse(expression, "--mask").bind(shape);
    CHECK_FALSE(mask.varies_by_head());
    return mask.varies_by_batch();
  };
  MaskShape offsets = batch_of(2, 4, 6, 6);
  offsets.offsets = {0, -1};
  offsets.segments = {0, 0, 0, 1, 1, 1};
  for (const std::string moved :
       {"causal", "window:1,1", "!causal", "sink:2 | causal", "sink:2 & stride:2", "global:1", "block:2", "dilated:2,2",
        "documents:3,3", "grid:2x3,1", "tree:-1,0,1,0,1,2", "segments"}) {
    INFO(moved);
    CHECK(varies(moved, offsets));
    MaskShape same = offsets;
    same.offsets = {-1, -1};
    CHECK_FALSE(varies(moved, same));
    same.offsets = {-1};
    CHECK_FALSE(varies(moved, same));
  }
  for (const std::string fixed :
       {"all", "none", "sink:2", "padding:3", "random:0.5,1", "causal:bottom-right", "all | causal", "none & causal"}) {
    INFO(fixed);
    CHECK_FALSE(varies(fixed, offsets));
  }
  MaskShape lengths = batch_of(2, 4, 3, 6);
  lengths.key_lengths = {6, 4};
  CHECK(varies("causal:bottom-right", lengths));
  CHECK_FALSE(varies("causal", lengths));
  CHECK(Mask::key_lengths().bind(lengths).varies_by_batch());
  lengths.key_lengths = {4, 4};
  CHECK_FALSE(varies("causal:bottom-right", lengths));
  CHECK_FALSE(Mask::key_lengths().bind(lengths).varies_by_batch());
}

TEST_CASE("an unrestricted mask attends every key") {
  const BoundMask mask = Mask().bind(grid_of(2, 3));
  std::vector<KeyRange> ranges;
  mask.row(0, 0, 1, ranges);
  CHECK(ranges == std::vector<KeyRange>{{0, 3}});
  CHECK(mask.unrestricted());
  CHECK_FALSE(mask.varies_by_batch());
  CHECK_FALSE(mask.varies_by_head());
  std::vector<std::uint8_t> matrix(6, 9);
  mask.fill(0, 0, matrix);
  CHECK(matrix == std::vector<std::uint8_t>(6, 1));
}

TEST_CASE("a matrix of the wrong size is not filled") {
  std::vector<std::uint8_t> matrix(5);
  CHECK_THROWS_AS(Mask::causal().bind(grid_of(2, 3)).fill(0, 0, matrix), std::length_error);
}

TEST_CASE("many threads read one mask, and all see the same rows") {
  MaskShape shape = batch_of(2, 2, 200, 200);
  shape.offsets = {0, 3};
  const BoundMask mask =
      Mask::parse("(causal | stride:7) & !(window:9,2 & (random:0.5,1 | global:5,90)) | sink:3", "--mask").bind(shape);
  const std::size_t rows = 2 * 2 * 200;
  std::vector<std::vector<KeyRange>> alone(rows), together(rows);
  const auto row = [&mask](std::size_t n, std::vector<KeyRange>& ranges) {
    mask.row(n / 400, n / 200 % 2, n % 200, ranges);
  };
  for (std::size_t n = 0; n < rows; ++n) row(n, alone[n]);
  parallel_for(rows, 8, [&](std::size_t n, std::size_t) { row(n, together[n]); });
  CHECK(alone == together);
}

TEST_CASE("a bound mask outlives the expression it came from") {
  BoundMask mask;
  {
    const Mask expression = Mask::parse("causal & !(sink:1 | stride:2)", "--mask");
    mask = expression.bind(grid_of(3, 3));
  }
  std::vector<KeyRange> ranges;
  mask.row(0, 0, 2, ranges);
  CHECK(ranges == std::vector<KeyRange>{{1, 2}});
}

}  // namespace attn::test
