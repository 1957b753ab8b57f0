// The mask language by its definition: a predicate on one score, to compare ranges with.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/mask.hpp"
#include "support/catch.hpp"

namespace attn::test {

/// One score of a grid; `p` is the query's position.
struct Score {
  const MaskShape& shape;
  std::size_t b, h;
  std::int64_t i, p, k;
};
using Predicate = std::function<bool(const Score&)>;

inline MaskShape grid_of(std::size_t queries, std::size_t keys, std::int64_t offset = 0) {
  MaskShape shape;
  shape.queries = queries;
  shape.keys = keys;
  shape.offsets = {offset};
  return shape;
}

inline std::string shape_name(const MaskShape& shape) {
  std::ostringstream name;
  name << "B=" << shape.batch << " H=" << shape.heads << " L=" << shape.queries << " S=" << shape.keys << " offsets";
  for (const std::int64_t offset : shape.offsets) name << ' ' << offset;
  return name.str();
}

inline std::string text_of(const std::vector<KeyRange>& ranges) {
  std::ostringstream text;
  for (const KeyRange range : ranges) text << '[' << range.begin << ',' << range.end << ')';
  return text.str();
}

/// The ranges that a predicate gives for a row, found key by key.
inline std::vector<KeyRange> expected_row(const MaskShape& shape, std::size_t b, std::size_t h, std::size_t i,
                                          const Predicate& attends) {
  std::vector<KeyRange> ranges;
  const auto query = static_cast<std::int64_t>(i);
  const std::int64_t p = query + (shape.offsets.size() == 1 ? shape.offsets[0] : shape.offsets[b]);
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(shape.keys); ++k) {
    if (!attends({shape, b, h, query, p, k})) continue;
    if (!ranges.empty() && ranges.back().end == k) {
      ++ranges.back().end;
    } else {
      ranges.push_back({k, k + 1});
    }
  }
  return ranges;
}

/// The first row in which a mask differs from the predicate, as text; empty if there is none.
inline std::string difference(const BoundMask& mask, const Predicate& attends) {
  const MaskShape& shape = mask.shape();
  std::vector<KeyRange> ranges{{-7, -3}};  // must be overwritten
  for (std::size_t b = 0; b < shape.batch; ++b)
    for (std::size_t h = 0; h < shape.heads; ++h)
      for (std::size_t i = 0; i < shape.queries; ++i) {
        mask.row(b, h, i, ranges);
        const std::vector<KeyRange> expected = expected_row(shape, b, h, i, attends);
        if (ranges != expected)
          return shape_name(shape) + ": row " + std::to_string(b) + "," + std::to_string(h) + "," + std::to_string(i) +
                 " is " + text_of(ranges) + ", not " + text_of(expected);
      }
  return "";
}

/// The (L, S) matrix of an expression as rows of 0 and 1: "100 110 111".
inline std::string picture(const std::string& expression, const MaskShape& shape) {
  const BoundMask mask = Mask::parse(expression, "--mask").bind(shape);
  std::vector<std::uint8_t> matrix(shape.queries * shape.keys, 7);
  mask.fill(0, 0, matrix);
  std::string text;
  for (std::size_t n = 0; n < matrix.size(); ++n) {
    if (n > 0 && n % shape.keys == 0) text += ' ';
    text += std::to_string(matrix[n]);
  }
  return text;
}

/// The error that `action` throws, as "WHERE: WHAT".
template <class Action>
std::string error_of(Action action, ErrorKind kind) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.where() + ": " + error.what();
  }
  return "no error";
}

/// What is said of an expression that cannot be read, or not be bound to a shape.
inline std::string bind_error(const std::string& expression, const MaskShape& shape,
                              ErrorKind kind = ErrorKind::usage) {
  return error_of([&] { Mask::parse(expression, "--mask").bind(shape); }, kind);
}

/// ⌊number / divisor⌋ of a positive divisor.
inline std::int64_t floor_of(std::int64_t number, std::int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

}  // namespace attn::test
