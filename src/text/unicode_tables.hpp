// Characters that the tokenizers library classes otherwise than utf8proc: its tables are of other versions of Unicode.
#pragma once

#include <span>

namespace attn::text {

struct CodeRange {
  char32_t first = 0, last = 0;
};

/// What a class has beside the characters that utf8proc's categories give it, and what it lacks of them. Ascending.
struct ClassDifference {
  std::span<const CodeRange> more, fewer;
};

extern const ClassDifference control_difference, punctuation_difference, number_difference, word_difference,
    nonspacing_mark_difference, mark_difference;
/// Characters without a decomposition or a combining class, since the tables are older than they are.
extern const std::span<const CodeRange> undecomposed;
/// Lower case that utf8proc does not know or has otherwise.
struct LowerCase {
  char32_t of = 0, is = 0;
};
extern const std::span<const LowerCase> other_lower_case;

}  // namespace attn::text
