// The tile unit itself. Its instructions are written as such: compilers know no operands of tiles, and keep the order
// of what is volatile.

#include "kernels/amx.hpp"

#include "kernels/amx_tiles.hpp"
#include "kernels/cpu.hpp"
#include "kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/amx.cpp"
#include "kernels/bf16_target-inl.hpp"

#if HWY_TARGET == HWY_AVX3 && defined(__x86_64__)
#include "kernels/amx-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace {

struct AmxUnit {
  static HWY_INLINE void Configure(const amx::Setup& setup) { asm volatile("ldtilecfg %0" ::"m"(setup)); }
  static HWY_INLINE void Release() { asm volatile("tilerelease"); }
  template <int tile>
  static HWY_INLINE void Zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(tile));
  }
  template <int tile>
  static HWY_INLINE void Load(const float* from, std::ptrdiff_t stride) {
    asm volatile("tileloadd (%1,%2), %%tmm%c0" ::"i"(tile), "r"(from), "r"(stride) : "memory");
  }
  template <int tile>
  static HWY_INLINE void Store(float* to, std::ptrdiff_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2)" ::"i"(tile), "r"(to), "r"(stride) : "memory");
  }
  template <int sums, int left, int right>
  static HWY_INLINE void MultiplyAdd() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sums), "i"(left), "i"(right));
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace attn {

const TileKernels<float>* amx_kernels() {
#if (HWY_TARGETS & HWY_AVX3) && defined(__x86_64__)
  static const bool runs = cpu_runs_amx();
  if (!runs) return nullptr;
  static const TileKernels<float> kernels =
      N_AVX3::AmxKernels<N_AVX3::AmxUnit>(*simd_kernels(Instructions::avx512).f32);
  return &kernels;
#else
  return nullptr;
#endif
}

}  // namespace attn
#endif
