// The register tile: products of a few rows with a panel.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_PRODUCT_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_PRODUCT_INL_HPP_
#undef ATTN_KERNELS_PRODUCT_INL_HPP_
#else
#define ATTN_KERNELS_PRODUCT_INL_HPP_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "kernels/assumptions.hpp"
#include "kernels/constants.hpp"
#include "kernels/fetch.hpp"
#include "kernels/inlining.hpp"
#include "kernels/tile.hpp"
#include "kernels/widen-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Six rows by four vectors fill 24 of AVX-512's 32 registers with sums; six by two fill 12 of the 16
// registers of AVX2 and SSE4. Four operands and one broadcast take the rest. NEON has 32, as AVX-512.
constexpr std::size_t kTileRows = 6;
#if HWY_TARGET == HWY_AVX3 || HWY_ARCH_ARM
constexpr std::size_t kTileVectors = 4;
#else
constexpr std::size_t kTileVectors = 2;
#endif

// A vector that several rows are multiplied with is loaded once, into a register. Left alone, a compiler may make it an
// operand in memory of each row's instruction: in two chains that is 30 loads to 24 multiply-adds, where a core does as
// many of each in a cycle.
template <class D>
HWY_INLINE void KeepInRegister(D, hn::Vec<D>& v) {
#if HWY_TARGET == HWY_AVX3
  asm("" : "+v"(v.raw));
#else
  static_cast<void>(v);
#endif
}

// One step of the sums of a tile: sum (M, NV vectors) += a (M)·b (NV vectors).
template <std::size_t M, std::size_t NV, class D, class B, class T = hn::TFromD<D>>
HWY_INLINE void AddProducts(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const B* HWY_RESTRICT b,
                            hn::Vec<D> (&sum)[M][NV]) {
  hn::Vec<D> right[NV];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < NV; ++v) {
    right[v] = LoadWide(d, b + v * hn::Lanes(d));
    if constexpr (M > 1) KeepInRegister(d, right[v]);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
    const auto left = hn::Set(d, a[static_cast<std::ptrdiff_t>(i) * a_stride]);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) sum[i][v] = hn::MulAdd(left, right[v], sum[i][v]);
  }
}

// The sums of a tile: sum (M, NV vectors) += a (M, k)·b (k, NV vectors), from the first k to the last. Unrolling the
// loop gains nothing.
template <std::size_t M, std::size_t NV, class D, class B, class T = hn::TFromD<D>>
HWY_INLINE void SumProducts(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const B* HWY_RESTRICT b,
                            std::ptrdiff_t b_stride, std::size_t depth, hn::Vec<D> (&sum)[M][NV]) {
  for (std::size_t k = 0; k < depth; ++k, ++a, b += b_stride) AddProducts<M, NV>(d, a, a_stride, b, sum);
}

// The same, while rows that are packed later are fetched: `rows` of them, of the width of the tile.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProductsFetching(D d, const Product<T>& p, std::size_t depth, const T* HWY_RESTRICT a,
                                    const T* HWY_RESTRICT b, hn::Vec<D> (&sum)[M][NV], const T* HWY_RESTRICT later,
                                    std::size_t rows) {
  constexpr std::size_t line = kCacheLine / sizeof(T);
  const std::size_t lines = NV * hn::Lanes(d) / line;
  const std::size_t steps = depth / HWY_MAX(rows * lines, 1);  // of the sums, for each line
  std::size_t k = 0;
  for (std::size_t row = 0; row < rows; ++row, later += p.b_next_stride)
    for (std::size_t at = 0; at < lines; ++at) {
      hwy::Prefetch(later + at * line);
      for (const std::size_t end = k + steps; k < end; ++k, ++a, b += p.b_stride)
        AddProducts<M, NV>(d, a, p.a_stride, b, sum);
    }
  SumProducts<M, NV>(d, a, p.a_stride, b, p.b_stride, depth - k, sum);
}

