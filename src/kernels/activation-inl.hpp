// GELU, SiLU and their like in vectors.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_ACTIVATION_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_ACTIVATION_INL_HPP_
#undef ATTN_KERNELS_ACTIVATION_INL_HPP_
#else
#define ATTN_KERNELS_ACTIVATION_INL_HPP_
#endif

#include <hwy/highway.h>

#include <array>

#include "kernels/activation.hpp"
#include "kernels/exp-inl.hpp"
#include "kernels/inlining.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// erfc(y)·e^(y²) = t·P(t) with t = 1/(1 + y/c): minimax fits of P, the highest power first. For float c = 3, y up to 10
// and a relative error of 1.6e-9; for double c = 4, y up to 27 and 1.8e-19.
template <class T>
struct ErfcFit;
template <>
struct ErfcFit<float> {
  static constexpr double c = 3;
  static constexpr std::array p{0.05704096532F,  -0.2993730934F, 0.5528358778F, -0.4642043544F, 0.4228917418F,
                                -0.01248239662F, 0.1958655789F,  0.1706077573F, 0.1887875917F,  0.1880303332F};
};
template <>
struct ErfcFit<double> {
  static constexpr double c = 4;
  static constexpr std::array p{
      -0.0010366394150022732468, 0.014349491998054386983, -0.091807000767513136801,  0.3597424131429190325,
      -0.96632700702264706401,   1.8933442556357703588,   -2.822528084232319631,     3.3060813211146466287,
      -3.1105356079206414977,    2.3801899515528968601,   -1.5023244821185089424,    0.7849005499819168271,
      -0.33163029948232533645,   0.138406500584772622,    -0.0071192368573169390469, 0.053648013107891652482,
      0.060717833728496917466,   0.081352271010792450516, 0.098999487211281044206,   0.1150178630298009318,
      0.12782393593164576097,    0.13663967844134575586,  0.14104739545059835958,    0.14104739589344523158};
};

// Φ(x), the normal distribution: of what is below 0 half of erfc(|x|/√2), of what is above 1 less that. Some units in
// the last place, but for tails under e^−8, where x² is rounded before it is an exponent: they are small beside 1.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> NormalCdf(D d, hn::Vec<D> x) {
  using Fit = ErfcFit<T>;
  constexpr double root_half = 0.70710678118654752440;
  const auto one = hn::Set(d, T(1));
  const auto t = hn::Div(one, hn::MulAdd(hn::Abs(x), hn::Set(d, static_cast<T>(root_half / Fit::c)), one));
  const auto power = hn::Mul(hn::Mul(x, x), hn::Set(d, T(-0.5) * kLog2E<T>));
  const auto tail = hn::Mul(hn::Mul(Exp2(Exact(), d, power), hn::Mul(t, hn::Set(d, T(0.5)))), Polynomial(d, Fit::p, t));
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(one, tail), tail);
}

// 1/(1 + e^−x): the exponential of what is not above 0, which cannot overflow.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, T(1));
  const auto e = Exp2(Exact(), d, hn::Mul(hn::Abs(x), hn::Set(d, -kLog2E<T>)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

template <Activation F, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Activated(D d, hn::Vec<D> x) {
  if constexpr (F == Activation::gelu) return hn::Mul(x, NormalCdf(d, x));
  if constexpr (F == Activation::gelu_tanh) {
    // (1 + tanh u)/2 = σ(2u).
    constexpr T root = static_cast<T>(2 * kGeluTanhRoot), cube = static_cast<T>(2 * kGeluTanhRoot * kGeluTanhCube);
    const auto u = hn::Mul(x, hn::MulAdd(hn::Mul(x, x), hn::Set(d, cube), hn::Set(d, root)));
    return hn::Mul(x, Sigmoid(d, u));
  }
  if constexpr (F == Activation::gelu_quick)
    return hn::Mul(x, Sigmoid(d, hn::Mul(x, hn::Set(d, static_cast<T>(kGeluQuick)))));
  if constexpr (F == Activation::silu) return hn::Mul(x, Sigmoid(d, x));
  // NaN is not below 0.
  const auto positive = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
  if constexpr (F == Activation::relu_squared) return hn::Mul(positive, positive);
  return positive;
}

template <Activation F, class T>
void ActivateRow(const T* gate, T* x, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = [&](hn::Vec<decltype(d)> from, hn::Vec<decltype(d)> to) HWY_ATTR ATTN_TILE {
    const auto made = Activated<F>(d, from);
    return gate == nullptr ? made : hn::Mul(made, to);
  };
  const T* const from = gate == nullptr ? x : gate;
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) hn::StoreU(one(hn::LoadU(d, from + j), hn::LoadU(d, x + j)), d, x + j);
  for (; j < n; ++j) x[j] = hn::GetLane(one(hn::Set(d, from[j]), hn::Set(d, x[j])));
}

template <class T>
void Activate(Activation f, const T* gate, T* x, std::size_t n) {
  switch (f) {
    case Activation::gelu: return ActivateRow<Activation::gelu>(gate, x, n);
    case Activation::gelu_tanh: return ActivateRow<Activation::gelu_tanh>(gate, x, n);
    case Activation::gelu_quick: return ActivateRow<Activation::gelu_quick>(gate, x, n);
    case Activation::relu: return ActivateRow<Activation::relu>(gate, x, n);
    case Activation::relu_squared: return ActivateRow<Activation::relu_squared>(gate, x, n);
    case Activation::silu: return ActivateRow<Activation::silu>(gate, x, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
