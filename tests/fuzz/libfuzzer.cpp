// All targets as one of libFuzzer: `fuzz TARGET [libFuzzer's options] FOLDER...`.
#include <algorithm>
#include <cstdlib>

#include "fuzz/fuzz.hpp"
#include "fuzz/targets.hpp"

namespace {
const attn::fuzz::Target* chosen = nullptr;
}

// The first argument is ours, and the others are libFuzzer's.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  chosen = attn::fuzz::target_of_name(*argc > 1 ? (*argv)[1] : "");
  if (chosen == nullptr) std::exit(2);
  std::copy(*argv + 2, *argv + *argc + 1, *argv + 1);
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { return chosen->run(data, size); }
