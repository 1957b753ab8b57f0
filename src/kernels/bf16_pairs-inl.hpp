// Pairs of bfloat16: how left factors, packed right factors and weights are kept for instructions that multiply them.
// Only for the files that include kernels/bf16_target-inl.hpp, each of which has functions of its own.
//
// A pair is a 32-bit word of neighbours k, k+1 of the sum, with k in its lower half. What a float of T's panels was is
// a word here: packed factors take the first half of the room of T's panels, and so do a panel's weights. An odd last
// one has 0 as its neighbour.

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace {
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

// ---- left factors -------------------------------------------------------------------------------

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

// The float kernels with what does not depend on the instruction: the forms above.
inline TileKernels<float> KernelsOfPairs(const TileKernels<float>& f32) {
  TileKernels<float> bf16 = f32;
  bf16.pack_transposed = PackTransposedDot;
  bf16.pack = PackDot;
  bf16.multiply_and_pack = nullptr;
  bf16.pack_tail = nullptr;
  bf16.sum_tails = nullptr;
  bf16.multiply_by_rows = nullptr;
  bf16.multiply_by_narrow_rows = nullptr;
  bf16.multiply_narrow_values = nullptr;
  bf16.scale_queries = nullptr;
  bf16.exp_scores = ExpScoreBlock<float, AsBf16Pairs>;
  bf16.packs_values = true;
  bf16.packed_row = kDotPanel / 2;
  bf16.operand = bfloat16_rounded;
  bf16.convert_weights = ConvertWeightsToPairs;
  bf16.weight = AsBf16Pairs::Weight;
  bf16.rescale = AsBf16Pairs::Rescale;
  bf16.keep = AsBf16Pairs::Keep;
  return bf16;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
