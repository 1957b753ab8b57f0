// The register tile on pairs of bfloat16, and the packing that feeds it. Only for bf16_dot.cpp, which says what pairs
// are.

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kDotLanes = 16;  // words, or floats, a vector
constexpr std::size_t kDotPanel = kTileVectors * kDotLanes;
using Floats = hn::ScalableTag<float>;

// ---- conversion ---------------------------------------------------------------------------------

HWY_INLINE __m256i ToHalves(__m512 x) { return __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(x)); }

// n floats → ⌈n/2⌉ words of neighbours.
HWY_INLINE void ConvertRow(const float* from, std::size_t n, float* words) {
  std::size_t j = 0;
  for (; j + kDotLanes <= n; j += kDotLanes, words += kDotLanes / 2)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), ToHalves(_mm512_loadu_ps(from + j)));
  if (j == n) return;
  const std::size_t rest = n - j;
  const __mmask16 some = static_cast<__mmask16>((1U << rest) - 1);
  const __mmask8 pairs = static_cast<__mmask8>((1U << (rest + 1) / 2) - 1);
  _mm256_mask_storeu_epi32(words, pairs, ToHalves(_mm512_maskz_loadu_ps(some, from + j)));
}

// Rows of a left factor as words, ⌈columns/2⌉ a row; valid until the next call.
HWY_INLINE const float* PairedRows(const float* a, std::ptrdiff_t stride, std::size_t rows, std::size_t columns) {
  const std::size_t pairs = (columns + 1) / 2;
  float* words = rounding_scratch(rows * pairs);
  for (std::size_t i = 0; i < rows; ++i)
    ConvertRow(a + static_cast<std::ptrdiff_t>(i) * stride, columns, words + i * pairs);
  return words;
}

// Words of a panel's rows are transposed as floats are: that moves bits and looks at none.
HWY_NOINLINE float PackTransposedDot(MatrixView<const float> b, float* packed) {
  const std::size_t pairs = (b.cols + 1) / 2;
  const auto transpose = simd_kernels(Instructions::avx512).f32->pack_transposed;
  for (std::size_t j = 0; j < b.rows; j += kDotPanel, packed += kDotPanel * b.cols) {
    const std::size_t rows = HWY_MIN(kDotPanel, b.rows - j);
    transpose({PairedRows(b.row(j), b.row_stride, rows, b.cols), rows, pairs, static_cast<std::ptrdiff_t>(pairs)},
              packed);
  }
  return kInfinity<float>;
}

// Row by row, as they lie in memory.
HWY_NOINLINE void PackDot(MatrixView<const float> b, float* packed) {
  for (std::size_t k = 0; k < b.rows; k += 2, packed += kDotPanel) {
    for (std::size_t j = 0; j < (b.cols + kDotPanel - 1) / kDotPanel * kDotPanel; j += kDotLanes) {
      const std::size_t rest = j < b.cols ? b.cols - j : 0;
      const __mmask16 some = static_cast<__mmask16>(rest >= kDotLanes ? 0xFFFFU : (1U << rest) - 1);
      const auto halves = [&](std::size_t row) HWY_ATTR {
        const bool is_there = row < b.rows && rest != 0;
        const float* at = is_there ? b.row(row) + j : b.data;
        return _mm512_cvtepu16_epi32(ToHalves(_mm512_maskz_loadu_ps(is_there ? some : __mmask16{0}, at)));
      };
      const __m512i words = _mm512_or_si512(halves(k), _mm512_slli_epi32(halves(k + 1), 16));
      _mm512_storeu_si512(packed + j / kDotPanel * kDotPanel * b.rows + j % kDotPanel, words);
    }
  }
}

// ---- products -----------------------------------------------------------------------------------

// The words of a row of the left factor: groups of `group` words, `group_stride` apart.
struct LeftWords {
  const float* a = nullptr;
  std::ptrdiff_t stride = 0;  // between rows
  std::size_t words = 0, group = 0;
  std::ptrdiff_t group_stride = 0;
};

