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
  static constexpr float least = -160.0f;  // 2^x rounds to 0 below −150
  static constexpr int mantissa_bits = 23;
};

template <>
struct Exp2Constants<double> {
  static constexpr double magic = 6755399441055744.0 + 1023.0;
  static constexpr double least_normal = -1022.0;
  static constexpr double least = -1100.0;
  static constexpr int mantissa_bits = 52;
};

// 2^r on [−½, ½], exactly 1 at 0. float: minimax of degree 6 under that condition, relative error 2.6e-9
// before and 8.2e-8 (one unit in the last place) after rounding. double: Taylor's series (ln 2)^i / i! to
// degree 13, of which the rest is under 5e-18.
template <class D>
HWY_INLINE hn::Vec<D> Exp2Polynomial(D d, hn::Vec<D> r) {
  using T = hn::TFromD<D>;
  constexpr auto coefficients = [] {
    if constexpr (sizeof(T) == 4) {
      return std::array{1.55946782e-4f, 1.34066439e-3f, 9.61769297e-3f, 5.55031055e-2f,
                        2.40226528e-1f, 6.93147215e-1f, 1.0f};
    } else {
      return std::array{1.3691488853904128e-12, 2.5678435993488206e-11, 4.4455382718708116e-10, 7.0549116208011234e-9,
                        1.0178086009239699e-7,  1.3215486790144309e-6,  1.5252733804059840e-5,  1.5403530393381610e-4,
                        1.3333558146428443e-3,  9.6181291076284772e-3,  5.5504108664821580e-2,  2.4022650695910071e-1,
                        6.9314718055994531e-1,  1.0};
    }
  }();
  auto p = hn::Set(d, coefficients[0]);
#pragma GCC unroll 16
  for (std::size_t i = 1; i < coefficients.size(); ++i) p = hn::MulAdd(p, r, hn::Set(d, coefficients[i]));
  return p;
}

// 2^n out of the sum with `magic`, whose lowest bits hold n + bias.
template <class D>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  constexpr int bits = Exp2Constants<hn::TFromD<D>>::mantissa_bits;
  return hn::BitCast(d, hn::ShiftLeft<bits>(hn::BitCast(di, shifted)));
}

// 2^x; results under the least normal number are 0, −inf gives 0, NaN stays NaN: the polynomial of a NaN
// is NaN, and the comparison is false for it.
template <class D>
HWY_INLINE hn::Vec<D> Exp2FlushTiny(D d, hn::Vec<D> x) {
  using C = Exp2Constants<hn::TFromD<D>>;
  const auto magic = hn::Set(d, C::magic);
  const auto shifted = hn::Add(x, magic);
  const auto r = hn::Sub(x, hn::Sub(shifted, magic));
  const auto power = hn::Mul(Exp2Polynomial(d, r), PowerOfTwo(d, shifted));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, C::least_normal)), power);
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
  const auto normal = hn::Mul(Exp2Polynomial(d, r), PowerOfTwo(d, hn::Add(n_normal, magic)));
  return hn::Mul(normal, PowerOfTwo(d, hn::Add(n_rest, magic)));
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
