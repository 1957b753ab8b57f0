// The register tile: products of a few rows with a panel, and the packing that feeds it.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_PRODUCT_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_PRODUCT_INL_HPP_
#undef ATTN_KERNELS_PRODUCT_INL_HPP_
#else
#define ATTN_KERNELS_PRODUCT_INL_HPP_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>

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

// One step of the sums of a tile: sum (M, NV vectors) += a (M)·b (NV vectors).
template <std::size_t M, std::size_t NV, class D, class B, class T = hn::TFromD<D>>
HWY_INLINE void AddProducts(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const B* HWY_RESTRICT b,
                            hn::Vec<D> (&sum)[M][NV]) {
  hn::Vec<D> right[NV];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < NV; ++v) right[v] = LoadWide(d, b + v * hn::Lanes(d));
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
  if (p.accumulate || !chain.first) AddStored<M, NV>(d, c, p.c_stride, sum);
  if (chain.last && p.alpha != T(1)) ScaleSums<M, NV>(d, p.alpha, sum);
  StoreSums<M, NV>(d, sum, c, p.c_stride);
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
  if (p.accumulate || !chain.first) AddStored<M, NV>(d, c, p.c_stride, sum);
  if (chain.last && p.alpha != T(1)) ScaleSums<M, NV>(d, p.alpha, sum);
  StoreSums<M, NV>(d, sum, c, p.c_stride);
}

// Calls tile(rows, i) for the rows 0 … m-1 in groups of Most, and a smaller one at the end.
template <std::size_t Most, class Tiles>
HWY_INLINE void ForRowGroups(std::size_t m, Tiles&& tile) {
  std::size_t i = 0;
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

// All rows of a against one panel of NV vectors.
template <std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void PanelProduct(D d, const Product<T>& p, const T* b, T* c) {
  if (p.in_two) {
    ForRowGroups<kTileRows / 2>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
      TileInTwo<decltype(rows)::value, NV>(d, p, p.a + row * p.a_stride, b, c + row * p.c_stride);
    });
    return;
  }
  ForRowGroups<kTileRows>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
      Tile<decltype(rows)::value, NV>(d, p, chain, p.a + row * p.a_stride, b, c + row * p.c_stride);
    });
  });
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

#if HWY_TARGET != HWY_SCALAR  // a build's baseline may be that, for which nothing is instantiated
// A vector of 16-byte blocks, one of each row: `from` + block · stride.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> GatherBlocks(D d, const T* HWY_RESTRICT from, std::ptrdiff_t stride) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) == 16) {
    static_cast<void>(stride);
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    constexpr std::ptrdiff_t blocks = hn::MaxLanes(D()) * sizeof(T) / 32;
    return hn::Combine(d, GatherBlocks(half, from + blocks * stride, stride), GatherBlocks(half, from, stride));
  }
}

// Stores a vector of columns, and adds its squares to those of its rows.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreColumn(D d, hn::Vec<D> column, T* HWY_RESTRICT to, hn::Vec<D>& squares) {
  hn::StoreU(column, d, to);
  squares = hn::MulAdd(column, column, squares);
}

// `lanes` rows of 16 bytes, transposed: as many columns of a vector each. Blocks of 4×4 floats or 2×2 doubles.
HWY_INLINE void TransposeBlocks(hn::ScalableTag<float> d, const float* HWY_RESTRICT from, std::ptrdiff_t stride,
                                float* HWY_RESTRICT to, std::size_t to_stride,
                                hn::Vec<hn::ScalableTag<float>>& squares) {
  const hn::Repartition<double, decltype(d)> pairs;
  const auto row0 = GatherBlocks(d, from, 4 * stride), row1 = GatherBlocks(d, from + stride, 4 * stride);
  const auto row2 = GatherBlocks(d, from + 2 * stride, 4 * stride),
             row3 = GatherBlocks(d, from + 3 * stride, 4 * stride);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  StoreColumn(d, hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), to, squares);
  StoreColumn(d, hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), to + to_stride, squares);
  StoreColumn(d, hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), to + 2 * to_stride, squares);
  StoreColumn(d, hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), to + 3 * to_stride, squares);
}

