// Products of bfloat16 pairs by the tile unit of AMX: 16 rows by 16 columns by 16 pairs an instruction (TDPBF16PS).
// Included after bf16_target-inl.hpp, for HWY_AVX3 alone.
//
// Packed factors and weights are as bf16_pairs-inl.hpp has them, as they are what the unit reads: a row of 16 pairs of
// the left factor, or 16 columns of a row of pairs of the right one, is a row of a tile. Tiles need no padding: one
// that is cut off at the end of the rows or of the sum is set up smaller.
//
// The unit sums even and odd k of a tile each from 0, adds the two, and then adds that to the sum so far: chains of 16.
// It takes subnormal numbers for 0, makes subnormal sums 0, and rounds to nearest even, whatever the thread has set.
//
// A `Unit` has its instructions as static functions: Configure(Setup), Release(), and for tile numbers in <>
// Zero<T>(), Load<T>(from, stride in bytes), Store<T>(to, stride in bytes), MultiplyAdd<sums, left, right>(). Tests
// have one that does what they are documented to do, as few CPUs have the true one.

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kUnitRows = amx::kMostRows, kUnitWords = amx::kMostWords;
static_assert(kUnitWords == kDotLanes);

constexpr std::ptrdiff_t BytesOf(std::ptrdiff_t floats) { return floats * static_cast<std::ptrdiff_t>(sizeof(float)); }

// Calls f(Count<v>) for the first NV vectors of a panel.
template <std::size_t NV, class F>
HWY_INLINE void ForVectors(F&& f) {
  static_assert(NV <= 4);
  f(Count<0>());
  if constexpr (NV > 1) f(Count<1>());
  if constexpr (NV > 2) f(Count<2>());
  if constexpr (NV > 3) f(Count<3>());
}

// The sums += a (rows, words)·b (words, NV vectors), as many words as the tiles `left` and `right` have.
template <class Unit, std::size_t NV, int left, int right>
HWY_INLINE void MultiplyAddTiles(const float* a, std::ptrdiff_t stride, const float* b) {
  Unit::template Load<left>(a, BytesOf(stride));
  ForVectors<NV>([&](auto v) HWY_ATTR ATTN_TILE {
    Unit::template Load<right>(b + v * kDotLanes, BytesOf(kDotPanel));
    Unit::template MultiplyAdd<amx::kSums + static_cast<int>(v), left, right>();
  });
}

// The sums += a·b over all words of `left`, from the first to the last; a is the row that the tiles begin at. Calls
// between() after each of the steps, whose number is StepsOf(left): work for the vector units meanwhile.
template <class Unit, std::size_t NV, class Between>
HWY_INLINE void SumTiles(const LeftWords& left, const float* a, const float* b, Between&& between) {
  for (std::size_t done = 0; done < left.words; done += left.group, a += left.group_stride) {
    const float* word = a;
    std::size_t rest = HWY_MIN(left.group, left.words - done);
    for (; rest >= kUnitWords; rest -= kUnitWords, word += kUnitWords, b += kUnitWords * kDotPanel) {
      MultiplyAddTiles<Unit, NV, amx::kLeft, amx::kRight>(word, left.stride, b);
      between();
    }
    if (rest == 0) continue;
    MultiplyAddTiles<Unit, NV, amx::kLeftRest, amx::kRightRest>(word, left.stride, b);
    between();
  }
}

HWY_INLINE std::size_t StepsOf(const LeftWords& left) { return (left.words + kUnitWords - 1) / kUnitWords; }

// Calls f(first row, rows) for groups of rows, with the tiles set up for each.
template <class Unit, class F>
HWY_INLINE void ForSetups(std::size_t m, const LeftWords& left, F&& f) {
  const std::size_t whole = m / kUnitRows * kUnitRows, rest = left.words % kUnitWords;
  if (whole != 0) {
    Unit::Configure(amx::setup_for(kUnitRows, rest));
    f(std::size_t{0}, whole);
  }
  if (whole != m) {
    Unit::Configure(amx::setup_for(m - whole, rest));
    f(whole, m - whole);
  }
  Unit::Release();
}

