// A kernel set for tests that need one with vectors.
#pragma once

#include <string>
#include <vector>

#include "attn/kernels.hpp"

namespace attn::test {

/// The name of the narrowest that this CPU runs: sse4 or neon.
inline std::string vector_set() { return std::string(supported_kernel_sets().at(1)->name); }

/// Two runs of a small problem: of the reference, which has no peak to measure, as that takes a second.
inline const std::vector<std::string> tiny{"bench", "--shape",  "1,2,8,4", "--kernel",  "reference", "--runs",
                                           "2",     "--warmup", "0",       "--threads", "1"};

}  // namespace attn::test