// The same, and b packed. Rows of b lie far apart, which is no order that the machine foresees by itself.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProductsPacking(D d, const Product<T>& p, std::size_t depth, const T* HWY_RESTRICT a,
                                   const T* HWY_RESTRICT b, hn::Vec<D> (&sum)[M][NV], T* HWY_RESTRICT packed) {
  constexpr std::size_t ahead = 8;
  const std::ptrdiff_t a_stride = p.a_stride, b_stride = p.b_stride;
  for (std::size_t k = 0; k < depth; ++k, ++a, b += b_stride, packed += NV * hn::Lanes(d)) {
    const T* HWY_RESTRICT later = k + ahead < depth ? b + static_cast<std::ptrdiff_t>(ahead) * b_stride : b;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) {
      hwy::Prefetch(later + v * hn::Lanes(d));
      hn::StoreU(hn::LoadU(d, b + v * hn::Lanes(d)), d, packed + v * hn::Lanes(d));
    }
    AddProducts<M, NV>(d, a, a_stride, b, sum);
  }
}

// A chain of a product: its products [k, k + steps).
struct Chain {
  std::size_t k, steps;
  bool first, last;
};

// Calls visit(chain) for the chains of a product from first to last; for one of no products too.
template <class T, class Visit>
HWY_INLINE void ForChains(const Product<T>& p, Visit&& visit) {
  std::size_t k = 0, end = HWY_MIN(p.chain - p.chain_begin, p.k);
  visit(Chain{0, end, true, end == p.k});
  while (end != p.k) {
    k = end;
    end = k + HWY_MIN(p.chain, p.k - k);
    visit(Chain{k, end - k, false, end == p.k});
  }
}

template <std::size_t M, std::size_t NV, class D>
HWY_INLINE void SetZero(D d, hn::Vec<D> (&sum)[M][NV]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) sum[i][v] = hn::Zero(d);
  }
}

template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void AddStored(D d, const T* c, std::ptrdiff_t stride, hn::Vec<D> (&sum)[M][NV]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v)
      sum[i][v] = hn::Add(hn::LoadU(d, c + static_cast<std::ptrdiff_t>(i) * stride + v * hn::Lanes(d)), sum[i][v]);
  }
}

template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void ScaleSums(D d, T alpha, hn::Vec<D> (&sum)[M][NV]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) sum[i][v] = hn::Mul(hn::Set(d, alpha), sum[i][v]);
  }
}

template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreSums(D d, const hn::Vec<D> (&sum)[M][NV], T* c, std::ptrdiff_t stride) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v)
      hn::StoreU(sum[i][v], d, c + static_cast<std::ptrdiff_t>(i) * stride + v * hn::Lanes(d));
  }
}

// The sums of a tile in two chains, of even and of odd k: half as many rows take as many registers.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProductsInTwo(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const T* HWY_RESTRICT b,
                                 std::ptrdiff_t b_stride, std::size_t depth, hn::Vec<D> (&sum)[M][NV]) {
  hn::Vec<D> odd[M][NV];
  SetZero<M, NV>(d, sum);
  SetZero<M, NV>(d, odd);
  std::size_t k = 0;
  for (; k + 2 <= depth; k += 2, a += 2, b += 2 * b_stride) {
    AddProducts<M, NV>(d, a, a_stride, b, sum);
    AddProducts<M, NV>(d, a + 1, a_stride, b + b_stride, odd);
  }
  if (k < depth) AddProducts<M, NV>(d, a, a_stride, b, sum);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) sum[i][v] = hn::Add(sum[i][v], odd[i][v]);
  }
}

// c (M, NV vectors) = alpha·a·b, in two chains.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void TileInTwo(D d, const Product<T>& p, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                          T* HWY_RESTRICT c) {
  hn::Vec<D> sum[M][NV];
  SumProductsInTwo<M, NV>(d, a, p.a_stride, b, p.b_stride, p.k, sum);
  ScaleSums<M, NV>(d, p.alpha, sum);
  StoreSums<M, NV>(d, sum, c, p.c_stride);
}

