// Which processors a kernel set is for.
#pragma once

#include <string_view>

#include "attn/kernels.hpp"

namespace attn {

/// "x86" or "ARM", whose instructions the set is made of; empty for one of no instructions in particular.
std::string_view processors_of(const KernelSet& set);

}  // namespace attn
