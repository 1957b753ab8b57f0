// A problem of the tests on the level of tasks, with batch items and heads: attn's answer to it by any kernel set, and
// that of the formula in any precision.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "attn/pooled.hpp"
#include "attn/task.hpp"
#include "support/oracle.hpp"

namespace attn::test {

/// The first four alone are the sizes of a problem with one head.
struct TaskSizes {
  std::size_t queries, keys, depth, value_depth;
  std::size_t batch = 1, heads = 1, kv_heads = 1;
  std::ptrdiff_t padding = 1;  ///< unused elements before the first row and between rows: odd strides
};

/// What attn writes.
enum class TaskWants {
  output,              ///< output and lse, by the streaming or the decoding engine
  output_and_weights,  ///< by the materialising engine
  weights,             ///< nothing else
  stages               ///< output, lse and every stage before them
};

/// Rows of matrices are those of (B, H, L), one after the other, and so are the elements of `lse`. What was not wanted
/// is 0.
struct TaskAnswer {
  Matrix scores, masked, weights, dropped, output;
  std::vector<double> lse;
  double mixed = 0;  ///< of the formula: the greatest Σ dropped·|v| of an element of the output
};

/// What queries, keys and values are rounded to in a run in float32.
enum class Operands { f32, bf16, f16 };

class TaskCase {
 public:
  /// Random operands; `spread` is the standard deviation of queries and keys.
  explicit TaskCase(TaskSizes sizes, unsigned seed = 1, double spread = 1);

  TaskSizes sizes;
  Matrix q, k, v;  // rows of (B, H, L) and (B, K, S); numbers as float32 would hold them
  double scale;
  std::vector<double> head_scales, query_scales;       // (H); (L) or (B, L); or empty
  std::vector<double> query_positions, key_positions;  // (L) or (B, L); (S) or (B, S): of ALiBi; or empty
  double softcap = 0;
  Matrix bias;                        // added if it has elements: rows of (B, H, L), or of (L) for every head
  std::vector<double> slopes, sinks;  // one a head, or empty
  EmptyRow empty_row = EmptyRow::zero;
  std::vector<std::uint8_t> kept;  // (B, H, L, S) of 0 and 1: dropout, if it has elements
  double kept_scale = 1;
  Mask mask;
  MaskShape shape;  // of the mask's grid: offsets, key lengths, segments; its sizes are those of the case
  std::size_t threads = 1;
  Operands operands = Operands::f32;

  template <class T>
  TaskAnswer run(const KernelSet& set, TaskWants wants) const;
  /// `matrices`: every stage; otherwise output and lse alone.
  template <class T>
  TaskAnswer run(const KernelSet& set, bool matrices) const {
    return run<T>(set, matrices ? TaskWants::stages : TaskWants::output);
  }
  /// Makes pictures of the weights, which are nowhere as a whole.
  template <class T>
  void pool(const KernelSet& set, std::span<PooledMatrix> pictures) const;

  /// The formula, with every number and sum in T and sums from left to right. In double it is what is right. Has no
  /// scores, masked or dropped weights.
  template <class T>
  TaskAnswer formula() const;

  /// The same problem with operands that are rounded already.
  TaskCase rounded(Operands to) const;

  BoundMask bound() const;
  /// Of a case with one head: the mask as a bias of 0 and −inf, plus `bias`.
  Matrix full_bias() const;
  /// The row of query i in matrices of queries.
  std::size_t row(std::size_t b, std::size_t h, std::size_t i) const {
    return (b * sizes.heads + h) * sizes.queries + i;
  }
};

/// max |a − b|, infinite where one alone is NaN or their lengths differ.
double max_difference(const std::vector<double>& a, const std::vector<double>& b);

/// Equal to the bit, NaN taken as equal.
bool same_bits(const Matrix& a, const Matrix& b);
bool same_bits(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace attn::test
