// Right factors laid out for the product's tiles: packed, packed transposed, and packed on the way through a product.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_PACKING_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_PACKING_INL_HPP_
#undef ATTN_KERNELS_PACKING_INL_HPP_
#else
#define ATTN_KERNELS_PACKING_INL_HPP_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "kernels/assumptions.hpp"
#include "kernels/constants.hpp"
#include "kernels/inlining.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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
