// The projections of multi-head attention, found in a document under any of their names.
#pragma once

#include <optional>
#include <string>

#include "attn/document.hpp"
#include "attn/view.hpp"

namespace attn {

/// x·W + b, or x·Wᵀ + b. Views point into the input.
template <class T>
struct Projection {
  MatrixView<const T> weight;
  bool transposed = false;  ///< the weight is (out, in)
  const T* bias = nullptr;  ///< (out), or null
  std::string where;

  std::size_t in() const { return transposed ? weight.cols : weight.rows; }
  std::size_t out() const { return transposed ? weight.rows : weight.cols; }
};

/// A number of heads that a weight's own shape says.
struct KernelHeads {
  std::size_t number = 0;
  const SourcedTensor* kernel = nullptr;  ///< null: no weight says it
};

template <class T>
struct Projections {
  Projection<T> query, key, value;
  KernelHeads heads, kv_heads;  ///< of Keras's kernels
  std::optional<Projection<T>> output;
  /// Norms of queries and keys, (D) or (H·D) and (K·D); an appended key and value, (K·D) and (K·D_v). Null: none.
  const SourcedTensor *query_norm = nullptr, *key_norm = nullptr, *bias_key = nullptr, *bias_value = nullptr;
};

/// Throws Error (data) at the member that is unknown, missing, given twice or of the wrong shape.
template <class T>
Projections<T> find_projections(const Input& input);

}  // namespace attn
