// Bytes as a safetensors file.
#include "fuzz/fuzz.hpp"
#include "fuzz/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attn::fuzz::read_all_ways(attn::fuzz::text_of(data, size), "safetensors");
  return 0;
}
