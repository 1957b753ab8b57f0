// The tile kernels' interface: the three steps of attention on one block, without a word of SIMD.
//
//     scores  = scale · Q·Kᵀ          multiply (K packed by pack_transposed)
//     weights = softmax(scores)       exp_products, exp_scores (online, a key block at a time) or softmax_rows
//     output  = weights·V             multiply_values (V in place, or packed by pack)
//
// The same register tile serves both products and the projections of multi-head attention: a few rows
// of the left factor, broadcast one element at a time, times a panel of the right factor whose rows are
// a few vectors wide. The sum over k is taken in chains that begin at fixed places, each from 0, and chains are added
// from first to last: the result of a row does not depend on the rows that share its tile, nor on where a product is
// cut in two, if that is between chains. The error of a chain of n products grows with n, that of a sum of chains with
// √n of their number: with chains the error at 4096 keys is a quarter of what it was with one.
//
// The online softmax (Milakov & Gimelshein 2018, arXiv:1805.02867) subtracts a running maximum from the scores of a
// row. Here it lags: it is the greatest score of the first keys, and later scores may pass it by 32 (in base 2) before
// it moves. While it stays, no earlier sum is rescaled, and scores go from the register tile through the exponential
// without a look at their maximum, which is what makes them cheap. For most rows it is simply 0: where the lengths of a
// query and of all keys say that no score is far from 0 (|q·k| ≤ |q|·|k|), weights are powers of two of the scores as
// they are. Until the end of a row its weights are not divided by their sum.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "attn/view.hpp"
#include "kernels/activation.hpp"
#include "kernels/constants.hpp"
#include "kernels/rows_ahead.hpp"

namespace attn {

/// Products that are summed one after another, of queries with keys, weights with values, inputs with projections.
inline constexpr std::size_t kScoreChain = 64, kLinearChain = 256;
/// The end of a chain costs less beside narrow values, and more of their error is that of few strong keys.
constexpr std::size_t value_chain(std::size_t width) { return width <= 32 ? 32 : width <= 64 ? 64 : 128; }
/// Whether a score is the sum of two chains, of even and of odd elements, rather than of chains of kScoreChain. The
/// greatest scores decide what a row is, and their error is that of the last, greatest sums of a chain. Two chains at a
/// time read each key twice as often from the first-level cache, where panels of deeper keys find no room.
constexpr bool is_in_two(std::size_t depth) { return depth <= kScoreChain; }

/// c (m, n) = alpha · a (m, k) · B (k, n), or with `accumulate`: c + a·B.
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
  bool accumulate = false;
  /// Products that are summed from 0 before they are added to c: all of them, or a few.
  std::size_t chain = std::numeric_limits<std::size_t>::max();
  bool in_two = false;          ///< even and odd k are two chains instead, if not `accumulate`
  std::size_t chain_begin = 0;  ///< products that the first chain would have before k = 0, less than `chain`
  /// Rows of the next panel that is packed, fetched meanwhile from memory. n is one panel then.
  const T* b_next = nullptr;
  std::size_t b_next_rows = 0;
  std::ptrdiff_t b_next_stride = 0;
  RowsAhead* ahead = nullptr;  ///< fetched meanwhile by `multiply_values`
  /// Of `multiply_values`: so many more columns of B, packed by pack_tail. n is whole vectors then, and the vector of c
  /// after them has sums for sum_tails to finish.
  std::size_t tail = 0;
  const T* b_tail = nullptr;
};

/// Columns past the last whole vector that are worth a form of their own: not so many that a key has a vector for
/// itself all the same.
constexpr std::size_t tail_of(std::size_t columns, std::size_t lanes) {
  const std::size_t left = columns % lanes;
  return left <= lanes / 2 ? left : 0;
}
/// Elements of a packed tail: of each vector as many keys as there is room for, after whole vectors.
constexpr std::size_t packed_tail(std::size_t keys, std::size_t tail, std::size_t lanes) {
  const std::size_t keys_a_vector = lanes / std::bit_ceil(tail);
  return (keys + keys_a_vector - 1) / keys_a_vector * lanes;
}

/// to (rows, n) = factor·from, for rows that lose nothing by it.
template <class T>
struct ScaleQueries {
  const T* from = nullptr;
  std::ptrdiff_t from_stride = 0;
  std::size_t rows = 0, n = 0;
  T factor = 1;
  T* to = nullptr;
  std::ptrdiff_t to_stride = 0;
  /// (rows) out: 1, or `factor` for a row that is only copied, as an element would be subnormal or is not finite.
  T* factors = nullptr;
};

