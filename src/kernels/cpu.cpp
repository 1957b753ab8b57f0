// Asks the compiler's run-time library, which also asks the operating system: the answer of Highway's own library costs
// milliseconds of every start.
#include "kernels/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
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

bool has_tiles_of_bf16() {
  constexpr unsigned tiles = 1U << 24, products_of_bf16 = 1U << 22;  // of leaf 7; older compilers have no name for them
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & tiles) != 0 && (d & products_of_bf16) != 0;
}

// Without leave the first instruction of tiles is a fault.
bool system_allows_tiles() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long ask_leave = 0x1023, data_of_tiles = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, ask_leave, data_of_tiles) == 0;
#else
  return false;
#endif
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

bool cpu_runs_amx() {
  static const bool runs = cpu_runs_bf16_dot() && has_tiles_of_bf16() && system_allows_tiles();
  return runs;
}

bool bf16_dot_is_fast() { return __builtin_cpu_is("amd"); }
#else
bool cpu_runs_sse4() { return false; }
bool cpu_runs_avx2() { return false; }
bool cpu_runs_avx512() { return false; }
bool cpu_runs_bf16_dot() { return false; }
bool cpu_runs_amx() { return false; }
bool bf16_dot_is_fast() { return false; }
#endif

// Part of every 64-bit ARM.
#if defined(__aarch64__)
bool cpu_runs_neon() { return true; }
#else
bool cpu_runs_neon() { return false; }
#endif

}  // namespace attn
