// The tensors that a run emits: allocated, filled, and handed over in the documents' order.
#pragma once

#include <map>
#include <vector>

#include "attention/document/budget.hpp"
#include "attention/document/dropout.hpp"
#include "attention/document/problem.hpp"
#include "attention/document/run_plan.hpp"

namespace attn {

template <class T>
class EmittedTensors {
 public:
  /// Adds what `allocate`, `fill_copies`, the problem's cache and the engine will need.
  static void budget(const Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options, Budget& budget);
  /// Allocates every emitted tensor that attention itself fills, and points the problem's task at it. What is to
  /// become `concat` is an output first.
  void allocate(Problem<T>& problem, const RunPlan& plan, const AttentionOptions& options);
  /// After `attend`: the mask, and the keys and values (which leave the problem where it has them).
  void fill_copies(Problem<T>& problem, const RunPlan& plan);

  Tensor& operator[](Stage stage) { return tensors_[stage]; }
  bool has(Stage stage) const { return tensors_.contains(stage); }
  /// In the order of the table of stages; nothing is left afterwards.
  std::vector<NamedTensor> release(const RunPlan& plan);

 private:
  std::map<Stage, Tensor> tensors_;
  std::vector<std::uint8_t> kept_;  // the bits of dropout that the task reads
};

/// A copy of a (B, H, L, D) view as a tensor of `shape`.
template <class T>
Tensor copy_heads(HeadsView<const T> view, Shape shape);

}  // namespace attn
