// The tile kernels' interface: the three steps of attention on one block, without a word of SIMD.
//
//     scores  = scale · Q·Kᵀ          multiply (K packed by pack_transposed)
//     weights = softmax(scores)       softmax_step (online, a key block at a time) or softmax_rows
//     output  = weights·V             multiply (V in place, or packed by pack)
//
// The same register tile serves both products and the projections of multi-head attention: a few rows
// of the left factor, broadcast one element at a time, times a panel of the right factor whose rows are
// a few vectors wide. The sum over k runs from first to last for every element of the product, so the
// result of a row does not depend on the rows that share its tile.
#pragma once

#include <cstddef>

#include "attn/view.hpp"

namespace attn {

/// c (m, n) = alpha · a (m, k) · B (k, n), or with `row_factor`: c = row_factor ∘ c + a·B.
/// Rows of c are written in whole vectors: up to n rounded up to `lanes`.
template <class T>
struct Product {
  const T* a = nullptr;
  std::ptrdiff_t a_stride = 0;  ///< between rows of a
  const T* b = nullptr;
  std::ptrdiff_t b_stride = 0;        ///< between rows of B within a panel
  std::ptrdiff_t b_panel_stride = 0;  ///< between panels of `panel` columns
  T* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  std::size_t m = 0, n = 0, k = 0;
  T alpha = 1;
  const T* row_factor = nullptr;  ///< (m), or null to overwrite c
};

/// One step of the online softmax (Milakov & Gimelshein 2018, arXiv:1805.02867) on a block of scores.
/// In place: scores (rows, n) become exp(score − peak).
template <class T>
struct SoftmaxStep {
  T* scores = nullptr;
  std::ptrdiff_t stride = 0;  ///< between rows; at least n rounded up to `panel`: what is past n is overwritten
  std::size_t rows = 0, n = 0;
  T* peak = nullptr;    ///< (rows) in and out: the greatest score so far; −inf before the first key
  T* sum = nullptr;     ///< (rows) in and out: Σ exp(score − peak) so far
  T* factor = nullptr;  ///< (rows) out: what earlier sums and outputs are to be multiplied by
};

/// Softmax of whole rows, in place: scores (rows, n) become weights. Every weight is exact to a few units in
/// the last place, subnormal ones included; a score of −inf gives exactly 0.
template <class T>
struct SoftmaxRows {
  T* scores = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 0, n = 0;
  const T* sink = nullptr;  ///< (rows): a logit that joins the sum and has no column; null for none
  T* peak = nullptr;        ///< (rows) out: the greatest score, −inf if there is none
  T* sum = nullptr;         ///< (rows) out: Σ exp(score − peak), the sink included; 0 for an empty row
};

/// The kernels of one instruction set for element type T.
template <class T>
struct TileKernels {
  std::size_t lanes = 0;      ///< elements a vector; right factors in place have a multiple of it as columns
  std::size_t panel = 0;      ///< columns of a packed panel
  std::size_t tile_rows = 0;  ///< rows of the register tile; blocks of a multiple of it waste nothing

  /// b (n, k) → panels [⌈n/panel⌉][k][panel] of bᵀ, padded with zeros.
  void (*pack_transposed)(MatrixView<const T> b, T* packed) = nullptr;
  /// b (k, n) → panels [⌈n/panel⌉][k][panel] of b, padded with zeros.
  void (*pack)(MatrixView<const T> b, T* packed) = nullptr;
  void (*multiply)(const Product<T>& product) = nullptr;
  void (*softmax_step)(const SoftmaxStep<T>& step) = nullptr;
  void (*softmax_rows)(const SoftmaxRows<T>& rows) = nullptr;

  // What the machine can do at best, for `attn bench`: results are of no use but must not be thrown away.
  /// Does `rounds` rounds of independent multiply-adds in registers; returns the operations of one round.
  std::size_t (*multiply_add_rounds)(std::size_t rounds, T* result) = nullptr;
  /// The sum of n elements: reads them as fast as vectors can.
  T (*sum)(const T* values, std::size_t n) = nullptr;
};

}  // namespace attn
