// Rows that are fetched ahead: which cache lines, in how many steps.
#include "kernels/rows_ahead.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace attn;

namespace {

// The lines of each step, as offsets from `base`, until one fetches nothing.
std::vector<std::vector<std::ptrdiff_t>> steps_of(RowsAhead& ahead, const char* base) {
  std::vector<std::vector<std::ptrdiff_t>> steps;
  do {
    steps.emplace_back();
    ahead.step([&](const char* line) { steps.back().push_back(line - base); });
  } while (!steps.back().empty());
  steps.pop_back();
  return steps;
}

}  // namespace

TEST_CASE("rows ahead are fetched line by line, row by row, block by block", "[rows-ahead]") {
  static char memory[1 << 16];
  const std::ptrdiff_t line = kCacheLine;
  RowsAhead ahead;
  CHECK(ahead.is_done());
  ahead.add(memory, 10 * line, 3, 2 * kCacheLine);          // three rows of two lines, apart
  ahead.add(memory + 100 * line, line, 4, kCacheLine);      // four rows of one line in one piece
  ahead.add(memory + 200 * line, 5 * line, 1, 1);           // a part of a line
  ahead.add(memory + 300 * line, line, 0, kCacheLine);      // nothing
  ahead.add(memory + 400 * line, line, 2, kCacheLine / 2);  // half of each line
  CHECK(!ahead.is_done());
  ahead.share_out(4);
  const std::vector<std::vector<std::ptrdiff_t>> expected{{0, line, 10 * line, 11 * line},
                                                          {20 * line, 21 * line, 100 * line, 101 * line},
                                                          {102 * line, 103 * line, 200 * line, 400 * line},
                                                          {401 * line}};
  CHECK(steps_of(ahead, memory) == expected);
  CHECK(ahead.is_done());
  ahead.clear();
  ahead.add(memory, line, 1000, kCacheLine);
  ahead.share_out(0);  // one step would be too much at once
  const auto many = steps_of(ahead, memory);
  CHECK(many.size() == 16);
  CHECK(many.front().size() == 64);
  CHECK(many.back().back() == 999 * line);
  ahead.clear();
  CHECK(ahead.is_done());
}

TEST_CASE("what is left is shared out anew", "[rows-ahead]") {
  static char memory[64 * kCacheLine];
  RowsAhead ahead;
  ahead.add(memory, kCacheLine, 64, kCacheLine);
  ahead.share_out(16);
  std::size_t fetched = 0;
  ahead.step([&](const char*) { ++fetched; });
  CHECK(fetched == 4);
  ahead.share_out(2);
  ahead.step([&](const char*) { ++fetched; });
  CHECK(fetched == 34);
  ahead.step();
  CHECK(ahead.is_done());
}
