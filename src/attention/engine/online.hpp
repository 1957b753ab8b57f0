// The online softmax on tiles: what the streaming and the decoding engine share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attention/engine/packed.hpp"
#include "attention/engine/rows.hpp"
#include "attention/engine/score_pipeline.hpp"
#include "attn/task.hpp"
#include "kernels/constants.hpp"

namespace attn {

/// The softmax of some rows so far: Σ weight and Σ weight·value over the keys seen, relative to each row's running
/// maximum (kernels/tile.hpp).
template <class T>
class OnlineRows {
 public:
  /// Room for so many rows of D_v = `columns`; nothing is cleared.
  OnlineRows(std::size_t rows, std::size_t columns, const TileKernels<T>& kernels);

  /// Rows first … first+count-1 have seen no key. Their factors stay.
  void clear(std::size_t first, std::size_t count);
  /// The same but for their outputs, for a first tile that sets these. `at_zero`: with 0 as the running maximum, the
  /// state that the first key of a row with small scores leads to.
  void clear_weights(std::size_t first, std::size_t count, bool at_zero = false);
  void clear_outputs(std::size_t first, std::size_t count);
  /// Row `at` becomes a copy of row `row` of `from`, which has as many columns.
  void copy_row(std::size_t at, OnlineRows& from, std::size_t row);

  /// What a row's scores are still to be multiplied by to become exponents of 2.
  T* factor(std::size_t row) { return factor_.data() + row; }
  T* running_max(std::size_t row) { return running_max_.data() + row; }
  T* shift(std::size_t row) { return shift_.data() + row; }
  T* sums(std::size_t row) { return sums_.data() + row * lanes_; }
  T* output(std::size_t row) { return output_.data() + row * output_stride_; }
  std::ptrdiff_t output_stride() const { return static_cast<std::ptrdiff_t>(output_stride_); }
  /// Σ weight of a row over all lanes, always in the same order.
  T sum(std::size_t row);

 private:
  std::size_t lanes_, output_stride_;
  Scratch<T> factor_, running_max_, shift_, sums_, output_;
};

/// What one worker needs for a tile.
template <class T>
struct TileScratch {
  TileScratch(std::size_t rows, std::size_t keys, const TileKernels<T>& kernels)
      : stride(static_cast<std::ptrdiff_t>(keys)),
        weights(rows * keys),
        earlier_sums(rows * kernels.lanes),
        change(rows),
        past_limit(rows) {}
  std::ptrdiff_t stride;  ///< of `weights`
  Scratch<T> weights;     ///< (rows, keys): scores, then weights
  Scratch<T> earlier_sums, change;
  std::vector<unsigned char> past_limit;
  Scratch<T> wide_values{0};  ///< (keys, D_v): those of the tile that were of 16 bits
  NarrowElements widened;     ///< which they are: that many, from this element on
  std::size_t widened_rows = 0;
};

/// The rows of a tile that belong to one head.
template <class T>
struct TilePart {
  ScoreTile<T> scores;
  const BlockRows* rows = nullptr;
  bool masked = false;  ///< some of the tile may not be attended
};

/// Some query rows against keys [begin, end).
template <class T>
struct OnlineTile {
  const T* query = nullptr;  ///< the first row's
  std::ptrdiff_t query_stride = 0;
  std::size_t rows = 0;
  std::int64_t begin = 0, end = 0;    ///< `begin` is at the start of a panel of the packed keys
  const T* keys = nullptr;            ///< these keys, packed; null: with the head's
  MatrixView<const T> keys_in_place;  ///< instead: these keys as they are, of a depth of whole vectors
  NarrowRows narrow_keys;             ///< or instead: the same, of 16 bits
  OnlineRows<T>* state = nullptr;
  std::size_t first = 0;           ///< the tile's first row in `state`
  bool may_start_at_zero = false;  ///< as ExpScores has it
  bool bounded = false;            ///< as ExpProducts has it
  bool sets_output = false;        ///< the rows have no output yet: it is set, not added to
  TileScratch<T>* scratch = nullptr;
  RowsAhead* during_scores = nullptr;  ///< fetched while scores become weights that are not stored before
  RowsAhead* during_values = nullptr;  ///< fetched while weights multiply values
  std::span<const TilePart<T>> parts;  ///< their scores lie in `scratch->weights`
};

/// The factor of rows whose queries are as they were given.
template <class T>
T factor_of_given(const AttentionTask<T>& task);

/// Rows of queries. They are scaled ahead in place of their scores where that loses nothing, and where nothing stands
/// between the scores and the exponential.
template <class T>
class ScaledQueries {
 public:
  ScaledQueries(std::size_t rows, const AttentionTask<T>& task, const TileKernels<T>& kernels);

  /// Sets `rows` queries, from row `first` of `query` on, and the factors of the first rows of `state`.
  void set(MatrixView<const T> query, std::size_t first, std::size_t rows, OnlineRows<T>& state);
  /// True if no score of these queries with keys of such a length is past ±kSmallScore.
  bool bounded(T key_length) const { return longest_ * key_length <= kSmallScore<T> - 1; }

  /// True if 0 may be the running maximum of rows with small scores.
  bool may_start_at_zero() const { return scales_; }

  const T* row(std::size_t i) const { return rows_ + static_cast<std::ptrdiff_t>(i) * stride_; }
  std::ptrdiff_t stride() const { return stride_; }

 private:
  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  bool scales_;
  Scratch<T> scaled_;
  const T* rows_ = nullptr;
  std::ptrdiff_t stride_ = 0;
  T longest_ = 0;
};

/// Takes a tile through the pipeline: scores, weights relative to the running maxima, and output += weights·V.
template <class T>
void attend_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head,
                 const OnlineTile<T>& tile);

/// The greatest number of keys a tile: a block of keys and one of values then take 64 KiB each, so that the second
/// comes out of the first-level and the second-level cache together at the speed of the multiply-add units. Wide heads
/// take up to 256 KiB, as with fewer keys the output is loaded and stored too often.
template <class T>
std::size_t keys_a_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels);

/// One row when all its keys are done.
template <class T>
struct RowTotal {
  double peak = 0;  ///< `sum` and `output` are to be multiplied by e^peak
  T sum = 0;
  T* output = nullptr;     ///< Σ weight·value, times 2^−value_exponent
  int value_exponent = 0;  ///< PackedHead's
};

template <class T>
RowTotal<T> row_total(const AttentionTask<T>& task, OnlineRows<T>& state, std::size_t row, int value_exponent);

/// Joins the sink, divides by the sum, and stores output and lse of a row; rows without any weight get what is theirs.
/// Returns false if a quotient by the sum was not finite.
template <class T>
bool finish_row(const AttentionTask<T>& task, const TileKernels<T>& kernels, const BlockRows& rows, const RowPlace& at,
                RowTotal<T> total);

}  // namespace attn
