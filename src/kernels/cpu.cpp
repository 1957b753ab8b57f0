// Asks the compiler's run-time library, which also asks the operating system: the answer of Highway's own library costs
// milliseconds of every start.
#include "kernels/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace attn {

// Each asks for what Highway compiles the target with.
#if defined(__x86_64__)
namespace {

// From the CPU's own bit, as Clang 14 has no name for it. The instruction is slow in virtual machines: asked once.
bool converts_halves() {
  static const bool converts = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
  }();
  return converts;
}

}  // namespace

bool cpu_runs_sse4() { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3"); }

bool cpu_runs_avx2() {
  return cpu_runs_sse4() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && converts_halves();
}

bool cpu_runs_avx512() {
  return cpu_runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool cpu_runs_bf16_dot() { return cpu_runs_avx512() && __builtin_cpu_supports("avx512bf16"); }

bool bf16_dot_is_fast() { return __builtin_cpu_is("amd"); }
#else
bool cpu_runs_sse4() { return false; }
bool cpu_runs_avx2() { return false; }
bool cpu_runs_avx512() { return false; }
bool cpu_runs_bf16_dot() { return false; }
bool bf16_dot_is_fast() { return false; }
#endif

// Part of every 64-bit ARM.
#if defined(__aarch64__)
bool cpu_runs_neon() { return true; }
#else
bool cpu_runs_neon() { return false; }
#endif

}  // namespace attn
