// 2^x in vectors.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_EXP_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_EXP_INL_HPP_
#undef ATTN_KERNELS_EXP_INL_HPP_
#else
#define ATTN_KERNELS_EXP_INL_HPP_
#endif

#include <hwy/highway.h>

#include <array>

#include "kernels/constants.hpp"
#include "kernels/nan-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Constants by element type. `magic` is 1.5 · 2^mantissa bits plus the exponent's bias: adding it to x
// rounds x to the nearest integer n and leaves n + bias in the lowest bits of the sum.
template <class T>
struct Exp2Constants;

template <>
struct Exp2Constants<float> {
  static constexpr float magic = 12582912.0F + 127.0F;
  static constexpr float least_normal = -126.0F;
  static constexpr float zero_exponent = -127.0F;  // its bits as a power of two are those of 0
  static constexpr float greatest = 127.0F;
  static constexpr float least = -160.0F;  // 2^x rounds to 0 below −150
  static constexpr int mantissa_bits = 23;
};

template <>
struct Exp2Constants<double> {
  static constexpr double magic = 6755399441055744.0 + 1023.0;
  static constexpr double least_normal = -1022.0;
  static constexpr double zero_exponent = -1023.0;
  static constexpr double greatest = 1023.0;
  static constexpr double least = -1100.0;
  static constexpr int mantissa_bits = 52;
};

// How good a 2^x is wanted.
struct Quick {};    // some units in the last place, and 0 for what would be subnormal
struct Bounded {};  // the same bits as Quick, for x that is within ±kSmallScore
struct Exact {};    // about one unit in the last place, subnormal results included

// Coefficients of 2^r, the highest power first.
//
// float on [−½, ½]: a minimax fit of degree 6 with a relative error of 2.6e-9 (8.2e-8, a unit in the last place, after
// rounding), exactly 1 at 0. float on [0, 1): degree 5 with 8.7e-8 and degree 6 with 3.9e-9. double on [−½, ½]:
// Taylor's series (ln 2)^i / i! to degree 13, of which the rest is under 5e-18.
constexpr std::array kExp2Float6{
    1.55946782e-4F, 1.34066439e-3F, 9.61769297e-3F, 5.55031055e-2F, 2.40226528e-1F, 6.93147215e-1F, 1.0F};
[[maybe_unused]] constexpr std::array kExp2Float5Up{1.877576695e-3F, 8.989339694e-3F, 5.582630634e-2F,
                                                    2.401536405e-1F, 6.931530237e-1F, 9.999999404e-1F};
constexpr std::array kExp2Float6Up{
    2.170225489e-4F, 1.243968727e-3F, 9.678840637e-3F, 5.548334494e-2F, 2.402298152e-1F, 6.931470037e-1F, 1.0F};
constexpr std::array kExp2Double{1.3691488853904128e-12, 2.5678435993488206e-11,
                                 4.4455382718708116e-10, 7.0549116208011234e-9,
                                 1.0178086009239699e-7,  1.3215486790144309e-6,
                                 1.5252733804059840e-5,  1.5403530393381610e-4,
                                 1.3333558146428443e-3,  9.6181291076284772e-3,
                                 5.5504108664821580e-2,  2.4022650695910071e-1,
                                 6.9314718055994531e-1,  1.0};

template <class D, class T, std::size_t N>
HWY_INLINE hn::Vec<D> Polynomial(D d, const std::array<T, N>& coefficients, hn::Vec<D> r) {
  auto p = hn::Set(d, coefficients[0]);
#pragma GCC unroll 16
  for (std::size_t i = 1; i < N; ++i) p = hn::MulAdd(p, r, hn::Set(d, coefficients[i]));
  return p;
}

#if HWY_TARGET == HWY_AVX3
// AVX-512 splits x and applies the power of two in one instruction each, where other sets need eight.
HWY_INLINE hn::Vec<hn::ScalableTag<float>> FractionDown(hn::Vec<hn::ScalableTag<float>> x) {
  return hn::Vec<hn::ScalableTag<float>>{_mm512_reduce_ps(x.raw, _MM_FROUND_TO_NEG_INF)};
}
HWY_INLINE hn::Vec<hn::ScalableTag<double>> FractionNear(hn::Vec<hn::ScalableTag<double>> x) {
  return hn::Vec<hn::ScalableTag<double>>{_mm512_reduce_pd(x.raw, _MM_FROUND_TO_NEAREST_INT)};
}
// p·2^⌊x⌋, 0 where x < least. What is known to be 0 is not computed: an underflow costs a hundred cycles.
HWY_INLINE hn::Vec<hn::ScalableTag<float>> Scaled(hn::Vec<hn::ScalableTag<float>> p, hn::Vec<hn::ScalableTag<float>> x,
                                                  float least) {
  const __mmask16 kept = _mm512_cmp_ps_mask(x.raw, _mm512_set1_ps(least), _CMP_NLT_UQ);
  return hn::Vec<hn::ScalableTag<float>>{_mm512_maskz_scalef_ps(kept, p.raw, x.raw)};
}
HWY_INLINE hn::Vec<hn::ScalableTag<double>> Scaled(hn::Vec<hn::ScalableTag<double>> p,
                                                   hn::Vec<hn::ScalableTag<double>> x, double least) {
  const __mmask8 kept = _mm512_cmp_pd_mask(x.raw, _mm512_set1_pd(least), _CMP_NLT_UQ);
  return hn::Vec<hn::ScalableTag<double>>{_mm512_maskz_scalef_pd(kept, p.raw, x.raw)};
}