// Rows that share a setup against one panel of NV vectors.
template <class Unit, std::size_t NV>
HWY_NOINLINE void UnitPanelProduct(const Product<float>& p, const LeftWords& left, std::size_t first, std::size_t count,
                                   const float* b, float* c) {
  const Floats d;
  for (std::size_t i = first; i < first + count; i += kUnitRows) {
    float* to = c + static_cast<std::ptrdiff_t>(i) * p.c_stride;
    ForVectors<NV>([&](auto v) HWY_ATTR ATTN_TILE {
      constexpr int sums = amx::kSums + static_cast<int>(decltype(v)::value);
      if (p.accumulate) {
        Unit::template Load<sums>(to + v * kDotLanes, BytesOf(p.c_stride));
      } else {
        Unit::template Zero<sums>();
      }
    });
    SumTiles<Unit, NV>(left, left.a + static_cast<std::ptrdiff_t>(i) * left.stride, b, [] {});
    ForVectors<NV>([&](auto v) HWY_ATTR ATTN_TILE {
      Unit::template Store<amx::kSums + static_cast<int>(decltype(v)::value)>(to + v * kDotLanes, BytesOf(p.c_stride));
    });
    if (p.accumulate || p.alpha == 1) continue;
    const auto alpha = hn::Set(d, p.alpha);
    for (std::size_t r = 0; r < HWY_MIN(kUnitRows, first + count - i); ++r, to += p.c_stride)
      for (std::size_t v = 0; v < NV; ++v)
        hn::StoreU(hn::Mul(alpha, hn::LoadU(d, to + v * kDotLanes)), d, to + v * kDotLanes);
  }
}

template <class Unit>
void MultiplyByUnit(const Product<float>& p, const LeftWords& left) {
  ForSetups<Unit>(p.m, left, [&](std::size_t first, std::size_t count) HWY_ATTR {
    const float* b = p.b;
    float* c = p.c;
    for (std::size_t j = 0; j < p.n; j += kDotPanel, b += p.b_panel_stride, c += kDotPanel) {
      switch (HWY_MIN(kTileVectors, (p.n - j + kDotLanes - 1) / kDotLanes)) {
        case 1: UnitPanelProduct<Unit, 1>(p, left, first, count, b, c); break;
        case 2: UnitPanelProduct<Unit, 2>(p, left, first, count, b, c); break;
        case 3: UnitPanelProduct<Unit, 3>(p, left, first, count, b, c); break;
        default: UnitPanelProduct<Unit, kTileVectors>(p, left, first, count, b, c); break;
      }
    }
  });
}

template <class Unit>
HWY_NOINLINE void MultiplyUnit(const Product<float>& p) {
  MultiplyByUnit<Unit>(p, InOnePiece(PairedRows(p.a, p.a_stride, p.m, p.k), (p.k + 1) / 2));
}

template <class Unit>
HWY_NOINLINE void MultiplyValuesUnit(const Product<float>& p) {
  MultiplyByUnit<Unit>(p, {p.a, p.a_stride, (p.k + 1) / 2, kDotPanel / 2, kDotPanel});
}

// ---- weights ------------------------------------------------------------------------------------

// Scores of up to 16 rows on a panel that are still to become weights.
struct UnitScores {
  const float* scores = nullptr;  // (rows, kDotPanel)
  float* weights = nullptr;       // of row `first`
  std::size_t first = 0, rows = 0, done = 0;
};

// The next `count` of its rows, if there are so many.
HWY_INLINE void ExpRows(const ExpProducts<float>& w, UnitScores& from, std::size_t count) {
  const Floats d;
  const std::size_t end = HWY_MIN(from.rows, from.done + count);
  for (; from.done < end; ++from.done) {
    const std::size_t r = from.done, i = from.first + r;
    hn::Vec<Floats> score[kTileVectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kTileVectors; ++v) score[v] = hn::Load(d, from.scores + r * kDotPanel + v * kDotLanes);
    ExpPanel<kTileVectors, AsBf16Pairs>(d, score, w.factor[i], w.shift[i],
                                        from.weights + static_cast<std::ptrdiff_t>(r) * w.stride,
                                        w.sums + i * kDotLanes);
  }
}

