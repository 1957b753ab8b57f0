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

/// Made for the hundred thousands of tokens of a real model: all text lies in one string, and a token is found by one
/// look into a table.
class Vocabulary {
 public:
  /// Adds a token, or gives it another id; false if it was there.
  bool add(std::string_view token, TokenId id);
  /// Gives the token that was added last an id.
  void set_last(TokenId id) { entries_.back().id = id; }
  /// To be called after the last `add`.
  void finish();

  std::optional<TokenId> find(std::string_view token) const;
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
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(text_).substr(entry.begin, entry.length);
  }
  std::size_t slot_of(std::string_view token, std::uint64_t hash) const;
  void grow();
  const Entry* entry_of(TokenId id) const;

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  ///< one more than an index into entries; 0 is free. A power of two of them
  std::vector<std::pair<TokenId, std::uint32_t>> by_id_;  ///< ascending
};

}  // namespace attn::text
