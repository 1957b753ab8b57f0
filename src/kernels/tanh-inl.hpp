// tanh in vectors, for softcap.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_TANH_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_TANH_INL_HPP_
#undef ATTN_KERNELS_TANH_INL_HPP_
#else
#define ATTN_KERNELS_TANH_INL_HPP_
#endif

#include <hwy/highway.h>

#include "kernels/exp-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// tanh x = x + x·z·f(z) with z = x² up to 5/8, by the fits of the Cephes library (tanhf.c, tanh.c): a polynomial
// for float (some units in the last place), a quotient of two for double.
constexpr std::array kTanhFloat{-5.70498872745e-3F, 2.06390887954e-2F, -5.37397155531e-2F, 1.33314422036e-1F,
                                -3.33332819422e-1F};
constexpr std::array kTanhDoubleOver{-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3};
constexpr std::array kTanhDoubleUnder{1.0, 1.12811678491632931402e2, 2.23548839060100448583e3,
                                      4.84406305325125486048e3};

// Past 5/8, tanh |x| = 1 − 2/(e^2|x| + 1); from 22 on that is 1 in both types. NaN stays NaN: x is part of each way.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Tanh(D d, hn::Vec<D> x) {
  const auto magnitude = hn::Abs(x), one = hn::Set(d, T(1)), square = hn::Mul(x, x);
  hn::Vec<D> near_zero;
  if constexpr (sizeof(T) == 4) {
    near_zero = Polynomial(d, kTanhFloat, square);
  } else {
    near_zero = hn::Div(Polynomial(d, kTanhDoubleOver, square), Polynomial(d, kTanhDoubleUnder, square));
  }
  near_zero = hn::MulAdd(hn::Mul(x, square), near_zero, x);
  // The exponential of what is not above 0 is good to the last place in every set: e^−2|x| in place of e^2|x|.
  const auto shrunk = Exp2(Exact(), d, hn::Mul(AtMost(hn::Set(d, T(22)), magnitude), hn::Set(d, T(-2) * kLog2E<T>)));
  const auto far = hn::Div(hn::Sub(one, shrunk), hn::Add(one, shrunk));
  const auto with_sign = hn::CopySign(far, x);
  return hn::IfThenElse(hn::Gt(magnitude, hn::Set(d, T(0.625))), with_sign, near_zero);
}

template <class T>
void Softcap(T* HWY_RESTRICT row, std::size_t n, T cap) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto by = hn::Set(d, cap);
  const auto capped = [&](hn::Vec<decltype(d)> x) HWY_ATTR ATTN_TILE { return hn::Mul(by, Tanh(d, hn::Div(x, by))); };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) hn::StoreU(capped(hn::LoadU(d, row + j)), d, row + j);
  for (; j < n; ++j) row[j] = hn::GetLane(capped(hn::Set(d, row[j])));
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
