// One run of attention on a document: what compute and multihead share.
#pragma once

#include <string>

#include "attention/document/budget.hpp"
#include "attention/document/emitted_tensors.hpp"
#include "attention/document/problem.hpp"
#include "attention/document/run_plan.hpp"

namespace attn {

/// Where a run's queries, keys and values come from, and what becomes of its heads' outputs. Its functions are called
/// in the order in which they stand here, each once.
template <class T>
class OperandSource {
 public:
  virtual ~OperandSource() = default;

  /// Of the document.
  virtual std::size_t queries() const = 0;
  virtual HeadSplit head_split() const = 0;
  /// Q, K and V, which live as long as the source. They have their shapes, but need no numbers yet: nothing is computed
  /// before all else is known to be right. Of the queries all may be there, or `rows` alone.
  virtual Operands reserve(const QueryRows& rows, Budget& budget) = 0;
  /// Checks what else there is against the problem, and counts its memory.
  virtual void check(Problem<T>& problem, Budget& budget) = 0;
  /// Of a tensor that the run emits; `dims` as they are after `check`.
  virtual Shape shape_of(Stage stage, const Dims& dims) const { return dims.shape_of(stage); }
  /// Gives the operands their numbers.
  virtual void fill(const Dims& dims) = 0;
  /// Puts among the emitted tensors what attention itself does not give.
  virtual void emit(const Problem<T>& problem, const RunPlan& plan, EmittedTensors<T>& tensors) = 0;
  /// Says its part of the summary, the command first.
  virtual void describe(RunSummary& summary) const = 0;
};

/// Throws Error as compute and multihead do.
template <class T>
Result run_attention(const Input& input, const AttentionOptions& options, OperandSource<T>& source);

}  // namespace attn
