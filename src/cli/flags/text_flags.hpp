// Flags of multihead for what a model's tokenizer gets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/tokenizer.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

/// What is to become tokens: a text, a pair of them, or ids.
struct TokenSource {
  std::string text;
  std::optional<std::string> pair;
  std::optional<std::vector<std::int64_t>> ids;  ///< instead of a text
  bool with_special_tokens = true;
};

/// Ids of a flag's value: N,M,… or a file with whole numbers, (L), or (B, L) of several texts. Throws Error (data).
TokenIds read_ids(const std::string& text, const char* flag, bool may_be_several);
/// The tokens of a source. Throws Error (data) for ids that the tokenizer does not have.
std::vector<TextToken> tokens_of(const Tokenizer& tokenizer, const TokenSource& source);

/// Where the texts of a run may come from.
enum class TextUse : std::uint8_t {
  none,       ///< there are none, as there is no model
  elsewhere,  ///< nor where vectors or an image are read in the place of a text
  flags,      ///< --text and --ids
  documents,  ///< members of INPUT
};

class TextFlags {
 public:
  void add(FlagSet& flags);
  /// Throws Error (usage) for flags that have no meaning in such a run; `source` is what the run reads instead: INPUT,
  /// or the flag of vectors or an image; null if none is named.
  void check(TextUse use, const char* source) const;
  bool has_ids() const { return ids_.has_value(); }
  bool with_special_tokens() const { return !no_special_tokens_; }
  /// `text` is the value of --text; - is standard input, without the newline at its end. Throws Error (usage) if there
  /// is nothing to tokenize, or too much.
  TokenSource source(Environment& environment, const std::optional<std::string>& text) const;

 private:
  std::optional<std::string> pair_, ids_;
  bool no_special_tokens_ = false;
};

}  // namespace attn::cli
