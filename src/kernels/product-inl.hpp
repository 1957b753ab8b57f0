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
#include "kernels/inlining.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Six rows by four vectors fill 24 of AVX-512's 32 registers with sums; six by two fill 12 of the 16
// registers of AVX2 and SSE4. Four operands and one broadcast take the rest.
constexpr std::size_t kTileRows = 6;
#if HWY_TARGET == HWY_AVX3
constexpr std::size_t kTileVectors = 4;
#else
constexpr std::size_t kTileVectors = 2;
#endif

// One step of the sums of a tile: sum (M, NV vectors) += a (M)·b (NV vectors).
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void AddProducts(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const T* HWY_RESTRICT b,
                            hn::Vec<D> (&sum)[M][NV]) {
  hn::Vec<D> right[NV];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < NV; ++v) right[v] = hn::LoadU(d, b + v * hn::Lanes(d));
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
    const auto left = hn::Set(d, a[static_cast<std::ptrdiff_t>(i) * a_stride]);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) sum[i][v] = hn::MulAdd(left, right[v], sum[i][v]);
  }
}

// The sums of a tile: sum (M, NV vectors) += a (M, k)·b (k, NV vectors), from the first k to the last. Unrolling the
// loop gains nothing.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProducts(D d, const T* HWY_RESTRICT a, std::ptrdiff_t a_stride, const T* HWY_RESTRICT b,
                            std::ptrdiff_t b_stride, std::size_t depth, hn::Vec<D> (&sum)[M][NV]) {
  for (std::size_t k = 0; k < depth; ++k, ++a, b += b_stride) AddProducts<M, NV>(d, a, a_stride, b, sum);
}

// The same, while rows that are packed later are fetched: `rows` of them, of the width of the tile.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProductsFetching(D d, const Product<T>& p, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                                    hn::Vec<D> (&sum)[M][NV], const T* HWY_RESTRICT later, std::size_t rows) {
  constexpr std::size_t line = kCacheLine / sizeof(T);
  const std::size_t lines = NV * hn::Lanes(d) / line;
  const std::size_t steps = p.k / HWY_MAX(rows * lines, 1);  // of the sums, for each line
  std::size_t k = 0;
  for (std::size_t row = 0; row < rows; ++row, later += p.b_next_stride)
    for (std::size_t at = 0; at < lines; ++at) {
      hwy::Prefetch(later + at * line);
      for (const std::size_t end = k + steps; k < end; ++k, ++a, b += p.b_stride)
        AddProducts<M, NV>(d, a, p.a_stride, b, sum);
    }
  SumProducts<M, NV>(d, a, p.a_stride, b, p.b_stride, p.k - k, sum);
}

// The same, and b packed. Rows of b lie far apart, which is no order that the machine foresees by itself.
template <std::size_t M, std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumProductsPacking(D d, const Product<T>& p, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                                   hn::Vec<D> (&sum)[M][NV], T* HWY_RESTRICT packed) {
  constexpr std::size_t ahead = 8;
  const std::ptrdiff_t a_stride = p.a_stride, b_stride = p.b_stride;
  const std::size_t depth = p.k;
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

// c (M, NV vectors) = alpha·a·b, or c + a·b. The sums stay in registers for all of k. With `packed`, b is packed too.
template <std::size_t M, std::size_t NV, bool Packs = false, bool Fetches = false, class D, class T = hn::TFromD<D>>
HWY_INLINE void Tile(D d, const Product<T>& p, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T* HWY_RESTRICT c,
                     [[maybe_unused]] T* HWY_RESTRICT packed = nullptr,
                     [[maybe_unused]] const T* HWY_RESTRICT later = nullptr,
                     [[maybe_unused]] std::size_t later_rows = 0) {
  const std::size_t lanes = hn::Lanes(d);
  const auto at = [&](std::size_t i, std::size_t v)
                      HWY_ATTR { return c + static_cast<std::ptrdiff_t>(i) * p.c_stride + v * lanes; };
  hn::Vec<D> sum[M][NV];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) {
      sum[i][v] = hn::Zero(d);
      if (p.accumulate) sum[i][v] = hn::LoadU(d, at(i, v));
    }
  }
  if constexpr (Packs) {
    SumProductsPacking<M, NV>(d, p, a, b, sum, packed);
  } else if constexpr (Fetches) {
    SumProductsFetching<M, NV>(d, p, a, b, sum, later, later_rows);
  } else {
    SumProducts<M, NV>(d, a, p.a_stride, b, p.b_stride, p.k, sum);
  }
  const auto alpha = hn::Set(d, p.alpha);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < NV; ++v) hn::StoreU(p.accumulate ? sum[i][v] : hn::Mul(alpha, sum[i][v]), d, at(i, v));
  }
}

