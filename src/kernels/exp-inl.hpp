// 2^x for x ≤ 0 in vectors, to about one unit in the last place.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_EXP_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_EXP_INL_HPP_
#undef ATTN_KERNELS_EXP_INL_HPP_
#else
#define ATTN_KERNELS_EXP_INL_HPP_
#endif

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
  static constexpr float magic = 12582912.0f + 127.0f;
  static constexpr float least_normal = -126.0f;
  static constexpr float zero_exponent = -127.0f;  // its bits as a power of two are those of 0
  static constexpr float least = -160.0f;          // 2^x rounds to 0 below −150
  static constexpr int mantissa_bits = 23;
};

template <>
struct Exp2Constants<double> {
  static constexpr double magic = 6755399441055744.0 + 1023.0;
  static constexpr double least_normal = -1022.0;
  static constexpr double zero_exponent = -1023.0;
  static constexpr double least = -1100.0;
  static constexpr int mantissa_bits = 52;
};

// Coefficients of 2^r on [−½, ½], the highest power first.
//
// float: minimax fits; degree 5 has a relative error of 7.5e-8, degree 6 one of 2.6e-9 (8.2e-8, a unit in the
// last place, after rounding) and is exactly 1 at 0. double: Taylor's series (ln 2)^i / i! to degree 13, of
// which the rest is under 5e-18.
constexpr std::array kExp2Float5{1.327647198e-3f, 9.675541334e-3f, 5.550713274e-2f,
                                 2.402211972e-1f, 6.931469671e-1f, 1.000000072f};
constexpr std::array kExp2Float6{
    1.55946782e-4f, 1.34066439e-3f, 9.61769297e-3f, 5.55031055e-2f, 2.40226528e-1f, 6.93147215e-1f, 1.0f};
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

template <class T>
constexpr auto QuickCoefficients() {
  if constexpr (sizeof(T) == 4) {
    return kExp2Float5;
  } else {
    return kExp2Double;
  }
}

template <class T>
constexpr auto ExactCoefficients() {
  if constexpr (sizeof(T) == 4) {
    return kExp2Float6;
  } else {
    return kExp2Double;
  }
}

// 2^n out of the sum with `magic`, whose lowest bits hold n + bias.
template <class D>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  constexpr int bits = Exp2Constants<hn::TFromD<D>>::mantissa_bits;
  return hn::BitCast(d, hn::ShiftLeft<bits>(hn::BitCast(di, shifted)));
}

// 2^x, 0 where it would be subnormal and for −inf: an exponent of −127 makes the power of two 0. NaN stays
// NaN: Max returns its second operand if one is NaN (x86).
template <class D>
HWY_INLINE hn::Vec<D> Exp2FlushTiny(D d, hn::Vec<D> x) {
  using C = Exp2Constants<hn::TFromD<D>>;
  const auto magic = hn::Set(d, C::magic);
  const auto clamped = hn::Max(hn::Set(d, C::zero_exponent), x);
  const auto shifted = hn::Add(clamped, magic);
  const auto r = hn::Sub(clamped, hn::Sub(shifted, magic));
  return hn::Mul(Polynomial(d, QuickCoefficients<hn::TFromD<D>>(), r), PowerOfTwo(d, shifted));
}

// 2^x with subnormal results as well: the power of two is applied in two steps, of which the second is
// 1 unless the result is subnormal. Max returns its second operand if one is NaN (x86).
template <class D>
HWY_INLINE hn::Vec<D> Exp2(D d, hn::Vec<D> x) {
  using C = Exp2Constants<hn::TFromD<D>>;
  const auto magic = hn::Set(d, C::magic);
  const auto clamped = hn::Max(hn::Set(d, C::least), x);
  const auto n = hn::Sub(hn::Add(clamped, magic), magic);
  const auto r = hn::Sub(clamped, n);
  const auto n_normal = hn::Max(hn::Set(d, C::least_normal), n);
  const auto n_rest = hn::Sub(n, n_normal);
  const auto normal =
      hn::Mul(Polynomial(d, ExactCoefficients<hn::TFromD<D>>(), r), PowerOfTwo(d, hn::Add(n_normal, magic)));
  return hn::Mul(normal, PowerOfTwo(d, hn::Add(n_rest, magic)));
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
