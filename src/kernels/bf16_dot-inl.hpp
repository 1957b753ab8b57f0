// The register tile on pairs of bfloat16. Only for bf16_dot.cpp, after bf16_pairs-inl.hpp.

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// ---- products -----------------------------------------------------------------------------------

// sum (M, NV vectors) += a (M, words)·b (words, NV vectors), from the first word to the last.
template <std::size_t M, std::size_t NV>
HWY_INLINE void SumPairs(const LeftWords& left, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                         hn::Vec<Floats> (&sum)[M][NV]) {
  for (std::size_t done = 0; done < left.words; done += left.group, a += left.group_stride) {
    const float* HWY_RESTRICT word = a;
    for (std::size_t rest = HWY_MIN(left.group, left.words - done); rest != 0; --rest, ++word, b += kDotPanel) {
      __m512bh right[NV];
#pragma GCC unroll 8
      for (std::size_t v = 0; v < NV; ++v)
        right[v] = __builtin_bit_cast(__m512bh, _mm512_loadu_si512(b + v * kDotLanes));
#pragma GCC unroll 8
      for (std::size_t i = 0; i < M; ++i) {
        const __m512bh pair =
            __builtin_bit_cast(__m512bh, _mm512_set1_ps(word[static_cast<std::ptrdiff_t>(i) * left.stride]));
#pragma GCC unroll 8
        for (std::size_t v = 0; v < NV; ++v) sum[i][v].raw = _mm512_dpbf16_ps(sum[i][v].raw, pair, right[v]);
      }
    }
  }
}

template <std::size_t NV>
HWY_NOINLINE void DotPanelProduct(const Product<float>& p, const LeftWords& left, const float* b, float* c) {
  const Floats d;
  ForRowGroups<kTileRows>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    constexpr std::size_t M = decltype(rows)::value;
    const auto at = [&](std::size_t r, std::size_t v)
                        HWY_ATTR { return c + static_cast<std::ptrdiff_t>(i + r) * p.c_stride + v * kDotLanes; };
    hn::Vec<Floats> sum[M][NV];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < M; ++r) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < NV; ++v) {
        sum[r][v] = hn::Zero(d);
        if (p.accumulate) sum[r][v] = hn::LoadU(d, at(r, v));
      }
    }
    SumPairs<M, NV>(left, left.a + static_cast<std::ptrdiff_t>(i) * left.stride, b, sum);
    const auto alpha = hn::Set(d, p.alpha);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < M; ++r) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < NV; ++v)
        hn::StoreU(p.accumulate ? sum[r][v] : hn::Mul(alpha, sum[r][v]), d, at(r, v));
    }
  });
}

HWY_INLINE void MultiplyWords(const Product<float>& p, const LeftWords& left) {
  const float* b = p.b;
  float* c = p.c;
  for (std::size_t j = 0; j < p.n; j += kDotPanel, b += p.b_panel_stride, c += kDotPanel) {
    switch (HWY_MIN(kTileVectors, (p.n - j + kDotLanes - 1) / kDotLanes)) {
      case 1: DotPanelProduct<1>(p, left, b, c); break;
      case 2: DotPanelProduct<2>(p, left, b, c); break;
      case 3: DotPanelProduct<3>(p, left, b, c); break;
      default: DotPanelProduct<kTileVectors>(p, left, b, c); break;
    }
  }
}

HWY_NOINLINE void MultiplyDot(const Product<float>& p) {
  MultiplyWords(p, InOnePiece(PairedRows(p.a, p.a_stride, p.m, p.k), (p.k + 1) / 2));
}

HWY_NOINLINE void MultiplyValuesDot(const Product<float>& p) {
  MultiplyWords(p, {p.a, p.a_stride, (p.k + 1) / 2, kDotPanel / 2, kDotPanel});
}

// All rows against one whole panel of keys.
HWY_NOINLINE void ExpPanelDot(const ExpProducts<float>& w, const LeftWords& left, const float* b, float* weights) {
  const Floats d;
  ForRowGroups<kTileRows>(w.rows, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    constexpr std::size_t M = decltype(rows)::value;
    hn::Vec<Floats> score[M][kTileVectors];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < M; ++r) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kTileVectors; ++v) score[r][v] = hn::Zero(d);
    }
    SumPairs<M, kTileVectors>(left, left.a + static_cast<std::ptrdiff_t>(i) * left.stride, b, score);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < M; ++r)
      ExpPanel<kTileVectors, AsBf16Pairs>(d, score[r], w.factor[i + r], w.shift[i + r],
                                          weights + static_cast<std::ptrdiff_t>(i + r) * w.stride,
                                          w.sums + (i + r) * kDotLanes);
  });
}

HWY_NOINLINE std::size_t ExpProductsDot(const ExpProducts<float>& w) {
  const Floats d;
  std::copy_n(w.sums, w.rows * kDotLanes, w.earlier_sums);
  const LeftWords left = InOnePiece(PairedRows(w.query, w.query_stride, w.rows, w.depth), (w.depth + 1) / 2);
  const float* b = w.keys;
  std::size_t j = 0;
  for (; j + kDotPanel <= w.n; j += kDotPanel, b += kDotPanel * w.depth) ExpPanelDot(w, left, b, w.weights + j);
  if (j < w.n) {
    MultiplyWords({.b = b, .c = w.weights + j, .c_stride = w.stride, .m = w.rows, .n = w.n - j}, left);
    for (std::size_t i = 0; i < w.rows; ++i) {
      float* row = w.weights + static_cast<std::ptrdiff_t>(i) * w.stride + j;
      PadRow(d, row, w.n - j, kDotPanel);
      ExpStoredPanel<AsBf16Pairs>(d, row, w.factor[i], w.shift[i], w.sums + i * kDotLanes);
    }
  }
  return MarkPastLimit(d, w);
}

// ---- the machine's limit ------------------------------------------------------------------------

HWY_NOINLINE std::size_t MultiplyAddDot(std::size_t rounds, float* result) {
  constexpr std::size_t chains = 12, steps = 16;
  __m512 sum[chains];
  for (std::size_t c = 0; c < chains; ++c) sum[c] = _mm512_set1_ps(static_cast<float>(c));
  const __m512bh factor = __builtin_bit_cast(__m512bh, _mm512_set1_epi32(0x3C003F00));
  const __m512bh term = __builtin_bit_cast(__m512bh, _mm512_set1_ps(*result));
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (std::size_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
      for (std::size_t c = 0; c < chains; ++c) sum[c] = _mm512_dpbf16_ps(sum[c], factor, term);
    }
  }
  for (std::size_t c = 1; c < chains; ++c) sum[0] = _mm512_add_ps(sum[0], sum[c]);
  *result = _mm512_reduce_add_ps(sum[0]);
  return 4 * chains * steps * kDotLanes;
}

inline TileKernels<float> Bf16DotKernels(const TileKernels<float>& f32) {
  TileKernels<float> bf16 = KernelsOfPairs(f32);
  bf16.multiply = MultiplyDot;
  bf16.multiply_values = MultiplyValuesDot;
  bf16.exp_products = ExpProductsDot;
  bf16.multiply_add_rounds = MultiplyAddDot;
  return bf16;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