// c (M, NV vectors) = what one chain adds to it.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreChain(D d, const Product<T>& p, const Chain& chain, hn::Vec<D> (&sum)[M][NV], T* c) {
  if (p.accumulate || !chain.first) AddStored<M, NV>(d, c, p.c_stride, sum);
  if (chain.last && p.alpha != T(1)) ScaleSums<M, NV>(d, p.alpha, sum);
  StoreSums<M, NV>(d, sum, c, p.c_stride);
}

// c (M, NV vectors) = alpha·a·b, or c + a·b: what one chain adds to it. The sums stay in registers. With `packed`, b is
// packed too. a, b and `packed` are those of the whole product.
template <std::size_t M, std::size_t NV, bool Packs = false, bool Fetches = false, class D, class T = hn::TFromD<D>>
HWY_INLINE void Tile(D d, const Product<T>& p, const Chain& chain, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                     T* HWY_RESTRICT c, [[maybe_unused]] T* HWY_RESTRICT packed = nullptr,
                     [[maybe_unused]] const T* HWY_RESTRICT later = nullptr,
                     [[maybe_unused]] std::size_t later_rows = 0) {
  hn::Vec<D> sum[M][NV];
  SetZero<M, NV>(d, sum);
  a += chain.k;
  b += static_cast<std::ptrdiff_t>(chain.k) * p.b_stride;
  if constexpr (Packs) {
    SumProductsPacking<M, NV>(d, p, chain.steps, a, b, sum, packed + chain.k * NV * hn::Lanes(d));
  } else if constexpr (Fetches) {
    SumProductsFetching<M, NV>(d, p, chain.steps, a, b, sum, later, later_rows);
  } else {
    SumProducts<M, NV>(d, a, p.a_stride, b, p.b_stride, chain.steps, sum);
  }
  StoreChain<M, NV>(d, p, chain, sum, c);
}

// The same with b in place, of elements that may be narrower. If it `fetches`, later rows come meanwhile.
template <std::size_t M, std::size_t NV, class D, class B, class T = hn::TFromD<D>>
HWY_INLINE void RowTile(D d, const Product<T>& p, const Chain& chain, const T* a, const B* b, T* c, bool fetches) {
  hn::Vec<D> sum[M][NV];
  SetZero<M, NV>(d, sum);
  const B* HWY_RESTRICT row = b + static_cast<std::ptrdiff_t>(chain.k) * p.b_stride;
  a += chain.k;
  if (fetches) {
    for (std::size_t k = 0; k < chain.steps; ++k, ++a, row += p.b_stride) {
      fetch_later_row(row, NV * hn::Lanes(d), p.b_stride);
      AddProducts<M, NV>(d, a, p.a_stride, row, sum);
    }
  } else {
    SumProducts<M, NV>(d, a, p.a_stride, row, p.b_stride, chain.steps, sum);
  }
  StoreChain<M, NV>(d, p, chain, sum, c);
}

constexpr std::size_t kNarrowTileRows = 8;

// Calls tile(rows, i) for the rows i … m-1 in groups of Most, and a smaller one at the end.
template <std::size_t Most, class Tiles>
HWY_INLINE void ForRowGroups(std::size_t m, Tiles&& tile, std::size_t i = 0) {
  for (; i + Most <= m; i += Most) tile(Count<Most>(), i);
  const auto rest = [&](auto rows) HWY_ATTR ATTN_TILE {
    if constexpr (decltype(rows)::value < Most)
      if (m - i == decltype(rows)::value) tile(rows, i);
  };
  static_assert(Most <= 6);
  rest(Count<1>());
  rest(Count<2>());
  rest(Count<3>());
  rest(Count<4>());
  rest(Count<5>());
}

