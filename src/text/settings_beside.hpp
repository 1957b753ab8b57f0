// tokenizer_config.json beside a tokenizer.json: where the two do not agree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/json/config.hpp"
#include "text/added_tokens.hpp"
#include "text/tokenizer_parts.hpp"

namespace attn::text {

/// What tokenizer_config.json says otherwise. tokenizer.json counts; the transformers library goes by the other one
/// where the class that it makes of them does so, which is not all of them: a reader has to be told.
class SettingsBeside {
 public:
  /// Nothing.
  SettingsBeside() = default;
  SettingsBeside(const io::Config& settings, const TokenizerParts& parts, const AddedTokens& added);

  /// Of a text, one line each: settings of all texts, and tokens that this one has.
  std::vector<std::string> notes(std::string_view text) const;

 private:
  struct Token {
    std::string content, what;
  };

  std::vector<std::string> of_all_texts_;
  std::vector<Token> tokens_;
};

}  // namespace attn::text
