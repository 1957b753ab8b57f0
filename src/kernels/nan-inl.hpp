// Minimum and maximum with a rule for NaN.
// Included once for each target, after hwy/highway.h.
//
// Highway leaves open what its Min and Max make of NaN. On x86 they return the second operand if either is NaN, which
// is what these are made of there, at no cost. Elsewhere a comparison decides.

#if defined(ATTN_KERNELS_NAN_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_NAN_INL_HPP_
#undef ATTN_KERNELS_NAN_INL_HPP_
#else
#define ATTN_KERNELS_NAN_INL_HPP_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// x, but at least `least`; NaN stays NaN.
template <class V>
HWY_INLINE V AtLeast(V least, V x) {
#if HWY_ARCH_X86
  return hn::Max(least, x);
#else
  return hn::IfThenElse(hn::Lt(x, least), least, x);
#endif
}

// x, but at most `most`; NaN stays NaN.
template <class V>
HWY_INLINE V AtMost(V most, V x) {
#if HWY_ARCH_X86
  return hn::Min(most, x);
#else
  return hn::IfThenElse(hn::Gt(x, most), most, x);
#endif
}

// The greater of what is the greatest so far, which is no NaN, and x; a NaN is passed over.
template <class V>
HWY_INLINE V GreatestSoFar(V x, V greatest) {
#if HWY_ARCH_X86
  return hn::Max(x, greatest);
#else
  return hn::IfThenElse(hn::Gt(x, greatest), x, greatest);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
