// Emission: allocates the tensors that were asked for and hands them over in the documents' order.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "attention/document/budget.hpp"
#include "attention/document/dropout.hpp"
#include "attention/document/problem.hpp"

namespace attn {

/// True if the options ask for a stage.
inline bool emits(const AttentionOptions& options, Stage stage) {
  return std::find(options.emit.begin(), options.emit.end(), stage) != options.emit.end();
}

/// The tensors of one run of attention, by stage.
template <class T>
class Emission {
 public:
  /// Adds what `allocate`, `fill_copies`, the problem's cache and the engine will need.
  static void budget(const Dims& dims, const AttentionOptions& options, Budget& budget);
  /// Allocates every tensor of `options.emit` that attention itself fills, and points the problem's task
  /// at it. `needs_output` allocates the output even if it is not emitted.
  void allocate(Problem<T>& problem, const AttentionOptions& options, bool needs_output);
  /// After `attend`: the mask, and the keys and values (which leave the problem where it has them).
  void fill_copies(Problem<T>& problem, const AttentionOptions& options);

  Tensor& operator[](Stage stage) { return tensors_[stage]; }
  bool has(Stage stage) const { return tensors_.count(stage) != 0; }
  /// In the order of the table of stages; the emission is empty afterwards.
  std::vector<NamedTensor> release(const AttentionOptions& options);

 private:
  std::map<Stage, Tensor> tensors_;
  std::vector<std::uint8_t> kept_;  // the bits of dropout that the task reads
};

/// A copy of a (B, H, L, D) view as a tensor of `shape`.
template <class T>
Tensor copy_heads(HeadsView<const T> view, Shape shape);

}  // namespace attn
