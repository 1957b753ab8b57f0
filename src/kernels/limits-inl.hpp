// The machine's limits: multiply-adds in registers and reads from memory, for `attn bench`.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_LIMITS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_LIMITS_INL_HPP_
#undef ATTN_KERNELS_LIMITS_INL_HPP_
#else
#define ATTN_KERNELS_LIMITS_INL_HPP_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains hide the latency of two multiply-add units (4 cycles each) and leave registers for the factors.
template <class T>
HWY_NOINLINE std::size_t MultiplyAddRounds(std::size_t rounds, T* result) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t chains = 12, steps = 16;
  hn::Vec<decltype(d)> sum[chains];
  for (std::size_t c = 0; c < chains; ++c) sum[c] = hn::Set(d, static_cast<T>(c));
  const auto factor = hn::Set(d, static_cast<T>(0.999));
  const auto term = hn::Set(d, *result);
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (std::size_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
      for (auto& chain : sum) chain = hn::MulAdd(chain, factor, term);
    }
  }
  auto total = sum[0];
  for (std::size_t c = 1; c < chains; ++c) total = hn::Add(total, sum[c]);
  *result = hn::GetLane(hn::SumOfLanes(d, total));
  return 2 * chains * steps * hn::Lanes(d);
}

template <class T>
HWY_NOINLINE T Sum(const T* HWY_RESTRICT values, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t chains = 8;
  hn::Vec<decltype(d)> sum[chains];
  for (auto& chain : sum) chain = hn::Zero(d);
  std::size_t i = 0;
  for (; i + chains * lanes <= n; i += chains * lanes) {
#pragma GCC unroll 8
    for (std::size_t c = 0; c < chains; ++c) sum[c] = hn::Add(sum[c], hn::LoadU(d, values + i + c * lanes));
  }
  for (std::size_t c = 1; c < chains; ++c) sum[0] = hn::Add(sum[0], sum[c]);
  T total = hn::GetLane(hn::SumOfLanes(d, sum[0]));
  for (; i < n; ++i) total += values[i];
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
