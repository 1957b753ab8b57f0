// Lists and numbers of things in messages.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace attn {

/// "a, b, c" of a range; `text_of` gives each item's text, and may be a pointer to a member.
template <class Range, class TextOf = std::identity>
std::string joined(const Range& range, TextOf text_of = {}, std::string_view separator = ", ") {
  std::string text;
  bool is_first = true;
  for (const auto& item : range) {
    if (!is_first) text += separator;
    is_first = false;
    text += std::invoke(text_of, item);
  }
  return text;
}

/// "a, b and c", or with another word before the last.
template <class Range, class TextOf = std::identity>
std::string listed(const Range& range, TextOf text_of = {}, std::string_view word = "and") {
  std::string text, last;
  std::size_t count = 0;
  for (const auto& item : range) {
    if (count > 1) text += ", ";
    if (count > 0) text += last;
    last = std::invoke(text_of, item);
    ++count;
  }
  return count < 2 ? last : text + " " + std::string(word) + " " + last;
}

/// "1 head", "2 heads"; `plural` where it is not the singular with an s.
inline std::string counted(std::size_t count, const std::string& singular, const std::string& plural = "") {
  return std::to_string(count) + " " + (count == 1 ? singular : plural.empty() ? singular + "s" : plural);
}

}  // namespace attn