HWY_INLINE void TransposeBlocks(hn::ScalableTag<double> d, const double* HWY_RESTRICT from, std::ptrdiff_t stride,
                                double* HWY_RESTRICT to, std::size_t to_stride,
                                hn::Vec<hn::ScalableTag<double>>& squares) {
  const auto row0 = GatherBlocks(d, from, 2 * stride), row1 = GatherBlocks(d, from + stride, 2 * stride);
  StoreColumn(d, hn::InterleaveLower(d, row0, row1), to, squares);
  StoreColumn(d, hn::InterleaveUpper(d, row0, row1), to + to_stride, squares);
}
#endif

// Asks for rows that are packed later, a share with each step over 16 bytes of those before them. In the order of their
// addresses, from which the machine foresees what follows: it can wait for more lines at a time than a program can ask
// for.
template <class T>
class RowPrefetch {
 public:
  // `count` rows at a time.
  RowPrefetch(MatrixView<const T> b, std::size_t count)
      : b_(b),
        rows_(count),
        lines_((b.cols + line - 1) / line),
        share_((count * lines_ + steps(b.cols) - 1) / steps(b.cols)) {}

  void begin(std::size_t first) {
    row_ = first;
    left_ = first + rows_ > b_.rows ? 0 : rows_ * lines_;
    column_ = 0;
  }
  void step() {
    for (std::size_t i = HWY_MIN(left_, share_); i > 0; --i, --left_) {
      hwy::Prefetch(b_.row(row_) + column_ * line);
      if (++column_ < lines_) continue;
      column_ = 0;
      ++row_;
    }
  }

 private:
  static constexpr std::size_t line = kCacheLine / sizeof(T);
  static std::size_t steps(std::size_t columns) { return HWY_MAX(columns * sizeof(T) / 16, 1); }
  MatrixView<const T> b_;
  std::size_t rows_, lines_, share_;
  std::size_t row_ = 0, column_ = 0, left_ = 0;  // where it is, and the lines that are left
};

// The greatest of some squared lengths, and whether all are finite.
template <class T>
struct GreatestSquare {
  T greatest = 0, total = 0;
  void add(T square) {
    greatest = HWY_MAX(greatest, square);
    total += square;  // NaN and infinity stay in it
  }
  T length() const { return total <= std::numeric_limits<T>::max() ? std::sqrt(greatest) : kInfinity<T>; }
};

template <class T>
T PackTransposed(MatrixView<const T> b, T* HWY_RESTRICT packed) {
  const hn::ScalableTag<T> d;
  GreatestSquare<T> lengths;
  constexpr std::size_t side = 16 / sizeof(T);
  const std::size_t lanes = hn::Lanes(d), width = kTileVectors * lanes;
  RowPrefetch<T> ahead(b, lanes);
  for (std::size_t j = 0; j < b.rows; j += width, packed += width * b.cols) {
    const std::size_t columns = HWY_MIN(width, b.rows - j);
    const std::size_t vector_columns = columns / lanes * lanes, block_depth = b.cols / side * side;
    T squares[kTileVectors * HWY_MAX_BYTES / sizeof(T)] = {};
    for (std::size_t c = 0; c < vector_columns; c += lanes) {
      auto sum = hn::Zero(d);
      ahead.begin(j + c + 2 * lanes);
      for (std::size_t k = 0; k < block_depth; k += side) {
        ahead.step();
        TransposeBlocks(d, b.row(j + c) + k, b.row_stride, packed + k * width + c, width, sum);
      }
      hn::StoreU(sum, d, squares + c);
    }
    // What is left: the last rows and columns, and the padding.
    for (std::size_t k = 0; k < b.cols; ++k) {
      for (std::size_t c = k < block_depth ? vector_columns : 0; c < columns; ++c) {
        const T x = b.row(j + c)[k];
        packed[k * width + c] = x;
        squares[c] += x * x;
      }
      for (std::size_t c = columns; c < width; ++c) packed[k * width + c] = T(0);
    }
    for (std::size_t c = 0; c < columns; ++c) lengths.add(squares[c]);
  }
  return lengths.length();
}

