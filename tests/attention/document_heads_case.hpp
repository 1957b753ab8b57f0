// Problems of many heads in every layout that documents have, with the oracle's answer to each stage.
#pragma once

#include "attention/document_case.hpp"

namespace attn::test {

struct HeadSizes {
  std::size_t batch, heads, kv_heads, queries, keys, depth, value_depth;
};

/// One row of the table of shapes: how operands, matrices and outputs are laid out.
struct Layout {
  Axes operands, matrices, outputs;
  bool split = false;  ///< by --heads
};
inline constexpr Axes no_axes{}, batch_axis{.batch = true}, head_axis{.heads = true},
    batch_and_heads{.batch = true, .heads = true}, merged_heads{.merged = true},
    batch_and_merged{.batch = true, .merged = true};
inline constexpr Layout rank2{no_axes, no_axes, no_axes}, rank3{batch_axis, batch_axis, batch_axis},
    rank4{batch_and_heads, batch_and_heads, batch_and_heads}, split2{merged_heads, head_axis, merged_heads, true},
    split3{batch_and_merged, batch_and_heads, batch_and_merged, true};

/// Random query, key and value; a test changes the document, and says what that means for the formula.
class HeadsCase {
 public:
  HeadsCase(HeadSizes sizes, Layout layout, unsigned seed = 1);

  /// What the formula gives, for every stage that compute can emit.
  Expected expected() const;
  /// Runs compute with every kernel set and dtype, and compares every stage with `expected`.
  void check() const;

  HeadSizes sizes;
  Layout layout;
  Heads q, k, v;
  Document document;
  AttentionOptions options;  // emits every stage

  // The formula's side.
  Pipeline steps;
  std::function<Matrix(std::size_t b, std::size_t h)> bias;  // (L, S); −inf masks
  std::vector<double> sinks, head_scales;                    // one a head
};

}  // namespace attn::test
