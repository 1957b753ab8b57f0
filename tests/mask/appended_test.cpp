// Keys appended to a bound mask: always attended, and nothing else changes.
#include "mask/oracle.hpp"

namespace attn::test {

TEST_CASE("appended keys are attended by every query, and the others as before") {
  MaskShape shape = grid_of(6, 9);
  shape.batch = 2;
  shape.heads = 2;
  shape.offsets = {0, 3};
  shape.key_lengths = {9, 4};
  for (const char* expression :
       {"all", "none", "causal", "causal:bottom-right", "window:1,0", "!causal", "random:0.5,1", "stride:3"}) {
    const BoundMask mask = (Mask::parse(expression, "--mask") & Mask::key_lengths()).bind(shape);
    const BoundMask longer = mask.with_appended(2);
    CHECK(longer.shape().keys == 11);
    CHECK(longer.shape().offsets == shape.offsets);
    std::vector<std::uint8_t> before(6 * 9), after(6 * 11), rows(6 * 11);
    std::uint64_t attended = 0;
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t h = 0; h < 2; ++h) {
        mask.fill(b, h, before);
        longer.fill(b, h, after);
        std::vector<std::uint8_t> wanted;
        for (std::size_t i = 0; i < 6; ++i) {
          wanted.insert(wanted.end(), before.begin() + static_cast<long>(i * 9),
                        before.begin() + static_cast<long>(i * 9 + 9));
          wanted.insert(wanted.end(), {1, 1});
          std::vector<KeyRange> ranges;
          longer.row(b, h, i, ranges);
          for (std::size_t r = 1; r < ranges.size(); ++r) CHECK(ranges[r - 1].end < ranges[r].begin);  // none touch
        }
        INFO(expression << " of item " << b << ", head " << h);
        CHECK(after == wanted);
        for (const std::uint8_t one : wanted) attended += one;
      }
    CHECK(longer.stats(4, 4).attended == attended);
    CHECK(longer.varies_by_batch() == mask.varies_by_batch());
    CHECK(longer.varies_by_head() == mask.varies_by_head());
  }
}

TEST_CASE("a mask that restricts nothing still does so on more keys") {
  const BoundMask longer = Mask().bind(grid_of(2, 3)).with_appended(1);
  CHECK(longer.unrestricted());
  std::vector<KeyRange> ranges;
  longer.row(0, 0, 1, ranges);
  CHECK(ranges == std::vector<KeyRange>{{0, 4}});
}

}  // namespace attn::test
