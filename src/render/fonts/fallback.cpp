// Cuts texts into clusters of letters and marks, chooses a font for each, and joins what one font draws.
#include "render/fonts/fallback.hpp"

#include <hb.h>

#include <algorithm>
#include <array>
#include <map>

#include "render/fonts/bidi.hpp"
#include "render/visible_text.hpp"

namespace attn {
namespace {

constexpr char32_t joiner = 0x200D, as_text = 0xFE0E, as_emoji = 0xFE0F;

hb_script_t script_of(char32_t c) { return hb_unicode_script(hb_unicode_funcs_get_default(), c); }

bool is_of_no_script(hb_script_t script) {
  return script == HB_SCRIPT_COMMON || script == HB_SCRIPT_INHERITED || script == HB_SCRIPT_UNKNOWN;
}

// Their letters stand each for itself, and may come from several fonts.
bool stands_alone(hb_script_t script) {
  constexpr std::array scripts{HB_SCRIPT_LATIN,    HB_SCRIPT_GREEK,    HB_SCRIPT_CYRILLIC, HB_SCRIPT_HAN,
                               HB_SCRIPT_HIRAGANA, HB_SCRIPT_KATAKANA, HB_SCRIPT_HANGUL,   HB_SCRIPT_BOPOMOFO,
                               HB_SCRIPT_ARMENIAN, HB_SCRIPT_GEORGIAN, HB_SCRIPT_HEBREW};
  return is_of_no_script(script) || std::ranges::find(scripts, script) != scripts.end();
}

// Signs and spaces belong to the letters before them; at the beginning, to those that follow.
std::vector<hb_script_t> scripts_of(std::span<const char32_t> text) {
  std::vector<hb_script_t> scripts;
  for (const char32_t c : text) {
    const hb_script_t script = script_of(c);
    scripts.push_back(is_of_no_script(script) && !scripts.empty() ? scripts.back() : script);
  }
  const auto first = std::ranges::find_if_not(scripts, is_of_no_script);
  std::fill(scripts.begin(), first, first == scripts.end() ? HB_SCRIPT_COMMON : *first);
  return scripts;
}

bool is_mark(char32_t c) {
  switch (hb_unicode_general_category(hb_unicode_funcs_get_default(), c)) {
    case HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK:
    case HB_UNICODE_GENERAL_CATEGORY_SPACING_MARK:
    case HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK: return true;
    default: return false;
  }
}

// Whether the character at `at` goes with the one before it: marks, what is joined, colours of skin, flags.
bool is_attached(std::span<const char32_t> text, std::size_t begin, std::size_t at) {
  const auto is_region = [](char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; };
  const char32_t c = text[at], before = text[at - 1];
  const bool is_skin = c >= 0x1F3FB && c <= 0x1F3FF, is_tag = c >= 0xE0020 && c <= 0xE007F;
  return is_ignorable(c) || is_mark(c) || before == joiner || is_skin || is_tag ||
         (is_region(c) && is_region(before) && at == begin + 1);
}

class Chooser {
 public:
  Chooser(std::span<const char32_t> text, const Faces& faces) : text_(text), faces_(faces), scripts_(scripts_of(text)) {
    std::map<hb_script_t, std::vector<char32_t>> letters;
    for (const char32_t c : text)
      if (const hb_script_t script = script_of(c); !stands_alone(script)) letters[script].push_back(c);
    for (const auto& [script, all] : letters)
      if (const std::size_t face = first_with(all, false); face != no_face) preferred_[script] = face;
  }

  std::vector<TextRun> runs() const {
    const std::vector<std::uint8_t> levels = bidi_levels(text_);
    std::vector<TextRun> runs;
    for (std::size_t begin = 0; begin < text_.size();) {
      std::size_t end = begin + 1;
      while (end < text_.size() && is_attached(text_, begin, end)) ++end;
      const std::size_t face = face_of(begin, end);
      for (std::size_t at = begin; at < end; ++at) {
        const std::size_t own = face != no_face ? face : face_of(at, at + 1);
        const TextRun next{at, at + 1, own, scripts_[at], levels[at]};
        const bool goes_on = !runs.empty() && runs.back().face == own && runs.back().script == next.script &&
                             runs.back().level == next.level;
        if (goes_on)
          runs.back().end = next.end;
        else
          runs.push_back(next);
      }
      begin = end;
    }
    return runs;
  }

 private:
  std::size_t face_of(std::size_t begin, std::size_t end) const {
    const std::span<const char32_t> cluster = text_.subspan(begin, end - begin);
    const auto preferred = preferred_.find(scripts_[begin]);
    if (preferred != preferred_.end() && has_all(*faces_[preferred->second], cluster)) return preferred->second;
    const auto is_pictured = [](char32_t c) { return c == as_emoji || (c >= 0x1F000 && c < 0x20000); };
    return first_with(
        cluster, std::ranges::any_of(cluster, is_pictured) && std::ranges::find(cluster, as_text) == cluster.end());
  }

  std::size_t first_with(std::span<const char32_t> characters, bool pictures_first) const {
    for (const bool of_pixels : {pictures_first, !pictures_first})
      for (std::size_t face = 0; face < faces_.size(); ++face)
        if (faces_[face]->has_pixels() == of_pixels && has_all(*faces_[face], characters)) return face;
    return no_face;
  }

  static bool has_all(const Face& face, std::span<const char32_t> characters) {
    return std::ranges::all_of(characters, [&](char32_t c) { return is_ignorable(c) || face.glyph_of(c) != 0; });
  }

  std::span<const char32_t> text_;
  const Faces& faces_;
  std::vector<hb_script_t> scripts_;
  std::map<hb_script_t, std::size_t> preferred_;
};

}  // namespace

std::vector<TextRun> runs_of(std::span<const char32_t> text, const Faces& faces) { return Chooser(text, faces).runs(); }

}  // namespace attn
