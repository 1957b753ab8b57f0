// Bytes as a tokenizer.json, which then cuts texts.
#include "attn/tokenizer.hpp"

#include "fuzz/fuzz.hpp"
#include "fuzz/tokens.hpp"

using namespace attn;
using namespace attn::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt([&] { check_tokenizer(Tokenizer::read(FileBytes::of(text_of(data, size), "tokenizer.json"))); });
  return 0;
}