// Rows of `from` as columns of `to`: a few whole vectors of each column at a time.
template <class T>
void Transpose(MatrixView<const T> from, T* HWY_RESTRICT to, std::ptrdiff_t to_stride) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t side = 16 / sizeof(T);
  const std::size_t lanes = hn::Lanes(d), vector_rows = from.rows / lanes * lanes, blocks = from.cols / side * side;
  auto unused = hn::Zero(d);
  for (std::size_t k = 0; k < blocks; k += side)
    for (std::size_t r = 0; r < vector_rows; r += lanes)
      TransposeBlocks(d, from.row(r) + k, from.row_stride, to + static_cast<std::ptrdiff_t>(k) * to_stride + r,
                      static_cast<std::size_t>(to_stride), unused);
  for (std::size_t k = 0; k < from.cols; ++k, to += to_stride)
    for (std::size_t r = k < blocks ? vector_rows : 0; r < from.rows; ++r) to[r] = from.row(r)[k];
}

template <class T>
void Pack(MatrixView<const T> b, T* HWY_RESTRICT packed) {
  const hn::ScalableTag<T> d;
  const std::size_t width = kTileVectors * hn::Lanes(d);
  for (std::size_t j = 0; j < b.cols; j += width) {
    const std::size_t columns = HWY_MIN(width, b.cols - j);
    for (std::size_t k = 0; k < b.rows; ++k, packed += width) {
      const T* HWY_RESTRICT row = b.row(k) + j;
      if (columns == width) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < kTileVectors; ++v)
          hn::StoreU(hn::LoadU(d, row + v * hn::Lanes(d)), d, packed + v * hn::Lanes(d));
        continue;
      }
      for (std::size_t c = 0; c < columns; ++c) packed[c] = row[c];
      for (std::size_t c = columns; c < width; ++c) packed[c] = T(0);
    }
  }
}

// The first rows against a whole panel in place, which they pack.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void PackingPanelProduct(D d, const Product<T>& p, const T* b, T* packed, T* c) {
  ForChains(p, [&](const Chain& chain)
                   HWY_ATTR ATTN_TILE { Tile<kTileRows, kTileVectors, true>(d, p, chain, p.a, b, c, packed); });
}

template <class T>
void MultiplyAndPack(const Product<T>& p, T* HWY_RESTRICT packed) {
  const hn::ScalableTag<T> d;
  const std::size_t width = kTileVectors * hn::Lanes(d);
  const std::size_t whole = p.m < kTileRows ? 0 : p.n / width * width;
  Product<T> rest = p;  // what packed panels are left for
  rest.b_stride = static_cast<std::ptrdiff_t>(width);
  rest.b_panel_stride = static_cast<std::ptrdiff_t>(width * p.k);
  rest.n = width;
  if (whole != 0) {
    rest.a = p.a + static_cast<std::ptrdiff_t>(kTileRows) * p.a_stride;
    rest.m = p.m - kTileRows;
  }
  for (std::size_t j = 0; j < whole; j += width, packed += width * p.k) {
    PackingPanelProduct(d, p, p.b + j, packed, p.c + j);
    rest.b = packed;
    rest.c = p.c + static_cast<std::ptrdiff_t>(kTileRows) * p.c_stride + j;
    Multiply(rest);
  }
  if (whole == p.n) return;
  Pack<T>({p.b + whole, p.k, p.n - whole, p.b_stride}, packed);
  rest.a = p.a;
  rest.m = p.m;
  rest.n = p.n - whole;
  rest.b = packed;
  rest.c = p.c + whole;
  Multiply(rest);
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
