// Levels by FriBidi; the order that follows from them.
#include "render/fonts/bidi.hpp"

#include <fribidi/fribidi.h>

#include <algorithm>
#include <new>
#include <numeric>

namespace attn {

std::vector<std::uint8_t> bidi_levels(std::span<const char32_t> text) {
  constexpr char32_t first_from_right = 0x590;  // Hebrew begins the first of their blocks
  std::vector<std::uint8_t> result(text.size());
  if (std::ranges::all_of(text, [](char32_t c) { return c < first_from_right; })) return result;
  const std::vector<FriBidiChar> characters(text.begin(), text.end());
  const auto count = static_cast<FriBidiStrIndex>(characters.size());
  std::vector<FriBidiCharType> types(characters.size());
  fribidi_get_bidi_types(characters.data(), count, types.data());
  std::vector<FriBidiBracketType> brackets(characters.size());
  fribidi_get_bracket_types(characters.data(), count, types.data(), brackets.data());
  std::vector<FriBidiLevel> levels(characters.size());
  FriBidiParType direction = FRIBIDI_PAR_LTR;
  if (fribidi_get_par_embedding_levels_ex(types.data(), brackets.data(), count, &direction, levels.data()) == 0)
    throw std::bad_alloc();  // its only fault
  std::ranges::transform(levels, result.begin(), [](FriBidiLevel level) { return static_cast<std::uint8_t>(level); });
  return result;
}

std::vector<std::size_t> visual_order(std::span<const std::uint8_t> levels) {
  std::vector<std::size_t> order(levels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (levels.empty()) return order;
  for (std::uint8_t level = *std::ranges::max_element(levels); level > 0; --level) {
    const auto is_below = [&](std::size_t part) { return levels[part] < level; };
    for (auto begin = order.begin(); begin != order.end();) {
      const auto end = std::find_if(begin, order.end(), is_below);
      std::reverse(begin, end);
      begin = std::find_if_not(end, order.end(), is_below);
    }
  }
  return order;
}

}  // namespace attn
