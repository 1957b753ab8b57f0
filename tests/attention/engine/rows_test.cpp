// Which keys the rows of a block have in common, against a look at each row.
#include "attention/engine/rows.hpp"

#include <algorithm>
#include <string>

#include "attn/mask.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

constexpr std::size_t queries = 40, keys = 90;

BlockRows rows_of(const BoundMask& mask) {
  BlockRows rows;
  rows.gather(&mask, 0, 0, 0, queries, keys);
  return rows;
}

bool attends(const BlockRows& rows, std::size_t r, std::int64_t key) {
  const std::span<const KeyRange> ranges = rows.row(r);
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const KeyRange& range) { return range.begin <= key && key < range.end; });
}

Coverage counted(const BlockRows& rows, std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end) {
  std::size_t seen = 0;
  for (std::size_t r = r0; r < r1; ++r)
    for (std::int64_t key = begin; key < end; ++key)
      if (attends(rows, r, key)) ++seen;
  if (seen == 0) return Coverage::empty;
  return seen == (r1 - r0) * static_cast<std::size_t>(end - begin) ? Coverage::full : Coverage::partial;
}

}  // namespace

TEST_CASE("what rows have in common tells how they cover keys, if each has one range", "[rows]") {
  MaskShape shape;
  shape.queries = queries;
  shape.keys = keys;
  for (const char* expression : {"all", "causal", "causal:bottom-right", "window:9,4", "stride:3", "causal | sink:2"}) {
    INFO(expression);
    const BoundMask mask = Mask::parse(expression, "--mask").bind(shape);
    const BlockRows rows = rows_of(mask);
    for (std::size_t r0 = 0; r0 < queries; r0 += 9)
      for (const std::size_t count : {1U, 4U, 17U}) {
        const std::size_t r1 = std::min(r0 + count, queries);
        const BlockRows::Common common = rows.common(r0, r1);
        bool each_has_one = true;
        for (std::size_t r = r0; r < r1; ++r) each_has_one = each_has_one && rows.row(r).size() == 1;
        CHECK(common.known == each_has_one);
        for (std::int64_t begin = 0; begin < 90; begin += 7)
          for (const std::int64_t end : {begin + 1, begin + 16, std::int64_t{90}}) {
            const Coverage right = counted(rows, r0, r1, begin, std::min(end, std::int64_t{90}));
            const Coverage found = rows.coverage(r0, r1, common, begin, std::min(end, std::int64_t{90}));
            // Between ranges that lie apart nothing may be seen.
            CHECK((found == right || (common.known && right == Coverage::empty && found == Coverage::partial)));
            CHECK(rows.coverage(r0, r1, begin, std::min(end, std::int64_t{90})) == right);
          }
      }
  }
}

}  // namespace attn::test
