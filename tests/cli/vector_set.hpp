// A kernel set for tests that need one with vectors.
#pragma once

#include <string>

#include "attn/kernels.hpp"

namespace attn::test {

/// The name of the narrowest that this CPU runs: sse4 or neon.
inline std::string vector_set() { return std::string(supported_kernel_sets().at(1)->name); }

}  // namespace attn::test
