// The sum of a vector's lanes.
// Included once for each target, after hwy/highway.h.
//
// Highway leaves the order of this sum open, and its versions differ in it: 1.0.3 adds lanes 0 and 2, 1.2 lanes 0
// and 3. Here it is one order, so that a result does not depend on the Highway that attn was built with.

#if defined(ATTN_KERNELS_SUM_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_SUM_INL_HPP_
#undef ATTN_KERNELS_SUM_INL_HPP_
#else
#define ATTN_KERNELS_SUM_INL_HPP_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The upper half onto the lower, until one lane is left, as the engines do it (OnlineRows::sum).
template <class D>
HWY_INLINE hn::TFromD<D> SumInHalves(D, hn::Vec<D> v) {
#if HWY_TARGET != HWY_SCALAR  // which has no halves
  if constexpr (hn::MaxLanes(D()) > 1) {
    const hn::Half<D> half;
    return SumInHalves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
#endif
  return hn::GetLane(v);
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