// All rows of a against one panel of NV vectors, in two chains. A function of its own: within the next one, registers
// for the addresses of its rows would be too few.
template <std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void PanelProductInTwo(D d, const Product<T>& p, const T* b, T* c) {
  ForRowGroups<kTileRows / 2>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    TileInTwo<decltype(rows)::value, NV>(d, p, p.a + row * p.a_stride, b, c + row * p.c_stride);
  });
}

// All rows of a against one panel of NV vectors.
template <std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void PanelProduct(D d, const Product<T>& p, const T* b, T* c) {
  if (p.in_two) return PanelProductInTwo<NV>(d, p, b, c);
  const auto tile = [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    if (p.ahead != nullptr) p.ahead->step();
    ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
      Tile<decltype(rows)::value, NV>(d, p, chain, p.a + row * p.a_stride, b, c + row * p.c_stride);
    });
  };
  std::size_t done = 0;
  // One vector of so many rows would be fewer sums than multiply-adds that are under way.
  if constexpr (NV == 1)
    for (; done + kNarrowTileRows <= p.m; done += kNarrowTileRows) tile(Count<kNarrowTileRows>(), done);
  ForRowGroups<kTileRows>(p.m, tile, done);
}

// The same, while each group of rows fetches its share of the rows that are packed later.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void FetchingPanelProduct(D d, const Product<T>& p, const T* b, T* c) {
  ForRowGroups<kTileRows>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    constexpr std::size_t group = decltype(rows)::value;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    const std::size_t first = i * p.b_next_rows / p.m, rows_here = (i + group) * p.b_next_rows / p.m - first;
    ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
      const std::size_t begin = chain.k * rows_here / p.k, end = (chain.k + chain.steps) * rows_here / p.k;
      Tile<group, kTileVectors, false, true>(
          d, p, chain, p.a + row * p.a_stride, b, c + row * p.c_stride, static_cast<T*>(nullptr),
          p.b_next + static_cast<std::ptrdiff_t>(first + begin) * p.b_next_stride, end - begin);
    });
  });
}

// Few rows by a right factor in place, whose rows are longer than a panel: in wider tiles, so that they are read whole,
// in the order of their addresses. Returns how many columns are done.
template <class T>
HWY_NOINLINE std::size_t MultiplyWide(const Product<T>& p) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t rows_a_tile = kTileVectors == 4 ? 2 : 1, vectors = 8;
  const std::size_t width = vectors * hn::Lanes(d), whole = p.n / width * width;
  ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
    for (std::size_t j = 0; j < whole; j += width)
      ForRowGroups<rows_a_tile>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
        const T* a = p.a + row * p.a_stride;
        T* c = p.c + row * p.c_stride + j;
        if (i == 0 && p.m >= kRowsWorthFetching) {
          RowTile<decltype(rows)::value, vectors>(d, p, chain, a, p.b + j, c, true);
        } else {
          Tile<decltype(rows)::value, vectors>(d, p, chain, a, p.b + j, c);
        }
      });
  });
  return whole;
}

// A panel stays in the first-level cache while all rows of a pass over it.
template <class T>
void Multiply(const Product<T>& p) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t width = kTileVectors * lanes;
  const bool wide = p.m < kTileRows && !p.in_two && p.b_panel_stride == static_cast<std::ptrdiff_t>(width);
  const std::size_t done = wide ? MultiplyWide(p) : 0;
  const T* b = p.b + done;
  T* c = p.c + done;
  for (std::size_t j = done; j < p.n; j += width, b += p.b_panel_stride, c += width) {
    const std::size_t vectors = p.n - j >= width ? kTileVectors : (p.n - j + lanes - 1) / lanes;
    if (p.b_next_rows != 0 && vectors == kTileVectors) {
      FetchingPanelProduct(d, p, b, c);
      continue;
    }
    switch (vectors) {
      case 1: PanelProduct<1>(d, p, b, c); break;
      case 2: PanelProduct<2>(d, p, b, c); break;
      case 3: PanelProduct<HWY_MIN(3, kTileVectors)>(d, p, b, c); break;
      default: PanelProduct<kTileVectors>(d, p, b, c); break;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
