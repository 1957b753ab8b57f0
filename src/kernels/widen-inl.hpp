// Vectors of elements as they lie in memory: of 16 bits they are widened, exactly, as they are loaded.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_WIDEN_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_WIDEN_INL_HPP_
#undef ATTN_KERNELS_WIDEN_INL_HPP_
#else
#define ATTN_KERNELS_WIDEN_INL_HPP_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "kernels/narrow.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadWide(D d, const T* from) {
  return hn::LoadU(d, from);
}

#if HWY_TARGET != HWY_SCALAR

// The bits of each element, in the lower halves of words.
template <class D, class B>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> LoadNarrowBits(D, const B* from) {
  const hn::RebindToUnsigned<D> words;
  const hn::Rebind<std::uint16_t, D> halves;
  return hn::PromoteTo(words, hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from)));
}

template <class D>
HWY_INLINE hn::Vec<D> LoadWide(D d, const BFloat16* from) {
  return hn::BitCast(d, hn::ShiftLeft<16>(LoadNarrowBits(d, from)));
}

// By the instruction where the set has one. Without, as widen_half: Highway's own way leaves NaN and infinity out.
template <class D>
HWY_INLINE hn::Vec<D> LoadWide(D d, const Float16* from) {
#if HWY_TARGET == HWY_SSE4
  const hn::RebindToUnsigned<D> words;
  const auto bits = LoadNarrowBits(d, from);
  const auto magnitude = hn::And(bits, hn::Set(words, 0x7FFFU));
  const auto sign = hn::ShiftLeft<16>(hn::Xor(bits, magnitude));
  const auto shifted = hn::ShiftLeft<13>(magnitude);
  const auto finite = hn::BitCast(words, hn::Mul(hn::BitCast(d, shifted), hn::Set(d, 0x1p112F)));
  const auto is_finite = hn::Lt(hn::BitCast(d, shifted), hn::BitCast(d, hn::Set(words, 0x7C00U << 13U)));
  const auto wide =
      hn::IfThenElse(hn::RebindMask(words, is_finite), finite, hn::Or(shifted, hn::Set(words, 0x7F800000U)));
  return hn::BitCast(d, hn::Or(wide, sign));
#else
  const hn::Rebind<hwy::float16_t, D> halves;
  return hn::PromoteTo(d, hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(from)));
#endif
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