// Rows that share a setup against the first `panels` panels of keys. While the unit multiplies, the vector units take
// the exponentials of the scores before.
template <class Unit>
HWY_NOINLINE void ExpPanelsUnit(const ExpProducts<float>& w, const LeftWords& left, std::size_t first,
                                std::size_t count, std::size_t panels) {
  alignas(64) float scores[2][kUnitRows * kDotPanel];
  const std::size_t steps = HWY_MAX(std::size_t{1}, StepsOf(left)), share = (kUnitRows + steps - 1) / steps;
  UnitScores before;
  std::size_t turn = 0;
  for (std::size_t panel = 0; panel < panels; ++panel) {
    for (std::size_t i = first; i < first + count; i += kUnitRows, turn = 1 - turn) {
      float* now = scores[turn];
      ForVectors<kTileVectors>([](auto v)
                                   HWY_ATTR ATTN_TILE { Unit::template Zero<static_cast<int>(decltype(v)::value)>(); });
      SumTiles<Unit, kTileVectors>(left, left.a + static_cast<std::ptrdiff_t>(i) * left.stride,
                                   w.keys + panel * kDotPanel * w.depth,
                                   [&]() HWY_ATTR ATTN_TILE { ExpRows(w, before, share); });
      ForVectors<kTileVectors>([&](auto v) HWY_ATTR ATTN_TILE {
        Unit::template Store<amx::kSums + static_cast<int>(decltype(v)::value)>(now + v * kDotLanes,
                                                                                BytesOf(kDotPanel));
      });
      before = {now, w.weights + static_cast<std::ptrdiff_t>(i) * w.stride + panel * kDotPanel, i,
                HWY_MIN(kUnitRows, first + count - i)};
    }
  }
  ExpRows(w, before, kUnitRows);
}

template <class Unit>
HWY_NOINLINE std::size_t ExpProductsUnit(const ExpProducts<float>& w) {
  const Floats d;
  std::copy_n(w.sums, w.rows * kDotLanes, w.earlier_sums);
  const LeftWords left = InOnePiece(PairedRows(w.query, w.query_stride, w.rows, w.depth), (w.depth + 1) / 2);
  const std::size_t panels = w.n / kDotPanel, done = panels * kDotPanel;
  if (panels != 0)
    ForSetups<Unit>(w.rows, left, [&](std::size_t first, std::size_t count) HWY_ATTR {
      ExpPanelsUnit<Unit>(w, left, first, count, panels);
    });
  if (done < w.n) {
    MultiplyByUnit<Unit>(
        {.b = w.keys + done * w.depth, .c = w.weights + done, .c_stride = w.stride, .m = w.rows, .n = w.n - done},
        left);
    for (std::size_t i = 0; i < w.rows; ++i) {
      float* row = w.weights + static_cast<std::ptrdiff_t>(i) * w.stride + done;
      PadRow(d, row, w.n - done, kDotPanel);
      ExpStoredPanel<AsBf16Pairs>(d, row, w.factor[i], w.shift[i], w.sums + i * kDotLanes);
    }
  }
  return MarkPastLimit(d, w);
}

// ---- the machine's limit ------------------------------------------------------------------------

template <class Unit>
HWY_NOINLINE std::size_t MultiplyAddUnit(std::size_t rounds, float* result) {
  constexpr std::size_t sums = 4, steps = 4;
  alignas(64) float tile[kUnitRows * kUnitWords];
  std::fill_n(tile, kUnitRows * kUnitWords, *result);
  Unit::Configure(amx::setup_for(kUnitRows, 0));
  Unit::template Load<amx::kLeft>(tile, BytesOf(kUnitWords));
  Unit::template Load<amx::kRight>(tile, BytesOf(kUnitWords));
  ForVectors<sums>(
      [](auto v) HWY_ATTR ATTN_TILE { Unit::template Zero<amx::kSums + static_cast<int>(decltype(v)::value)>(); });
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t step = 0; step < steps; ++step)
      ForVectors<sums>([](auto v) HWY_ATTR ATTN_TILE {
        Unit::template MultiplyAdd<amx::kSums + static_cast<int>(decltype(v)::value), amx::kLeft, amx::kRight>();
      });
  Unit::template Store<amx::kSums>(tile, BytesOf(kUnitWords));
  Unit::Release();
  *result = tile[0];
  return 2 * sums * steps * kUnitRows * kDotLanes * 2 * kUnitWords;
}

template <class Unit>
TileKernels<float> AmxKernels(const TileKernels<float>& f32) {
  TileKernels<float> bf16 = KernelsOfPairs(f32);
  bf16.tile_rows = kUnitRows;
  bf16.multiply = MultiplyUnit<Unit>;
  bf16.multiply_values = MultiplyValuesUnit<Unit>;
  bf16.exp_products = ExpProductsUnit<Unit>;
  bf16.multiply_add_rounds = MultiplyAddUnit<Unit>;
  return bf16;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
