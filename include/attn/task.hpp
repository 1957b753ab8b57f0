// The engines' face: one attention problem, or one projection, on memory that the caller owns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "attn/dropout.hpp"
#include "attn/empty_row.hpp"
#include "attn/kernels.hpp"
#include "attn/mask.hpp"
#include "attn/view.hpp"
#include "attn/wanted.hpp"

namespace attn {

/// An array broadcast against (B, H, L, S): axes of extent 1 have stride 0. Strides are in elements.
template <class T>
struct BroadcastView {
  const T* data = nullptr;
  std::array<std::ptrdiff_t, 4> strides{};

  const T* row(std::size_t b, std::size_t h, std::size_t i) const {
    return data + static_cast<std::ptrdiff_t>(b) * strides[0] + static_cast<std::ptrdiff_t>(h) * strides[1] +
           static_cast<std::ptrdiff_t>(i) * strides[2];
  }
};

/// A number for each place (a query, or a key), of every batch item or of all items alike.
struct PlaceNumbers {
  const double* data = nullptr;  ///< (places) or (B, places). Null: there are none
  std::size_t batch_stride = 0;  ///< places, or 0 for all items alike

  const double* of(std::size_t b) const { return data + b * batch_stride; }
};

/// Sees each row of weights while it is in hand, so that nobody needs to keep all of them.
template <class T>
class WeightRowSink {
 public:
  virtual ~WeightRowSink() = default;
  /// Row i of batch item b and head h, before dropout: the weights of keys `begin` and following; all others are 0.
  /// Each row comes once, in any order, from many threads at once. `weights` is gone afterwards.
  virtual void take_row(std::size_t b, std::size_t h, std::size_t i, std::size_t begin, std::span<const T> weights) = 0;
};

/// Q, K and V: B batch items, H query heads, K key/value heads (K divides H: query head h reads key/value head
/// h / (H/K)), L queries, S keys, D and D_v columns.
///
/// `query` may be some of a problem's queries. Masks, positions and dropout then count from query 0 of the whole
/// problem, but the bias and everything that is wanted have the rows of these queries alone. Results are the same to
/// the bit as those of the whole.
template <class T>
struct AttentionOperands {
  HeadsView<const T> query;  ///< (B, H, L, D)
  HeadsView<const T> key;    ///< (B, K, S, D)
  HeadsView<const T> value;  ///< (B, K, S, D_v)
  /// Of `key` and of `value`, of floats alone. Results are those of the same elements widened, to the bit.
  NarrowElements narrow_key, narrow_value;
  std::size_t first_query = 0;  ///< the query of the whole problem that `query` begins with
  std::size_t all_queries = 0;  ///< of the whole problem; 0: as many as `query` has

  /// Queries of the whole problem: the ways of engines are chosen by it, as each has sums of its own.
  std::size_t whole_queries() const { return std::max(all_queries, first_query + query.rows); }
  /// Query heads that share a key/value head.
  std::size_t group() const { return query.heads / key.heads; }
  /// The key/value head of a query head.
  std::size_t kv_head(std::size_t h) const { return h / group(); }
};

/// What happens between Q·Kᵀ and the product with V, in its order.
template <class T>
struct ScorePipeline {
  double scale = 1;                     ///< multiplies Q·Kᵀ
  std::span<const double> head_scales;  ///< (H): multiply the scale. Empty: ones
  PlaceNumbers query_scales;            ///< of all queries of the problem: multiply the scale. None: ones
  double softcap = 0;                   ///< c: scores become c·tanh(scores / c); 0 is none
  BroadcastView<T> bias;                ///< added to the scores; −inf masks. No data: none
  std::span<const T> alibi_slopes;      ///< (H): −slope·|i + offset − k| is added (arXiv:2108.12409). Empty: none
  std::span<const std::int64_t> alibi_offsets;  ///< (B): that offset. Empty: the mask's
  /// Of all queries and of all keys of the problem, in the place of i + offset and k. Both or none.
  PlaceNumbers query_positions, key_positions;
  const BoundMask* mask = nullptr;  ///< over (B, H, L, S) of the whole problem; null: every key
  std::span<const T> sinks;         ///< (H): a logit that joins each row's sum and has no column. Empty: none
  EmptyRow empty_row = EmptyRow::zero;
  KeptWeights kept;  ///< dropout, between softmax and V: over (B, H, L, S)

  bool scales_vary() const { return !head_scales.empty() || query_scales.data != nullptr; }
  /// What multiplies the row of query i of the whole problem.
  double scale_of(std::size_t b, std::size_t h, std::size_t i) const {
    const double by_head = head_scales.empty() ? 1 : head_scales[h];
    return scale * by_head * (query_scales.data == nullptr ? 1 : query_scales.of(b)[i]);
  }
};

/// How a task is run. It changes how results are rounded, not what they are.
struct Execution {
  /// T = float: the operands of every product are rounded to bfloat16 (for attention: Q, K, V and the weights that
  /// multiply V); sums, scores and softmax are float.
  bool bf16_operands = false;
  /// T = float, and not with the other: Q, K and V, and the factors of a projection, are rounded to float16; all else
  /// is float. Throws Error (data, at `dtype`) for a finite operand that float16 has no number for, from 65520 on.
  bool f16_operands = false;
  const KernelSet* kernels = nullptr;  ///< must be given
  std::size_t threads = 1;             ///< changes no bit of a result
};

/// One attention problem on memory that the caller owns.
template <class T>
struct AttentionTask {
  AttentionOperands<T> operands;
  ScorePipeline<T> pipeline;
  WantedResults<T> wanted;
  Execution execution;
};

/// Runs a task. The result is the same to the bit for any number of threads.
void attend(const AttentionTask<float>& task);
void attend(const AttentionTask<double>& task);

template <class T>
class PackedWeight;

/// y (n, out) = x (n, in) · W + b, with W as (in, out), or as (out, in) if `transposed`. `bias` may be null.
template <class T>
struct LinearTask {
  MatrixView<const T> x;
  MatrixView<const T> weight;
  bool transposed = false;
  /// The same W, packed for the kernels and the arithmetic of `execution` (attn/packed_weight.hpp); it changes no bit
  /// of y. Null: W is packed on the way, where that pays.
  const PackedWeight<T>* packed = nullptr;
  const T* bias = nullptr;  ///< (out)
  MatrixView<T> y;
  Execution execution;
};
void linear(const LinearTask<float>& task);
void linear(const LinearTask<double>& task);

}  // namespace attn