// One of `words` words a row.
HWY_INLINE LeftWords InOnePiece(const float* a, std::size_t words) {
  return {a, static_cast<std::ptrdiff_t>(words), words, words, 0};
}

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

// ---- weights ------------------------------------------------------------------------------------

// The panel's weights in its first half.
struct AsBf16Pairs {
  static HWY_INLINE void Store(Floats, hn::Vec<Floats> weight, float* HWY_RESTRICT panel, std::size_t v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(panel + v * (kDotLanes / 2)), ToHalves(weight.raw));
  }
  static HWY_INLINE hn::Vec<Floats> Load(const float* panel, std::size_t v) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + v * (kDotLanes / 2)));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16))};
  }
  static HWY_NOINLINE void Rescale(float* row, std::size_t n, float change) {
    const Floats d;
    for (std::size_t j = 0; j < n; j += kDotPanel)
      for (std::size_t v = 0; v < kTileVectors; ++v)
        Store(d, hn::Mul(Load(row + j, v), hn::Set(d, change)), row + j, v);
  }
  static HWY_NOINLINE void Keep(float* row, std::size_t n, const std::uint8_t* bits, std::size_t first) {
    constexpr std::size_t halves = 2 * kDotLanes;  // a vector
    for (std::size_t j = 0; j < n; j += halves) {
      // A panel's first weights are followed by its others, and then by as much room that is not in use.
      float* at = row + j / kDotPanel * kDotPanel + j % kDotPanel / 2;
      const __mmask32 kept = static_cast<__mmask32>(BitsFrom(bits, first + j));
      _mm512_storeu_si512(at, _mm512_maskz_mov_epi16(kept, _mm512_loadu_si512(at)));
    }
  }
  static float Weight(const float* row, std::size_t j) {
    const std::size_t at = j % kDotPanel;
    std::uint16_t half = 0;
    std::memcpy(&half, reinterpret_cast<const char*>(row + j - at) + at * sizeof half, sizeof half);
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(half) << 16);
  }
};

// Zeros past n: an odd last weight has a neighbour.
HWY_NOINLINE void ConvertWeightsToPairs(float* weights, std::ptrdiff_t stride, std::size_t rows, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < rows; ++i, weights += stride) {
    for (std::size_t j = 0; j < n; j += kDotPanel) {
      float* panel = weights + j;
      for (std::size_t c = n - j; c < kDotPanel; ++c) panel[c] = 0;
      hn::Vec<Floats> weight[kTileVectors];
      for (std::size_t v = 0; v < kTileVectors; ++v) weight[v] = hn::LoadU(d, panel + v * kDotLanes);
      for (std::size_t v = 0; v < kTileVectors; ++v) AsBf16Pairs::Store(d, weight[v], panel, v);
    }
  }
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
      PadRow(row, w.n - j, kDotPanel);
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
  TileKernels<float> bf16 = f32;
  bf16.pack_transposed = PackTransposedDot;
  bf16.pack = PackDot;
  bf16.multiply = MultiplyDot;
  bf16.multiply_values = MultiplyValuesDot;
  bf16.multiply_and_pack = nullptr;
  bf16.multiply_by_rows = nullptr;
  bf16.multiply_by_narrow_rows = nullptr;
  bf16.multiply_narrow_values = nullptr;
  bf16.scale_queries = nullptr;
  bf16.exp_products = ExpProductsDot;
  bf16.exp_scores = ExpScoreBlock<float, AsBf16Pairs>;
  bf16.packs_values = true;
  bf16.packed_row = kDotPanel / 2;
  bf16.operand = bfloat16_rounded;
  bf16.convert_weights = ConvertWeightsToPairs;
  bf16.weight = AsBf16Pairs::Weight;
  bf16.rescale = AsBf16Pairs::Rescale;
  bf16.keep = AsBf16Pairs::Keep;
  bf16.multiply_add_rounds = MultiplyAddDot;
  return bf16;
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
