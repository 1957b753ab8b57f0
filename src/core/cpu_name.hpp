// The name of this machine's CPU.
#pragma once

#include <string>

namespace attn {

/// As Linux tells it: "model name" of x86, or what the numbers of ARM's cores stand for, each kind of core once
/// ("Cortex-A53 and Cortex-A72"). "unknown" where there is no such file.
std::string cpu_name(const std::string& cpuinfo = "/proc/cpuinfo");

}  // namespace attn
