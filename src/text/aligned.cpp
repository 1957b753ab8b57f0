// Changes of a text that keep its characters' places.
#include "text/aligned.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/unicode.hpp"

namespace attn::text {

std::u32string utf32_of(std::string_view utf8) {
  const std::vector<char32_t> code_points = decode_utf8(utf8);
  return {code_points.begin(), code_points.end()};
}

AlignedText AlignedText::of(std::string_view utf8) {
  AlignedText text;
  for (const char32_t value : decode_utf8(utf8)) {
    const auto at = static_cast<std::uint32_t>(text.chars_.size());
    text.chars_.push_back({value, at, at + 1});
  }
  text.end_ = static_cast<std::uint32_t>(text.chars_.size());
  return text;
}

std::string AlignedText::utf8() const {
  std::string text;
  text.reserve(chars_.size());
  for (const AlignedChar& c : chars_) append_utf8(text, c.value);
  return text;
}

// A new character, with the place of the one before `index`.
AlignedChar AlignedText::before(std::size_t index, char32_t value) const {
  if (index == 0) return {value, begin_, begin_};
  if (index > chars_.size()) throw data_error("", "a normalizer reaches past the end of the text");
  return {value, chars_[index - 1].begin, chars_[index - 1].end};
}

void AlignedText::transform_range(std::size_t first, std::size_t last, const std::vector<Change>& changes,
                                  std::size_t skipped) {
  // Of the range, `next` is the character that comes next; it stays at the end.
  std::size_t next = std::min(first + skipped, last);
  std::vector<AlignedChar> changed;
  changed.reserve(changes.size());
  for (const Change& change : changes) {
    if (change.change > 0) {
      changed.push_back(before(next, change.value));
      continue;
    }
    if (next >= chars_.size()) throw data_error("", "a normalizer reaches past the end of the text");
    changed.push_back({change.value, chars_[next].begin, chars_[next].end});
    next = std::min(next + 1 + static_cast<std::size_t>(-change.change), last);
  }
  if (first == 0 && last == chars_.size()) {
    chars_ = std::move(changed);
    return;
  }
  const auto at = [this](std::size_t index) { return chars_.begin() + static_cast<std::ptrdiff_t>(index); };
  chars_.erase(at(first), at(last));
  chars_.insert(at(first), changed.begin(), changed.end());
}

// All of the text, but for characters at its ends that stand for nothing of the original.
void AlignedText::transform(const std::vector<Change>& changes, std::size_t skipped) {
  if (begin_ == end_) return transform_range(0, 0, changes, skipped);
  std::size_t first = chars_.size(), last = 0;
  for (std::size_t i = 0; i < chars_.size() && chars_[i].end <= end_; ++i) {
    if (first == chars_.size() && chars_[i].begin >= begin_ && chars_[i].begin != chars_[i].end) first = i;
    last = i + 1;
  }
  if (last == 0) return;
  if (first == chars_.size()) first = last;
  transform_range(first, last, changes, skipped);
}

void AlignedText::filter(const std::function<bool(char32_t)>& keep) {
  std::vector<Change> changes;
  changes.reserve(chars_.size());
  std::size_t skipped = 0, removed = 0;
  for (const AlignedChar& c : chars_) {
    if (!keep(c.value)) {
      ++removed;
      continue;
    }
    if (changes.empty()) {
      skipped = removed;
    } else {
      changes.back().change = -static_cast<int>(removed);
    }
    changes.push_back({c.value, 0});
    removed = 0;
  }
  if (!changes.empty()) changes.back().change = -static_cast<int>(removed);
  transform(changes, skipped);
}

void AlignedText::map(const std::function<char32_t(char32_t)>& replacement) {
  std::vector<Change> changes;
  changes.reserve(chars_.size());
  for (const AlignedChar& c : chars_) changes.push_back({replacement(c.value), 0});
  transform(changes);
}

void AlignedText::prepend(std::u32string_view text) {
  if (chars_.empty() || text.empty()) return;
  std::vector<Change> changes;
  for (const char32_t value : text) changes.push_back({value, changes.empty() ? 0 : 1});
  changes.push_back({chars_.front().value, 1});
  transform_range(0, 1, changes, 0);
}

void AlignedText::replace(const std::vector<Match>& matches, std::u32string_view content) {
  std::vector<AlignedChar> changed;
  changed.reserve(chars_.size());
  for (const Match& match : matches) {
    if (match.is_match) {
      for (const char32_t value : content) changed.push_back(before(match.end, value));
    } else {
      for (std::size_t i = match.begin; i < match.end; ++i) changed.push_back(chars_[i]);
    }
  }
  chars_ = std::move(changed);
}

void AlignedText::strip(bool left, bool right) {
  const auto is_text = [](const AlignedChar& c) { return !is_space(c.value); };
  const auto first = left ? std::find_if(chars_.begin(), chars_.end(), is_text) : chars_.begin();
  const auto last = right ? std::find_if(chars_.rbegin(), chars_.rend(), is_text).base() : chars_.end();
  if (first == chars_.begin() && last == chars_.end()) return;
  std::vector<Change> changes;
  for (auto c = first; c < last; ++c) changes.push_back({c->value, 0});
  transform(changes, static_cast<std::size_t>(first - chars_.begin()));
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const {
  AlignedText part;
  if (begin >= end) return part;
  const auto at = [this](std::size_t index) { return chars_.begin() + static_cast<std::ptrdiff_t>(index); };
  part.chars_.assign(at(begin), at(end));
  part.begin_ = part.chars_.front().begin;
  part.end_ = part.chars_.back().end;
  return part;
}

std::vector<Match> AlignedText::matches(const std::function<bool(char32_t)>& is_match) const {
  std::vector<Match> found;
  std::size_t last = 0;
  for (std::size_t i = 0; i < chars_.size(); ++i) {
    if (!is_match(chars_[i].value)) continue;
    if (last < i) found.push_back({last, i, false});
    found.push_back({i, i + 1, true});
    last = i + 1;
  }
  if (last < chars_.size()) found.push_back({last, chars_.size(), false});
  return found;
}

namespace {

// Joins each part to the one before where `joins` says so, of the part and whether that before it matched.
template <class Matches, class Joins>
std::vector<Match> parts_joined(const Matches& matches, Joins joins) {
  std::vector<Match> parts;
  bool previous = false;
  for (const Match& match : matches) {
    if (!parts.empty() && joins(match.is_match, previous)) {
      parts.back().begin = std::min(parts.back().begin, match.begin);
      parts.back().end = std::max(parts.back().end, match.end);
    } else {
      parts.push_back(match);
    }
    previous = match.is_match;
  }
  return parts;
}

std::vector<Match> parts_of(const std::vector<Match>& matches, SplitBehavior behavior) {
  const auto follows_text = [](bool is_match, bool previous) { return is_match && !previous; };
  switch (behavior) {
    case SplitBehavior::removed: {
      std::vector<Match> parts;
      std::copy_if(matches.begin(), matches.end(), std::back_inserter(parts),
                   [](const Match& match) { return !match.is_match; });
      return parts;
    }
    case SplitBehavior::isolated: break;
    case SplitBehavior::merged_with_previous: return parts_joined(matches, follows_text);
    case SplitBehavior::merged_with_next: {
      std::vector<Match> parts = parts_joined(std::vector<Match>(matches.rbegin(), matches.rend()), follows_text);
      std::reverse(parts.begin(), parts.end());
      return parts;
    }
    case SplitBehavior::contiguous:
      return parts_joined(matches, [](bool is_match, bool previous) { return is_match == previous; });
  }
  return matches;
}

}  // namespace

std::vector<AlignedText> AlignedText::split(const std::vector<Match>& matches, SplitBehavior behavior) const {
  std::vector<AlignedText> parts;
  for (const Match& part : parts_of(matches, behavior))
    if (part.begin < part.end) parts.push_back(slice(part.begin, part.end));
  return parts;
}

}  // namespace attn::text
