// Added tokens: those that are found in a text before anything else is done with it.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/json/config.hpp"
#include "text/normalizers.hpp"
#include "text/pre_tokenizers.hpp"
#include "text/vocabulary.hpp"

namespace attn::text {

struct AddedToken {
  std::string content;
  bool is_single_word = false, strips_left = false, strips_right = false, is_normalized = false, is_special = false;
};

class AddedTokens {
 public:
  /// In the file's order. A token that the model has keeps the model's id; others are numbered from the size of the
  /// vocabulary on, as the tokenizers library does whatever the file says. Throws Error (data) for two tokens that the
  /// normalizer makes equal.
  AddedTokens(const std::vector<io::Config>& tokens, const Vocabulary& vocabulary, const Normalizer& normalizer);

  /// The text as pieces: added tokens and what lies between, which is normalized.
  Pieces extract(std::string_view text, const Normalizer& normalizer) const;

  const AddedToken* find(TokenId id) const;
  std::optional<TokenId> find(std::string_view content) const;
  std::size_t ids() const { return by_id_.empty() ? 0 : std::size_t{by_id_.rbegin()->first} + 1; }

 private:
  struct Target {
    std::u32string text;
    TokenId id = 0;
  };
  /// By the first character; the longest first.
  using Targets = std::unordered_map<char32_t, std::vector<Target>>;

  void add(const io::Config& part, const Vocabulary& vocabulary);
  /// Throws Error (data) for two of the same text.
  void sort(Targets& targets) const;
  Pieces cut(const AlignedText& text, const Targets& targets) const;

  std::map<TokenId, AddedToken> by_id_;
  std::unordered_map<std::string, TokenId> ids_;
  std::map<TokenId, std::string> places_;  ///< in the file
  Targets raw_, normalized_;
  TokenId next_ = 0;
};

}  // namespace attn::text
