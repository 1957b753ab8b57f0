// Texts that a tokenizer must cut or refuse.
#include "fuzz/tokens.hpp"

#include "fuzz/fuzz.hpp"

namespace attn::fuzz {

void check_tokenizer(const Tokenizer& tokenizer) {
  constexpr std::size_t longest = 60;  // code points of the first text
  for (const char* text :
       {"The cat's 12 [MASK] \uFB01\u00e9 \u4e2d\u6587\U0001F469\U0001F3FE\u200D\U0001F4BB\t\x01 yesterday <mask>", "",
        "  a", "\xff"})
    attempt([&] {
      tokenizer.notes(text, "b");
      for (const TextToken& token : tokenizer.encode(text, "b")) {
        require(token.begin <= token.end && token.end <= longest, "a place past the end of the text");
        // Those around texts are what the file says, as in the library.
        require(token.is_special || (token.id >= 0 && token.id < tokenizer.ids()),
                "an id that the vocabulary does not have");
      }
    });
  for (const std::int64_t id :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{2}, tokenizer.ids() - 1, tokenizer.ids()})
    attempt([&] { tokenizer.token(id); });
  attempt([&] { tokenizer.id("a"); });
}

}  // namespace attn::fuzz
