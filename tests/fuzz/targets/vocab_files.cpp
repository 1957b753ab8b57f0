// The files of a tokenizer without a tokenizer.json, or of one with settings beside it: each begins after a line
// "== NAME".
#include <array>

#include "attn/tokenizer.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/tokens.hpp"

using namespace attn;
using namespace attn::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 6> names{"vocab.txt",      "vocab.json",  "merges.txt",
                                                  "tokenizer.json", "config.json", "tokenizer_config.json"};
  clear_scratch_but({});
  const std::string text = "\n" + text_of(data, size);
  for (std::size_t at = text.find("\n== "); at != std::string::npos;) {
    const std::size_t line = text.find('\n', at + 1),
                      next = line == std::string::npos ? line : text.find("\n== ", line);
    const std::string name = text.substr(at + 4, line == std::string::npos ? line : line - at - 4);
    if (line != std::string::npos && std::find(names.begin(), names.end(), name) != names.end())
      write_scratch(name, std::string_view(text).substr(line + 1, next == std::string::npos ? next : next - line - 1));
    at = next;
  }
  Tokenizer::is_in(scratch_folder());
  attempt([&] { check_tokenizer(Tokenizer::open(scratch_folder())); });
  return 0;
}
