// A whole attention problem of the tests, with batch items and heads: attn's answer to it, and that of the formula in
// any precision.
#pragma once

#include <cstdint>
#include <vector>

#include "attn/task.hpp"

namespace attn::test {

struct BatchSizes {
  std::size_t batch, heads, kv_heads, queries, keys, depth, value_depth;
};

/// In C order: (B, H, L, S), (B, H, L, D_v), (B, H, L).
struct BatchAnswer {
  std::vector<double> weights, output, lse;
  double mixed = 0;  ///< the formula's greatest Σ dropped·|v| of an element of the output
};

class BatchCase {
 public:
  explicit BatchCase(BatchSizes s, unsigned seed = 1);

  BatchSizes sizes;
  std::vector<double> q, k, v;  // numbers as float32 would hold them
  double scale = 1;
  double softcap = 0;
  std::vector<double> bias;  // (B, H, L, S) or empty
  std::vector<double> slopes, sinks;
  EmptyRow empty_row = EmptyRow::zero;
  double dropout = 0;  // by a stream of its own
  Mask mask;
  MaskShape shape;  // of the mask's grid: offsets, key lengths, segments

  BoundMask bound() const { return mask.bind(shape); }
  /// The bits of the weights that dropout keeps; none without it.
  std::vector<std::uint8_t> kept_bits() const;
  KeptWeights kept(const std::vector<std::uint8_t>& bits) const;

  /// `matrices`: with the weights; otherwise output and lse alone, by the streaming or the decoding engine.
  template <class T>
  BatchAnswer run(const KernelSet& set, bool matrices, std::size_t threads = 1, bool bf16 = false) const;

  /// The formula, with every number and sum in T and sums from left to right. In double it is what is right.
  template <class T>
  BatchAnswer formula() const;

  /// The same problem with operands as bfloat16 has them.
  BatchCase rounded() const;

  /// Index of the first element of a row: of queries' arrays with `columns` columns.
  std::size_t at(std::size_t b, std::size_t h, std::size_t i, std::size_t columns) const {
    return ((b * sizes.heads + h) * sizes.queries + i) * columns;
  }
};

/// max |a − b|, infinite where one alone is NaN or their lengths differ.
double greatest_difference(const std::vector<double>& a, const std::vector<double>& b);
/// The error contract's bound for float32: see oracle.hpp.
double contract_bound(const std::vector<double>& naive, const std::vector<double>& reference);
/// Equal to the bit, NaN taken as equal.
bool same_bits(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace attn::test