template <class D>
HWY_INLINE hn::Vec<D> Exp2(Quick, D d, hn::Vec<D> x) {
  constexpr auto least = Exp2Constants<hn::TFromD<D>>::least_normal;
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Scaled(Polynomial(d, kExp2Float5Up, FractionDown(x)), x, least);
  } else {
    const auto r = FractionNear(x);
    return Scaled(Polynomial(d, kExp2Double, r), hn::Sub(x, r), least);
  }
}

HWY_INLINE hn::Vec<hn::ScalableTag<float>> Exp2(Bounded, hn::ScalableTag<float> d, hn::Vec<hn::ScalableTag<float>> x) {
  return hn::Vec<hn::ScalableTag<float>>{_mm512_scalef_ps(Polynomial(d, kExp2Float5Up, FractionDown(x)).raw, x.raw)};
}
HWY_INLINE hn::Vec<hn::ScalableTag<double>> Exp2(Bounded, hn::ScalableTag<double> d,
                                                 hn::Vec<hn::ScalableTag<double>> x) {
  const auto r = FractionNear(x);
  return hn::Vec<hn::ScalableTag<double>>{_mm512_scalef_pd(Polynomial(d, kExp2Double, r).raw, hn::Sub(x, r).raw)};
}

template <class D>
HWY_INLINE hn::Vec<D> Exp2(Exact, D d, hn::Vec<D> x) {
  constexpr auto least = Exp2Constants<hn::TFromD<D>>::least;
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Scaled(Polynomial(d, kExp2Float6Up, FractionDown(x)), x, least);
  } else {
    const auto r = FractionNear(x);
    return Scaled(Polynomial(d, kExp2Double, r), hn::Sub(x, r), least);
  }
}

#else

// 2^n out of the sum with `magic`, whose lowest bits hold n + bias.
template <class D>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  constexpr int bits = Exp2Constants<hn::TFromD<D>>::mantissa_bits;
  return hn::BitCast(d, hn::ShiftLeft<bits>(hn::BitCast(di, shifted)));
}

template <class D>
HWY_INLINE hn::Vec<D> Exp2(Bounded, D d, hn::Vec<D> x) {
  const auto magic = hn::Set(d, Exp2Constants<hn::TFromD<D>>::magic);
  const auto shifted = hn::Add(x, magic);
  const auto r = hn::Sub(x, hn::Sub(shifted, magic));
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::Mul(Polynomial(d, kExp2Float6, r), PowerOfTwo(d, shifted));
  } else {
    return hn::Mul(Polynomial(d, kExp2Double, r), PowerOfTwo(d, shifted));
  }
}

// An exponent of −127 makes the power of two 0; at 2^127 the result stays. NaN stays NaN.
template <class D>
HWY_INLINE hn::Vec<D> Exp2(Quick, D d, hn::Vec<D> x) {
  using C = Exp2Constants<hn::TFromD<D>>;
  return Exp2(Bounded(), d, AtMost(hn::Set(d, C::greatest), AtLeast(hn::Set(d, C::zero_exponent), x)));
}

// For x ≤ 1. The power of two is applied in two steps, of which the second is 1 unless the result is subnormal.
template <class D>
HWY_INLINE hn::Vec<D> Exp2(Exact, D d, hn::Vec<D> x) {
  using C = Exp2Constants<hn::TFromD<D>>;
  const auto magic = hn::Set(d, C::magic);
  const auto clamped = AtLeast(hn::Set(d, C::least), x);
  const auto n = hn::Sub(hn::Add(clamped, magic), magic);
  const auto r = hn::Sub(clamped, n);
  const auto n_normal = AtLeast(hn::Set(d, C::least_normal), n);
  const auto n_rest = hn::Sub(n, n_normal);
  const auto power = PowerOfTwo(d, hn::Add(n_normal, magic));
  const auto rest = PowerOfTwo(d, hn::Add(n_rest, magic));
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::Mul(hn::Mul(Polynomial(d, kExp2Float6, r), power), rest);
  } else {
    return hn::Mul(hn::Mul(Polynomial(d, kExp2Double, r), power), rest);
  }
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