/// weights (rows, n) = 2^(factor·q·kᵀ − shift) for rows that have a running maximum: the scores are never stored.
/// A row with a weight past 2^32 (or NaN) is only marked; exp_scores then does it again.
template <class T>
struct ExpProducts {
  const T* query = nullptr;  ///< (rows, depth)
  std::ptrdiff_t query_stride = 0;
  const T* keys = nullptr;  ///< packed by pack_transposed: n keys from the start of a panel
  std::size_t rows = 0, n = 0, depth = 0;
  T* weights = nullptr;
  std::ptrdiff_t stride = 0;            ///< between rows; at least n rounded up to `panel`
  const T* factor = nullptr;            ///< (rows) scale·log₂e, or what is left of it; positive and finite
  const T* shift = nullptr;             ///< (rows), finite: of exp_scores
  bool bounded = false;                 ///< every factor is 1, every shift 0, and no score is past ±kSmallScore
  T* sums = nullptr;                    ///< (rows, lanes) in and out: Σ weights so far, by lanes, panel after panel
  T* earlier_sums = nullptr;            ///< (rows, lanes) scratch
  unsigned char* past_limit = nullptr;  ///< (rows) out: 1 for a row that was not added
  RowsAhead* ahead = nullptr;           ///< fetched meanwhile
};

/// The same from stored scores, in place; sets and moves the running maxima.
template <class T>
struct ExpScores {
  T* scores = nullptr;
  std::ptrdiff_t stride = 0;  ///< between rows; at least n rounded up to `panel`: what is past n is overwritten
  std::size_t rows = 0, n = 0;
  const T* factor = nullptr;       ///< (rows) log₂e times what is still to be scaled; positive and finite
  bool may_start_at_zero = false;  ///< the running maximum of rows whose first scores are within ±kSmallScore is 0
  /// How far scores (in base 2) may pass the running maximum before it moves. An exponent is rounded to its own size: a
  /// small limit keeps the weights that count exact, whatever the first ones were. Rows of exp_products must keep to
  /// the default.
  T growth = kGreatestGrowth<T>;
  T* running_max = nullptr;  ///< (rows) in and out: a score of the row, or 0; −inf before the first key that counts
  T* shift = nullptr;   ///< (rows) in and out: about factor·running_max; infinite past the whole numbers that T holds
  T* sums = nullptr;    ///< (rows, lanes) in and out: Σ weights so far, by lanes
  T* change = nullptr;  ///< (rows) out: what earlier outputs are to be multiplied by; 1 if the maximum stays
};

/// Softmax of whole rows, in place: scores (rows, n) become weights. Every weight is exact to a few units in
/// the last place, subnormal ones included; a score of −inf gives exactly 0.
template <class T>
struct SoftmaxRows {
  T* scores = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 0, n = 0;
  T factor = 1;             ///< log₂e times what is still to be scaled; positive and finite
  const T* sink = nullptr;  ///< (rows): a logit that joins the sum and has no column; null for none
  T* copy = nullptr;        ///< (rows, n): where the weights are stored as well, or null
  std::ptrdiff_t copy_stride = 0;
  bool copy_streams = false;  ///< the copy is large and need not stay in the caches
  T* peak = nullptr;          ///< (rows) out: the greatest score, −inf if there is none
  T* sum =
      nullptr;  ///< (rows) out: Σ 2^(factor·(score − peak)), factor·peak rounded; with the sink; 0 for an empty row
};

/// Outputs at the end of the online softmax: to = from / Σ sums, row by row.
template <class T>
struct DivideRows {
  const T* sums = nullptr;  ///< (rows, lanes): of exp_products and exp_scores
  const T* from = nullptr;  ///< (rows, n)
  std::ptrdiff_t from_stride = 0;
  T* to = nullptr;  ///< (rows, n); nothing past n is written
  std::ptrdiff_t to_stride = 0;
  std::size_t rows = 0, n = 0;
  /// (rows) out: 1 if all quotients are finite; 0 as well for a sum of 0, by which no row is divided.
  unsigned char* divided = nullptr;
};

/// The kernels of one instruction set for element type T.
template <class T>
struct TileKernels {
  std::size_t lanes = 0;      ///< elements a vector; right factors in place have a multiple of it as columns
  std::size_t panel = 0;      ///< columns of a packed panel
  std::size_t tile_rows = 0;  ///< rows of the register tile; blocks of a multiple of it waste nothing

