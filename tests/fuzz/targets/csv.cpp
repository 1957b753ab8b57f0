// Bytes as a CSV and as a TSV.
#include "fuzz/fuzz.hpp"
#include "fuzz/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* format : {"csv", "tsv"}) attn::fuzz::read_all_ways(attn::fuzz::text_of(data, size), format);
  return 0;
}
