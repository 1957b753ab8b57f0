// Patterns: regular expressions of Split and Replace, by Oniguruma, as the tokenizers library has them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/aligned.hpp"

namespace attn::text {

class Pattern {
 public:
  /// Throws Error (data, at `where`) for what is no regular expression.
  static Pattern regex(std::string_view expression, std::string where);
  /// Exactly this text.
  static Pattern literal(std::string_view text, std::string where);

  /// Every match, and what lies between them. Throws Error (data) where a match takes too many steps.
  std::vector<Match> matches(const AlignedText& text) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace attn::text
