// The results of an attention task: views of the memory that they are written to.
#pragma once

#include "attn/view.hpp"

namespace attn {

template <class T>
class WeightRowSink;  // attn/task.hpp

/// The results that are wanted. Views without data are not computed.
///
/// If no (B, H, L, S) array is asked for, none is made: memory is O(L·D).
template <class T>
struct WantedResults {
  HeadsView<T> output;   ///< (B, H, L, D_v)
  HeadsView<T> scores;   ///< (B, H, L, S) Q·Kᵀ·scale
  HeadsView<T> capped;   ///< after softcap
  HeadsView<T> masked;   ///< after bias, ALiBi and mask; −inf where masked
  HeadsView<T> weights;  ///< softmax
  HeadsView<T> dropped;  ///< after dropout
  T* lse = nullptr;      ///< (B, H, L), C order: log Σ exp(masked), natural logarithm, sinks included
  WeightRowSink<T>* weight_rows = nullptr;  ///< sees every row of weights, in O(threads·S) memory

  bool any_matrix() const { return scores.data || capped.data || masked.data || weights.data || dropped.data; }
  /// Whole rows of weights must be made, whether or not they are kept.
  bool any_rows() const { return any_matrix() || weight_rows != nullptr; }
  bool any() const { return any_rows() || output.data || lse; }
};

}  // namespace attn
