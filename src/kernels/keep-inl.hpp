// Dropout of a row of weights by bits.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_KEEP_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_KEEP_INL_HPP_
#undef ATTN_KERNELS_KEEP_INL_HPP_
#else
#define ATTN_KERNELS_KEEP_INL_HPP_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#include "kernels/assumptions.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At least 57 bits, the given one first.
HWY_INLINE std::uint64_t BitsFrom(const std::uint8_t* bits, std::size_t first) {
  std::uint64_t word = 0;
  std::memcpy(&word, bits + first / 8, sizeof word);
  return word >> first % 8;
}

// In whole vectors.
template <class T>
HWY_NOINLINE void KeepWeights(T* HWY_RESTRICT row, std::size_t n, const std::uint8_t* bits, std::size_t first) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t bits_a_word = 32;
  static_assert(bits_a_word % kMostLanes == 0);
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t j = 0; j < n; j += bits_a_word) {
    std::uint64_t word = BitsFrom(bits, first + j);
    const std::size_t end = HWY_MIN(n, j + bits_a_word);
    for (std::size_t at = j; at < end; at += lanes, word >>= lanes) {
      const auto kept = hn::LoadMaskBits(d, reinterpret_cast<const std::uint8_t*>(&word));
      hn::StoreU(hn::IfThenElseZero(kept, hn::LoadU(d, row + at)), d, row + at);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
