// AlignedText: text that has been changed, each character of which knows where in the original it comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attn::text {

/// A character and the part of the original that it stands for, in code points.
struct AlignedChar {
  char32_t value = 0;
  std::uint32_t begin = 0, end = 0;
};

/// One character of a text's new form. `change` 0: it takes the place of the next one of the old form; 1: it is new,
/// and belongs to where the one before it does; -n: it takes the place of the next one, and n after that go.
struct Change {
  char32_t value = 0;
  int change = 0;
};

/// A part of a text, and whether a pattern matches it. Parts follow one another and cover all of it.
struct Match {
  std::size_t begin = 0, end = 0;
  bool is_match = false;
};

/// What becomes of the parts that match when a text is split, by the names that tokenizer.json has.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// The rules by which positions move are those of the tokenizers library, so that equal files give equal offsets.
class AlignedText {
 public:
  AlignedText() = default;
  /// Valid UTF-8, each character of which stands for itself.
  static AlignedText of(std::string_view utf8);

  const std::vector<AlignedChar>& chars() const { return chars_; }
  std::size_t size() const { return chars_.size(); }
  bool empty() const { return chars_.empty(); }
  /// Where the part of the original that this is begins.
  std::uint32_t origin() const { return begin_; }
  std::string utf8() const;
  bool starts_with(char32_t value) const { return !chars_.empty() && chars_.front().value == value; }

  /// Changes the whole text, after passing over `skipped` characters that go. Throws Error (data) for changes that
  /// reach past its end.
  void transform(const std::vector<Change>& changes, std::size_t skipped = 0);
  /// Keeps the characters that `keep` is true of.
  void filter(const std::function<bool(char32_t)>& keep);
  void map(const std::function<char32_t(char32_t)>& replacement);
  /// Puts text in front; of an empty text nothing becomes.
  void prepend(std::u32string_view text);
  /// Puts `content` in the place of every part that matches.
  void replace(const std::vector<Match>& matches, std::u32string_view content);
  /// Removes white space at the ends.
  void strip(bool left, bool right);

  AlignedText slice(std::size_t begin, std::size_t end) const;
  /// The parts that are not empty.
  std::vector<AlignedText> split(const std::vector<Match>& matches, SplitBehavior behavior) const;
  /// The matches of single characters.
  std::vector<Match> matches(const std::function<bool(char32_t)>& is_match) const;

 private:
  void transform_range(std::size_t first, std::size_t last, const std::vector<Change>& changes, std::size_t skipped);
  AlignedChar before(std::size_t index, char32_t value) const;

  std::vector<AlignedChar> chars_;
  std::uint32_t begin_ = 0, end_ = 0;  // of the original
};

/// The code points of valid UTF-8.
std::u32string utf32_of(std::string_view utf8);

}  // namespace attn::text
