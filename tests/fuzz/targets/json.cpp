// Bytes as a JSON document.
#include "fuzz/fuzz.hpp"
#include "fuzz/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attn::fuzz::read_all_ways(attn::fuzz::text_of(data, size), "json");
  return 0;
}