  /// b (n, k) → panels [⌈n/panel⌉][k][panel] of bᵀ, padded with zeros. Returns the greatest length √Σ b² of a row of b,
  /// infinite if one is not finite (or not known).
  T (*pack_transposed)(MatrixView<const T> b, T* packed) = nullptr;
  /// to (cols, rows) = fromᵀ, as they are.
  void (*transpose)(MatrixView<const T> from, T* to, std::ptrdiff_t to_stride) = nullptr;
  /// b (k, n) → panels [⌈n/panel⌉][k][panel] of b, padded with zeros.
  void (*pack)(MatrixView<const T> b, T* packed) = nullptr;
  /// The columns of b (k, n) from the first on, 1 to lanes/2 of them, as `multiply_values` reads a tail: (n, k) in
  /// vectors, of bit_ceil columns each, padded with zeros. Null for kernels that round operands.
  void (*pack_tail)(MatrixView<const T> b, std::size_t first, T* packed) = nullptr;
  /// The vectors that `multiply_values` left for a tail, of `count` rows → its columns.
  void (*sum_tails)(std::size_t tail, T* rows, std::ptrdiff_t stride, std::size_t count) = nullptr;
  /// A product whose left factor is as given, and whose right one is packed: Q·Kᵀ, and x·W.
  void (*multiply)(const Product<T>& product) = nullptr;
  /// The same with B in place, b_panel_stride = `panel`, which is packed on the way, as by `pack`, for products to
  /// come: the first rows hide what it costs. Null for kernels that round operands.
  void (*multiply_and_pack)(const Product<T>& product, T* packed) = nullptr;
  /// c (m, n) = alpha·a·bᵀ, with b as (n, k), whose rows are b_stride apart; k is a multiple of `lanes`. Each lane has
  /// a chain of its own. For few rows of a. Null for kernels that round operands.
  void (*multiply_by_rows)(const Product<T>& product) = nullptr;
  /// weights·V, of weights that exp_products, exp_scores or convert_weights left.
  void (*multiply_values)(const Product<T>& product) = nullptr;
  /// to (n) = from (n), numbers of 16 bits. Null for doubles.
  void (*widen)(const NarrowElements& from, std::size_t n, T* to) = nullptr;
  /// to (n) = from (n) as float16, rounded as by narrow_to_half. Null for doubles.
  void (*narrow)(const T* from, std::size_t n, std::uint16_t* to) = nullptr;
  /// multiply_by_rows and multiply_values with a right factor of 16 bits in place of `product.b`, for few rows of a:
  /// the same as of its elements widened, to the bit. It has whole vectors as rows. Null for doubles, and for kernels
  /// that round operands.
  void (*multiply_by_narrow_rows)(const Product<T>& product, const NarrowElements& b) = nullptr;
  void (*multiply_narrow_values)(const Product<T>& product, const NarrowElements& b) = nullptr;
  /// Returns the greatest length √Σ to² of a row; infinite if one is not finite or is only copied. Null for kernels
  /// that round operands, which must not be scaled before.
  T (*scale_queries)(const ScaleQueries<T>& queries) = nullptr;
  /// Returns the number of rows that it marked.
  std::size_t (*exp_products)(const ExpProducts<T>& block) = nullptr;
  void (*exp_scores)(const ExpScores<T>& block) = nullptr;
  /// to (n) = from (n) / divisor, rounded as a division would nearly always. Returns false if a quotient is not finite.
  bool (*divide)(const T* from, T divisor, T* to, std::size_t n) = nullptr;
  /// The same of many rows by their sums, which are added in the order of OnlineRows::sum.
  void (*divide_rows)(const DivideRows<T>& rows) = nullptr;
  void (*softmax_rows)(const SoftmaxRows<T>& rows) = nullptr;

  // Kernels that round operands (bf16) keep packed factors and weights in a form of their own, in the room
  // of T's: a panel of weights may then be read by `weight` and changed by `rescale` alone. The defaults are for T.
  /// True if `multiply_values` reads packed values only.
  bool packs_values = false;
  /// Elements of T between the rows of a panel that `pack` wrote, on average: even rows are so far apart.
  std::size_t packed_row = 0;
  /// What the kernels make of an element of Q, K or V.
  T (*operand)(T x) = [](T x) { return x; };
  /// Weights (rows, n) as numbers of T → as `multiply_values` reads them, in place, panel by panel; n from the start of
  /// a panel.
  void (*convert_weights)(T* weights, std::ptrdiff_t stride, std::size_t rows,
                          std::size_t n) = [](T*, std::ptrdiff_t, std::size_t, std::size_t) {};
  /// Weight j of a row that starts at the start of a panel.
  T (*weight)(const T* row, std::size_t j) = [](const T* row, std::size_t j) { return row[j]; };
  /// Multiplies the first n weights of such a row, whole panels.
  void (*rescale)(T* row, std::size_t n, T change) = [](T* row, std::size_t n, T change) {
    for (std::size_t j = 0; j < n; ++j) row[j] *= change;
  };

  /// The first n weights of such a row ← 0 where their bit is 0. Weight j has bit k % 8 of byte k / 8, where k is
  /// first + j; the 8 bytes from that of a weight on may be read. What is past n, up to a whole panel, may change.
  void (*keep)(T* row, std::size_t n, const std::uint8_t* bits, std::size_t first) = nullptr;

  /// row (n) ← cap·tanh(row / cap), in place; cap is positive.
  void (*softcap)(T* row, std::size_t n, T cap) = nullptr;

  /// x (n) ← f(x), or with `gate` (n) f(gate)·x, in place. The absolute error is some units in the last place of what
  /// f is at its greatest on the way, |x|; NaN stays NaN.
  void (*activate)(Activation f, const T* gate, T* x, std::size_t n) = nullptr;

  // What the machine can do at best, for `attn bench`: results are of no use but must not be thrown away.
  /// Does `rounds` rounds of independent multiply-adds in registers; returns the operations of one round.
  std::size_t (*multiply_add_rounds)(std::size_t rounds, T* result) = nullptr;
  /// The sum of n elements: reads them as fast as vectors can.
  T (*sum)(const T* values, std::size_t n) = nullptr;
};

}  // namespace attn
