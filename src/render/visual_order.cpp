// Turns runs round, letter by letter.
#include "render/visual_order.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/utf8.hpp"

namespace attn {
namespace {

using Range = std::pair<char32_t, char32_t>;

template <std::size_t count>
bool is_in(const std::array<Range, count>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return c >= range.first && c <= range.second; });
}

bool is_mark(char32_t c) {
  constexpr std::array<Range, 9> marks{{{0x300, 0x36F},
                                        {0x591, 0x5BD},
                                        {0x5BF, 0x5BF},
                                        {0x5C1, 0x5C2},
                                        {0x5C4, 0x5C7},
                                        {0x610, 0x61A},
                                        {0x64B, 0x65F},
                                        {0x670, 0x670},
                                        {0x6D6, 0x6ED}}};
  return is_in(marks, c);
}

bool is_from_right(char32_t c) {
  constexpr std::array<Range, 5> scripts{
      {{0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFE}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}}};
  const bool is_digit = (c >= 0x660 && c <= 0x669) || (c >= 0x6F0 && c <= 0x6F9);
  return !is_digit && is_in(scripts, c);
}

// Spaces and signs, which go with the letters around them.
bool is_neutral(char32_t c) {
  const bool is_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return (c < 0x80 && !is_word) || (c >= 0x2010 && c <= 0x2027);
}

// Past the last letter from the right of a run that begins at `from`.
std::size_t end_of_run(const std::vector<char32_t>& text, std::size_t from) {
  std::size_t end = from;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (is_from_right(text[at]) || (is_mark(text[at]) && end == at))
      end = at + 1;
    else if (!is_neutral(text[at]))
      break;
  }
  return end;
}

}  // namespace

std::string visual_order(std::string_view text) {
  const std::vector<char32_t> letters = decode_utf8(text);
  if (std::ranges::none_of(letters, is_from_right)) return std::string(text);
  std::string shown;
  for (std::size_t at = 0; at < letters.size();) {
    if (!is_from_right(letters[at])) {
      append_utf8(shown, letters[at++]);
      continue;
    }
    const std::size_t begin = at, end = end_of_run(letters, at);
    // From the last letter to the first, each with the marks after it.
    for (std::size_t last = end; last > begin;) {
      std::size_t first = last - 1;
      while (first > begin && is_mark(letters[first])) --first;
      for (std::size_t k = first; k < last; ++k) append_utf8(shown, letters[k]);
      last = first;
    }
    at = end;
  }
  return shown;
}

}  // namespace attn
