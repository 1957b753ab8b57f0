// Vocabulary: tokens by their text and by their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attn::text {

using TokenId = std::uint32_t;

/// Many texts in one.
class Texts {
 public:
  void append(std::string_view part) { text_ += part; }
  void end() { ends_.push_back(text_.size()); }
  void add(std::string_view text) {
    append(text);
    end();
  }
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

/// Made for the hundred thousands of tokens of a real model: all text lies in one string, and a token is found by one
/// look into a table.
class Vocabulary {
 public:
  void add(std::string_view token, TokenId id);
  /// To be called after the last `add`, before anything is asked for. Of tokens with the same text the last one counts;
  /// returns the text of one of these, if there are any.
  std::optional<std::string_view> finish();

  std::optional<TokenId> find(std::string_view token) const;
  /// The same for many tokens at once, which do not wait for memory one after another.
  std::vector<std::optional<TokenId>> find(const std::vector<std::string_view>& tokens) const;
  /// The token of an id; empty if there is none. Of several, the one that was added last.
  std::string_view token(TokenId id) const;
  bool has(TokenId id) const { return entry_of(id) != nullptr; }
  std::size_t size() const { return entries_.size(); }
  /// One more than the greatest id.
  std::size_t ids() const { return by_id_.empty() ? 0 : std::size_t{by_id_.back().first} + 1; }

 private:
  struct Entry {
    std::size_t begin = 0;
    std::uint32_t length = 0;
    TokenId id = 0;
    std::uint64_t hash = 0;
  };
  struct Slot {
    std::uint32_t tag = 0;    ///< a part of the hash that the slot's place does not have
    std::uint32_t entry = 0;  ///< one more than an index into entries; 0: free
  };
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(text_).substr(entry.begin, entry.length);
  }
  std::size_t slot_of(std::string_view token, std::uint64_t hash) const;
  const Entry* entry_of(TokenId id) const;

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;                               ///< a power of two of them
  std::vector<std::pair<TokenId, std::uint32_t>> by_id_;  ///< ascending
};

}  // namespace attn::text
