// A grid from some bytes, and the rest as a mask expression: all ways to ask for its keys agree.
#include "attn/mask.hpp"

#include <numeric>

#include "attn/error.hpp"
#include "fuzz/fuzz.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

using Matrix = std::vector<std::uint8_t>;

std::vector<std::int64_t> numbers(Draw& draw, std::size_t count, std::int64_t least, std::int64_t most) {
  std::vector<std::int64_t> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(draw.from(least, most));
  return list;
}

MaskShape grid_of(Draw& draw) {
  MaskShape shape{.batch = 1 + draw.below(2), .heads = 1 + draw.below(2)};
  shape.queries = draw.below(24);
  shape.keys = draw.below(80);
  const auto keys = static_cast<std::int64_t>(shape.keys);
  shape.offsets = numbers(draw, draw.truth() ? 1 : shape.batch, -9, 90);
  const std::size_t extras = draw.byte();
  if (extras & 1U) shape.key_lengths = numbers(draw, shape.batch, 0, keys);
  if (extras & 2U) shape.key_starts = numbers(draw, shape.batch, 0, keys);
  if (extras & 4U) shape.prefix_lengths = numbers(draw, shape.batch, 0, keys);
  if (extras & 8U) shape.segments = numbers(draw, (extras & 16U ? shape.batch : 1) * shape.keys, -1, 2);
  if (extras & 32U) shape.positions = PositionsFrom::start;
  if (extras & 64U) {
    shape.cached_keys = draw.below(shape.keys + 1);
    shape.masks_are_of_new_keys = draw.truth();
  }
  shape.rank3_is_batch = (extras & 128U) != 0;
  return shape;
}

// The file of a `file:` atom: a mask whose rank and pattern are in its name.
Tensor loaded(const std::string& path, const MaskShape& shape) {
  const std::size_t keys = shape.keys - (shape.masks_are_of_new_keys ? shape.cached_keys : 0);
  const Shape extents[] = {{keys}, {shape.queries, keys}, {shape.heads, shape.queries, keys}, {1, 1, 1, keys}};
  Tensor mask(DType::u8, extents[path.size() % 4]);
  const std::size_t salt = path.empty() ? 0 : static_cast<unsigned char>(path.back());
  std::size_t at = 0;
  for (std::uint8_t& x : mask.values<std::uint8_t>()) x = (++at * 2654435761U >> 9U) % 7 < salt % 8;
  return mask;
}

// Of ranges, which must be in order and within the keys.
Matrix matrix_of_rows(const BoundMask& mask, std::size_t b, std::size_t h) {
  const std::size_t keys = mask.shape().keys;
  Matrix matrix(mask.shape().queries * keys);
  std::vector<KeyRange> ranges;
  for (std::size_t i = 0; i < mask.shape().queries; ++i) {
    mask.row(b, h, i, ranges);
    std::int64_t last = -1;
    for (const KeyRange& range : ranges) {
      require(range.begin > last && range.end > range.begin && range.end <= static_cast<std::int64_t>(keys),
              "ranges out of order, or past the keys");
      last = range.end;
      for (std::int64_t k = range.begin; k < range.end; ++k) matrix[i * keys + static_cast<std::size_t>(k)] = 1;
    }
  }
  return matrix;
}

void check_stats(const BoundMask& mask, const std::vector<Matrix>& matrices, std::size_t rows, std::size_t columns) {
  const MaskStats stats = mask.stats(rows, columns);
  const std::size_t queries = mask.shape().queries, keys = mask.shape().keys;
  std::uint64_t attended = 0;
  std::size_t empty_rows = 0;
  TileCounts tiles;
  for (const Matrix& matrix : matrices) {
    for (std::size_t i = 0; i < queries; ++i) {
      const auto row = matrix.begin() + static_cast<std::ptrdiff_t>(i * keys);
      const auto sum = std::accumulate(row, row + static_cast<std::ptrdiff_t>(keys), std::uint64_t{0});
      attended += sum;
      empty_rows += sum == 0 ? 1U : 0U;
    }
    for (std::size_t i = 0; i < queries; i += rows)
      for (std::size_t k = 0; k < keys; k += columns) {
        const std::size_t last_row = std::min(i + rows, queries), last_column = std::min(k + columns, keys);
        std::size_t sum = 0;
        for (std::size_t r = i; r < last_row; ++r)
          for (std::size_t c = k; c < last_column; ++c) sum += matrix[r * keys + c];
        ++(sum == 0 ? tiles.empty : sum == (last_row - i) * (last_column - k) ? tiles.full : tiles.partial);
      }
  }
  require(stats.attended == attended, "statistics count other keys than rows have");
  require(stats.empty_rows == empty_rows, "statistics count other empty rows");
  require(stats.tiles.full == tiles.full && stats.tiles.partial == tiles.partial && stats.tiles.empty == tiles.empty,
          "statistics count other tiles");
}

void check_pictures(const BoundMask& mask, const Matrix& matrix) {
  const std::size_t queries = mask.shape().queries, keys = mask.shape().keys;
  if (queries == 0 || keys == 0) return;
  const Tensor all = mask.pool(0, 0, queries, keys, Pooling::mean), one = mask.pool(0, 0, 1, 1, Pooling::max);
  for (std::size_t at = 0; at < matrix.size(); ++at)
    require(number_at(all, at) == matrix[at], "a picture of every cell is another matrix");
  const bool any = std::find(matrix.begin(), matrix.end(), 1) != matrix.end();
  require((number_at(one, 0) == 1) == any, "a picture of one cell is wrong");
}

void check(const std::string& text, const MaskShape& shape, std::size_t tile_rows, std::size_t tile_columns) {
  const Mask::Loader load = [&](const std::string& path) { return loaded(path, shape); };
  const Mask mask = Mask::parse(text, "--mask", load);
  const BoundMask bound = mask.bind(shape);
  for (const std::string& note : mask.notes(shape)) check_message("note", note);
  std::vector<Matrix> matrices;
  for (std::size_t b = 0; b < shape.batch; ++b)
    for (std::size_t h = 0; h < shape.heads; ++h) {
      matrices.push_back(matrix_of_rows(bound, b, h));
      Matrix filled(matrices.back().size());
      bound.fill(b, h, filled);
      require(filled == matrices.back(), "a filled matrix is another than that of ranges");
      require(bound.varies_by_batch() || matrices.back() == matrices[h], "batch items differ that should not");
      require(bound.varies_by_head() || matrices.back() == matrices[b * shape.heads], "heads differ that should not");
    }
  check_stats(bound, matrices, tile_rows, tile_columns);
  check_pictures(bound, matrices.front());

  const std::string written = mask.text();
  const Mask again = Mask::parse(written, "--mask", load);
  require(again.text() == written, "an expression that was written is read as another: " + written);
  require(matrix_of_rows(again.bind(shape), 0, 0) == matrices.front(), "an expression means another once written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draw draw(data, size);
  const MaskShape shape = grid_of(draw);
  const std::size_t rows = 1 + draw.below(20), columns = 1 + draw.below(20);
  attempt([&] { check(draw.rest(), shape, rows, columns); });
  return 0;
}
