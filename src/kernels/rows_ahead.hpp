// Rows that are needed later, fetched from memory a few cache lines at a time while tiles are multiplied.
//
// A machine that foresees a run of addresses begins with its first ones, and where a head has a few KB of queries, keys
// and values, that wait is as long as the reading; asked for all at once, they would be waited for as well. On an Intel
// Xeon (family 6, model 207) with AVX-512, one thread takes 0.90 to 0.94 of the time for 64 to 197 queries and keys of
// 64 elements a head, two threads 0.91 to 1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {

class RowsAhead {
 public:
  void clear() { *this = {}; }
  bool is_done() const { return left_ == 0; }
  /// `rows` rows of `row_bytes`, `stride` bytes apart, after those that were added before; at most four times.
  void add(const void* first, std::ptrdiff_t stride, std::size_t rows, std::size_t row_bytes) {
    if (rows == 0 || row_bytes == 0 || runs_ == blocks_.size()) return;
    const bool in_one_piece = stride == static_cast<std::ptrdiff_t>(row_bytes);
    if (in_one_piece) row_bytes *= rows;
    const std::size_t lines = divide_up(row_bytes, kCacheLine);
    blocks_[runs_++] = {static_cast<const char*>(first), stride, in_one_piece ? 1 : rows, lines};
    left_ += (in_one_piece ? 1 : rows) * lines;
  }
  /// What is left will be fetched in so many steps, or more where that would be too much at once.
  void share_out(std::size_t steps) {
    a_step_ = std::min(most_a_step, divide_up(left_, std::max<std::size_t>(steps, 1)));
  }

  /// Calls fetch(address) for the next lines.
  template <class Fetch>
  void step(Fetch&& fetch) {
    for (std::size_t n = std::min(a_step_, left_); n != 0;) {
      Block& block = blocks_[at_];
      const std::size_t some = std::min(n, block.lines - line_);
      const char* const begin = block.row + line_ * kCacheLine;
      for (const char* line = begin; line != begin + some * kCacheLine; line += kCacheLine) fetch(line);
      n -= some;
      left_ -= some;
      line_ += some;
      if (line_ < block.lines) return;
      line_ = 0;
      if (--block.rows == 0) {
        ++at_;
      } else {
        block.row += block.stride;
      }
    }
  }
  /// Fetches the next lines into the second-level cache.
  void step();

 private:
  static constexpr std::size_t most_a_step = 64;  // some more than can be under way: less, and short heads end first
  struct Block {
    const char* row = nullptr;
    std::ptrdiff_t stride = 0;
    std::size_t rows = 0, lines = 0;  // left; a row
  };
  std::array<Block, 4> blocks_;
  std::size_t runs_ = 0, at_ = 0, line_ = 0;  // in blocks_[at_], line_ lines of the first row are done
  std::size_t left_ = 0, a_step_ = 0;
};

}  // namespace attn
