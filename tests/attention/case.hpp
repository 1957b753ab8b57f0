// One attention problem of the tests: random inputs, the oracle's answer, and attn's by any kernel set.
#pragma once

#include <cmath>
#include <vector>

#include "attn/task.hpp"
#include "support/oracle.hpp"

namespace attn::test {

struct Sizes {
  std::size_t queries, keys, depth, value_depth;
};

/// What attn gave back for one head.
struct Answer {
  Matrix scores, masked, weights, dropped, output;
  std::vector<double> lse;
};

class Case {
 public:
  explicit Case(Sizes sizes, unsigned seed = 1, double spread = 1)
      : q(random_matrix(sizes.queries, sizes.depth, seed, spread)),
        k(random_matrix(sizes.keys, sizes.depth, seed + 1000, spread)),
        v(random_matrix(sizes.keys, sizes.value_depth, seed + 2000)),
        scale(sizes.depth == 0 ? 1 : 1 / std::sqrt(static_cast<double>(sizes.depth))) {}

  Matrix q, k, v;
  double scale;
  Mask mask;
  std::vector<std::int64_t> offsets{0};
  Matrix bias;  // added if it has elements
  double softcap = 0;
  std::vector<double> sink;
  EmptyRow empty_row = EmptyRow::zero;
  std::vector<std::uint8_t> kept;  // (L, S) of 0 and 1: dropout, if it has elements
  double kept_scale = 1;
  std::size_t threads = 1;
  bool bf16 = false;           // with float: operands are rounded to bfloat16
  std::ptrdiff_t padding = 1;  // unused elements between rows: odd strides

  /// `matrices`: the materialising engine, with every stage; otherwise output and lse alone.
  template <class T>
  Answer run(const KernelSet& set, bool matrices) const;

  /// The mask as a bias of 0 and −inf, plus `bias`.
  Matrix full_bias() const;
};

/// Equal to the bit, NaN taken as equal.
bool same_bits(const Matrix& a, const Matrix& b);

}  // namespace attn::test