// Calls tile(rows, i) for the rows 0 … m-1 in groups of kTileRows, and a smaller one at the end.
template <class Tiles>
HWY_INLINE void ForRowGroups(std::size_t m, Tiles&& tile) {
  std::size_t i = 0;
  for (; i + kTileRows <= m; i += kTileRows) tile(Count<kTileRows>(), i);
  switch (m - i) {
    case 1: tile(Count<1>(), i); break;
    case 2: tile(Count<2>(), i); break;
    case 3: tile(Count<3>(), i); break;
    case 4: tile(Count<4>(), i); break;
    case 5: tile(Count<5>(), i); break;
    default: break;
  }
}

// All rows of a against one panel of NV vectors.
template <std::size_t NV, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void PanelProduct(D d, const Product<T>& p, const T* b, T* c) {
  ForRowGroups(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    Tile<decltype(rows)::value, NV>(d, p, p.a + row * p.a_stride, b, c + row * p.c_stride);
  });
}

// The same, while each group of rows fetches its share of the rows that are packed later.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void FetchingPanelProduct(D d, const Product<T>& p, const T* b, T* c) {
  ForRowGroups(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    constexpr std::size_t group = decltype(rows)::value;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    const std::size_t begin = i * p.b_next_rows / p.m, end = (i + group) * p.b_next_rows / p.m;
    Tile<group, kTileVectors, false, true>(
        d, p, p.a + row * p.a_stride, b, c + row * p.c_stride, static_cast<T*>(nullptr),
        p.b_next + static_cast<std::ptrdiff_t>(begin) * p.b_next_stride, end - begin);
  });
}

// A panel stays in the first-level cache while all rows of a pass over it.
template <class T>
void Multiply(const Product<T>& p) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t width = kTileVectors * lanes;
  const T* b = p.b;
  T* c = p.c;
  for (std::size_t j = 0; j < p.n; j += width, b += p.b_panel_stride, c += width) {
    const std::size_t vectors = p.n - j >= width ? kTileVectors : (p.n - j + lanes - 1) / lanes;
    if (p.b_next_rows != 0 && vectors == kTileVectors) {
      FetchingPanelProduct(d, p, b, c);
      continue;
    }
    switch (vectors) {
      case 1: PanelProduct<1>(d, p, b, c); break;
#if HWY_TARGET == HWY_AVX3
      case 2: PanelProduct<2>(d, p, b, c); break;
      case 3: PanelProduct<3>(d, p, b, c); break;
#endif
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

// Asks for a share of `count` rows from row `first` on: all of them once k has gone through all columns in steps of 16
// bytes. So many rows at a time, a little of each, is no order that the machine foresees by itself.
template <class T>
HWY_INLINE void PrefetchRows(MatrixView<const T> b, std::size_t first, std::size_t count, std::size_t k) {
  constexpr std::size_t line = kCacheLine / sizeof(T), steps = 4;
  if (first + count > b.rows) return;
  const std::size_t column = k / line * line, step = k % line * steps / line;
  for (std::size_t r = step * count / steps; r < (step + 1) * count / steps; ++r)
    hwy::Prefetch(b.row(first + r) + column);
}

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
  for (std::size_t j = 0; j < b.rows; j += width, packed += width * b.cols) {
    const std::size_t columns = HWY_MIN(width, b.rows - j);
    const std::size_t vector_columns = columns / lanes * lanes, block_depth = b.cols / side * side;
    T squares[kTileVectors * HWY_MAX_BYTES / sizeof(T)] = {};
    for (std::size_t c = 0; c < vector_columns; c += lanes) {
      auto sum = hn::Zero(d);
      for (std::size_t k = 0; k < block_depth; k += side) {
        PrefetchRows(b, j + c + 2 * lanes, lanes, k);
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
  Tile<kTileRows, kTileVectors, true>(d, p, p.a, b, c, packed);
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
