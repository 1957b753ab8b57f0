// Classes and normal forms by utf8proc, with the differences of unicode_tables.
#include "text/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <optional>

#include "text/unicode_tables.hpp"

namespace attn::text {
namespace {

bool within(std::span<const CodeRange> ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t code, CodeRange range) { return code < range.first; });
  return after != ranges.begin() && c <= (after - 1)->last;
}

bool with(const ClassDifference& difference, char32_t c, bool is_of_category) {
  return is_of_category ? !within(difference.fewer, c) : within(difference.more, c);
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

int combining_class(char32_t c) {
  const auto value = utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
  return value == 0 || within(undecomposed, c) ? 0 : value;
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
}

struct Decomposed {
  int combining_class = 0;
  Change change;
};

// Canonical order: marks that follow one another by their class.
void order(std::vector<Decomposed>& chars) {
  const auto is_starter = [](const Decomposed& c) { return c.combining_class == 0; };
  for (auto first = chars.begin(); first != chars.end();) {
    first = std::find_if_not(first, chars.end(), is_starter);
    const auto last = std::find_if(first, chars.end(), is_starter);
    std::stable_sort(first, last,
                     [](const Decomposed& a, const Decomposed& b) { return a.combining_class < b.combining_class; });
    first = last;
  }
}

std::vector<Decomposed> decompose(const AlignedText& text, bool compatible) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  std::vector<Decomposed> chars;
  chars.reserve(text.size());
  std::array<utf8proc_int32_t, 32> parts{};  // the longest decomposition has 18
  for (const AlignedChar& c : text.chars()) {
    parts[0] = static_cast<utf8proc_int32_t>(c.value);
    int bound = 0;
    const bool has_parts = c.value >= 0x80 && !within(undecomposed, c.value);
    const utf8proc_ssize_t count =
        has_parts ? utf8proc_decompose_char(parts[0], parts.data(), parts.size(), options, &bound) : 1;
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const auto value = static_cast<char32_t>(parts[static_cast<std::size_t>(i)]);
      chars.push_back({combining_class(value), {value, i == 0 ? 0 : 1}});
    }
  }
  order(chars);
  return chars;
}

std::optional<char32_t> compose(char32_t first, char32_t second) {
  std::array<utf8proc_int32_t, 2> pair{static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (utf8proc_normalize_utf32(pair.data(), pair.size(), options) != 1) return std::nullopt;
  const auto composed = static_cast<char32_t>(pair[0]);
  return within(undecomposed, composed) ? std::nullopt : std::optional(composed);
}

// Each mark that is not blocked joins the last starter, if they have a composition.
std::vector<Change> recompose(const std::vector<Decomposed>& chars) {
  std::vector<Change> composed;
  composed.reserve(chars.size());
  std::optional<std::size_t> starter;
  int last_class = -1;  // of what follows the starter; -1: nothing does
  for (const Decomposed& c : chars) {
    if (starter && (last_class < 0 || last_class < c.combining_class)) {
      Change& first = composed[*starter];
      if (const std::optional<char32_t> both = compose(first.value, c.change.value)) {
        first = {*both, first.change + c.change.change - 1};
        continue;
      }
    }
    if (c.combining_class == 0) {
      starter = composed.size();
      last_class = -1;
    } else if (starter) {
      last_class = c.combining_class;
    }
    composed.push_back(c.change);
  }
  return composed;
}

char32_t lower_case(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 0x20 : c;
  for (const LowerCase& other : other_lower_case)
    if (other.of == c) return other.is;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

}  // namespace

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_control(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return with(control_difference, c,
              kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO);
}

bool is_punctuation(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return is_ascii_punctuation(c) ||
         with(punctuation_difference, c, kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO);
}

bool is_number(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return with(number_difference, c, kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
}

bool is_word(char32_t c) {
  const utf8proc_category_t kind = category(c);
  const bool is_letter = kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
  const bool is_any_mark = kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
  return with(word_difference, c,
              is_letter || is_any_mark || kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL ||
                  kind == UTF8PROC_CATEGORY_PC);
}

bool is_nonspacing_mark(char32_t c) {
  return c >= 0x300 && with(nonspacing_mark_difference, c, category(c) == UTF8PROC_CATEGORY_MN);
}

bool is_mark(char32_t c) {
  if (c < 0x300) return false;
  const utf8proc_category_t kind = category(c);
  return with(mark_difference, c, kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME);
}

std::vector<Change> normal_form(const AlignedText& text, NormalForm form) {
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  const std::vector<Decomposed> decomposed = decompose(text, compatible);
  if (form == NormalForm::nfc || form == NormalForm::nfkc) return recompose(decomposed);
  std::vector<Change> changes;
  changes.reserve(decomposed.size());
  for (const Decomposed& c : decomposed) changes.push_back(c.change);
  return changes;
}

std::vector<Change> lower_case(const AlignedText& text) {
  std::vector<Change> changes;
  changes.reserve(text.size());
  for (const AlignedChar& c : text.chars()) {
    if (c.value == U'\u0130') {  // the one character whose lower case is two
      changes.push_back({U'i', 0});
      changes.push_back({U'\u0307', 1});
      continue;
    }
    changes.push_back({lower_case(c.value), 0});
  }
  return changes;
}

std::vector<std::size_t> grapheme_ends(const AlignedText& text) {
  std::vector<std::size_t> ends;
  utf8proc_int32_t state = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto at = [&text](std::size_t index) { return static_cast<utf8proc_int32_t>(text.chars()[index].value); };
    if (utf8proc_grapheme_break_stateful(at(i - 1), at(i), &state)) ends.push_back(i);
  }
  if (!text.empty()) ends.push_back(text.size());
  return ends;
}

}  // namespace attn::text
