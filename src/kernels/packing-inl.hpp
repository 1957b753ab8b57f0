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

// Rows at even distances.
template <class T>
struct EvenRows {
  const T* first;
  std::ptrdiff_t stride;
  HWY_INLINE const T* operator()(std::size_t i) const { return first + static_cast<std::ptrdiff_t>(i) * stride; }
};

// The last rows of a matrix, fewer than a vector has lanes: the last of all stands for those that would follow.
template <class T>
class LastRows {
 public:
  LastRows(MatrixView<const T> b, std::size_t first) : first_(b.row(first)) {
    for (std::size_t i = 0; i < kMostLanes; ++i)
      offsets_[i] = static_cast<std::ptrdiff_t>(HWY_MIN(i, b.rows - 1 - first)) * b.row_stride;
  }
  HWY_INLINE const T* operator()(std::size_t i) const { return first_ + offsets_[i]; }

 private:
  const T* first_;
  std::ptrdiff_t offsets_[kMostLanes];
};

#if HWY_TARGET != HWY_SCALAR  // a build's baseline may be that, for which nothing is instantiated
// A vector of 16-byte blocks, those at column k of the rows `first`, `first` + step and so on.
template <class D, class Rows>
HWY_INLINE hn::Vec<D> GatherBlocks(D d, const Rows& rows, std::size_t first, std::size_t step, std::size_t k) {
  constexpr std::size_t blocks = hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) / 16;
  if constexpr (blocks == 1) {
    return hn::LoadU(d, rows(first) + k);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, GatherBlocks(half, rows, first + blocks / 2 * step, step, k),
                       GatherBlocks(half, rows, first, step, k));
  }
}

// 16 bytes of `lanes` rows from column k on, transposed: store(i, vector) for each column i of them. Blocks of 4×4
// floats or 2×2 doubles.
template <class Rows, class Store>
HWY_INLINE void TransposeBlocks(hn::ScalableTag<float> d, const Rows& rows, std::size_t k, const Store& store) {
  const hn::Repartition<double, decltype(d)> pairs;
  const auto row0 = GatherBlocks(d, rows, 0, 4, k), row1 = GatherBlocks(d, rows, 1, 4, k);
  const auto row2 = GatherBlocks(d, rows, 2, 4, k), row3 = GatherBlocks(d, rows, 3, 4, k);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  store(0, hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)));
  store(1, hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)));
  store(2, hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)));
  store(3, hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)));
}

template <class Rows, class Store>
HWY_INLINE void TransposeBlocks(hn::ScalableTag<double> d, const Rows& rows, std::size_t k, const Store& store) {
  const auto row0 = GatherBlocks(d, rows, 0, 2, k), row1 = GatherBlocks(d, rows, 1, 2, k);
  store(0, hn::InterleaveLower(d, row0, row1));
  store(1, hn::InterleaveUpper(d, row0, row1));
}
#endif

// All columns of `lanes` rows: store(k, vector) for each, `before` each 16 bytes of them. Those after the last whole
// 16 bytes are taken with some before them, where there are any.
template <class D, class Rows, class Before, class Store, class T = hn::TFromD<D>>
HWY_INLINE void TransposeRows(D d, const Rows& rows, std::size_t columns, const Before& before, const Store& store) {
  constexpr std::size_t side = 16 / sizeof(T);
  std::size_t k = 0;
  for (; k + side <= columns; k += side) {
    before();
    TransposeBlocks(d, rows, k, [&](std::size_t i, hn::Vec<D> column) HWY_ATTR ATTN_TILE { store(k + i, column); });
  }
  if (k == columns) return;
  if (columns >= side) {
    const std::size_t first = columns - side;
    TransposeBlocks(d, rows, first, [&](std::size_t i, hn::Vec<D> column) HWY_ATTR ATTN_TILE {
      if (first + i >= k) store(first + i, column);
    });
    return;
  }
  HWY_ALIGN T column[kMostLanes];
  for (; k < columns; ++k) {
    for (std::size_t i = 0; i < hn::Lanes(d); ++i) column[i] = rows(i)[k];
    store(k, hn::Load(d, column));
  }
}

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
  const std::size_t lanes = hn::Lanes(d), width = kTileVectors * lanes;
  RowPrefetch<T> ahead(b, lanes);
  const auto fetch = [&]() HWY_ATTR ATTN_TILE { ahead.step(); };
  for (std::size_t j = 0; j < b.rows; j += width, packed += width * b.cols) {
    const std::size_t columns = HWY_MIN(width, b.rows - j);
    HWY_ALIGN T squares[kTileVectors * kMostLanes];
    std::size_t c = 0;
    for (; c + lanes <= columns; c += lanes) {
      auto sum = hn::Zero(d);
      ahead.begin(j + c + 2 * lanes);
      TransposeRows(d, EvenRows<T>{b.row(j + c), b.row_stride}, b.cols, fetch,
                    [&](std::size_t k, hn::Vec<decltype(d)> column) HWY_ATTR ATTN_TILE {
                      hn::StoreU(column, d, packed + k * width + c);
                      sum = hn::MulAdd(column, column, sum);
                    });
      hn::Store(sum, d, squares + c);
    }
    if (c < columns) {
      auto sum = hn::Zero(d);
      const auto present = hn::FirstN(d, columns - c);
      TransposeRows(
          d, LastRows<T>(b, j + c), b.cols, [] {},
          [&](std::size_t k, hn::Vec<decltype(d)> column) HWY_ATTR ATTN_TILE {
            const auto padded = hn::IfThenElseZero(present, column);
            hn::StoreU(padded, d, packed + k * width + c);
            sum = hn::MulAdd(padded, padded, sum);
          });
      hn::Store(sum, d, squares + c);
      c += lanes;
    }
    for (; c < width; c += lanes)
      for (std::size_t k = 0; k < b.cols; ++k) hn::StoreU(hn::Zero(d), d, packed + k * width + c);
    for (c = 0; c < columns; ++c) lengths.add(squares[c]);
  }
  return lengths.length();
}

// Rows of `from` as columns of `to`: whole vectors of each column, and then single rows.
template <class T>
void Transpose(MatrixView<const T> from, T* HWY_RESTRICT to, std::ptrdiff_t to_stride) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t side = 16 / sizeof(T);
  const std::size_t lanes = hn::Lanes(d), vector_rows = from.rows / lanes * lanes, blocks = from.cols / side * side;
  for (std::size_t k = 0; k < blocks; k += side)
    for (std::size_t r = 0; r < vector_rows; r += lanes)
      TransposeBlocks(d, EvenRows<T>{from.row(r), from.row_stride}, k,
                      [&](std::size_t i, hn::Vec<decltype(d)> column) HWY_ATTR ATTN_TILE {
                        hn::StoreU(column, d, to + static_cast<std::ptrdiff_t>(k + i) * to_stride + r);
                      });
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
