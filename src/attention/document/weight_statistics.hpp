// Statistics and strongest keys of every row of weights, read while the rows are made.
#pragma once

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"
#include "attention/document/row_readings.hpp"

namespace attn {

/// What a run does about `AttentionOptions::stats` and `top`. In multihead they are of each head, averaged or not.
template <class T>
class WeightStatistics final : public WeightRowSink<T> {
 public:
  static void budget(const Dims& dims, const AttentionOptions& options, Budget& budget);

  /// Makes room, and has the problem's task show its rows, if anything is asked for. The problem must stay in its
  /// place until they are all made.
  void attach(Problem<T>& problem, const AttentionOptions& options);
  void take_row(std::size_t b, std::size_t h, std::size_t i, std::size_t begin, std::span<const T> weights) override;
  /// Hands everything over.
  void release(Result& result);

 private:
  QueryPlace place(std::size_t b, std::size_t i) const;
  static std::size_t top_count(const Dims& dims, const AttentionOptions& options);

  const Problem<T>* problem_ = nullptr;
  RowReadings<T> readings_;
};

}  // namespace attn
