// A tile unit in software, after the operation of LDTILECFG, TILELOADD, TILESTORED, TILEZERO, TDPBF16PS and TILERELEASE
// in Intel's Software Developer's Manual, volume 2.
#include "amx/emulated.hpp"

#include <cstdio>
#include <cstdlib>

#include "kernels/amx_tiles.hpp"
#include "kernels/cpu.hpp"
#include "kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "amx/emulated.cpp"
#include "kernels/bf16_target-inl.hpp"

#if HWY_TARGET == HWY_AVX3
#include "kernels/amx-inl.hpp"

namespace attn::test {
namespace {

[[noreturn]] inline void fault(const char* what) {
  std::fprintf(stderr, "emulated AMX: %s\n", what);
  std::abort();
}

struct EmulatedTile {
  std::size_t rows = 0, bytes = 0;  // a row
  float words[16][16] = {};
};

struct EmulatedState {
  bool is_set_up = false;
  std::size_t instructions = 0;
  EmulatedTile tiles[8];
};

inline EmulatedState& state() {
  static thread_local EmulatedState of_this_thread;
  return of_this_thread;
}

inline EmulatedTile& tile_of(int number) {
  EmulatedState& unit = state();
  ++unit.instructions;
  if (!unit.is_set_up) fault("a tile before LDTILECFG");
  EmulatedTile& tile = unit.tiles[number];
  if (tile.rows == 0) fault("a tile that is not set up");
  return tile;
}

}  // namespace
}  // namespace attn::test

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace {

struct EmulatedUnit {
  static HWY_NOINLINE void Configure(const amx::Setup& setup) {
    test::EmulatedState& unit = test::state();
    ++unit.instructions;
    unit.is_set_up = true;
    if (setup.palette != 1) test::fault("only palette 1 is used here");
    if (setup.start_row != 0) test::fault("a first row");
    for (const std::uint8_t byte : setup.reserved)
      if (byte != 0) test::fault("a reserved byte of the setup is not 0");
    for (std::size_t t = 0; t < 16; ++t) {
      if (t >= 8 && (setup.rows[t] != 0 || setup.row_bytes[t] != 0)) test::fault("a setup of a tile past the eighth");
      if (setup.rows[t] > 16 || setup.row_bytes[t] > 64) test::fault("a tile of more than 16 rows of 64 bytes");
      if ((setup.rows[t] == 0) != (setup.row_bytes[t] == 0)) test::fault("rows without columns, or the reverse");
      if (setup.row_bytes[t] % 4 != 0) test::fault("rows that are not of words");
      if (t < 8) unit.tiles[t] = {setup.rows[t], setup.row_bytes[t], {}};
    }
  }
  static HWY_NOINLINE void Release() {
    ++test::state().instructions;
    if (!test::state().is_set_up) test::fault("TILERELEASE without LDTILECFG");
    test::state().is_set_up = false;
  }
  template <int tile>
  static HWY_NOINLINE void Zero() {
    test::EmulatedTile& to = test::tile_of(tile);
    std::memset(to.words, 0, sizeof to.words);
  }
  template <int tile>
  static HWY_NOINLINE void Load(const float* from, std::ptrdiff_t stride) {
    test::EmulatedTile& to = test::tile_of(tile);
    std::memset(to.words, 0, sizeof to.words);
    for (std::size_t r = 0; r < to.rows; ++r)
      std::memcpy(to.words[r], reinterpret_cast<const char*>(from) + static_cast<std::ptrdiff_t>(r) * stride, to.bytes);
  }
  template <int tile>
  static HWY_NOINLINE void Store(float* to, std::ptrdiff_t stride) {
    const test::EmulatedTile& from = test::tile_of(tile);
    for (std::size_t r = 0; r < from.rows; ++r)
      std::memcpy(reinterpret_cast<char*>(to) + static_cast<std::ptrdiff_t>(r) * stride, from.words[r], from.bytes);
  }
  template <int sums, int left, int right>
  static HWY_NOINLINE void MultiplyAdd() {
    test::EmulatedTile& c = test::tile_of(sums);
    const test::EmulatedTile &a = test::tile_of(left), &b = test::tile_of(right);
    if (sums == left || sums == right || left == right) test::fault("a tile twice in TDPBF16PS");
    if (a.rows != c.rows || b.bytes != c.bytes || a.bytes != 4 * b.rows) test::fault("tiles that do not fit");
    // Subnormal numbers are 0 on both sides, and rounding is to nearest even, whatever the thread has set.
    const unsigned before = _mm_getcsr();
    _mm_setcsr(0x1F80 | 0x8000 | 0x0040);
    for (std::size_t m = 0; m < c.rows; ++m) {
      __m512 even = _mm512_setzero_ps(), odd = even;
      for (std::size_t k = 0; k < b.rows; ++k) {
        const __m512i one = _mm512_castps_si512(_mm512_set1_ps(a.words[m][k])), row = _mm512_loadu_si512(b.words[k]);
        even = _mm512_fmadd_ps(LowerHalves(one), LowerHalves(row), even);
        odd = _mm512_fmadd_ps(UpperHalves(one), UpperHalves(row), odd);
      }
      const __m512 both = _mm512_add_ps(even, odd);
      _mm512_storeu_ps(c.words[m], _mm512_add_ps(_mm512_loadu_ps(c.words[m]), both));
    }
    _mm_setcsr(before);
  }

 private:
  static HWY_INLINE __m512 LowerHalves(__m512i words) { return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16)); }
  static HWY_INLINE __m512 UpperHalves(__m512i words) {
    return _mm512_castsi512_ps(_mm512_and_si512(words, _mm512_set1_epi32(static_cast<int>(0xFFFF0000U))));
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace attn::test {

const TileKernels<float>* emulated_amx_kernels() {
#if HWY_TARGETS & HWY_AVX3
  if (!cpu_runs_bf16_dot()) return nullptr;
  static const TileKernels<float> kernels =
      N_AVX3::AmxKernels<N_AVX3::EmulatedUnit>(*simd_kernels(Instructions::avx512).f32);
  return &kernels;
#else
  return nullptr;
#endif
}

std::size_t emulated_amx_instructions() {
#if HWY_TARGETS & HWY_AVX3
  return state().instructions;
#else
  return 0;
#endif
}

}  // namespace attn::test
#endif
