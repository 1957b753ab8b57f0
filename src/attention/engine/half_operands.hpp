// Operands that are rounded to float16 ahead: what all engines then take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "attention/engine/scratch.hpp"
#include "attn/task.hpp"

namespace attn {

/// A task whose queries are rounded to float16, and whose keys and values are of it, if it asks for f16 operands; else
/// as it is. Keys and values that are f16 stay where they are. Throws Error (data, at `dtype`) for a finite number past
/// float16.
template <class T>
class HalfTask {
 public:
  explicit HalfTask(const AttentionTask<T>& task);
  HalfTask(const HalfTask&) = delete;
  HalfTask& operator=(const HalfTask&) = delete;

  const AttentionTask<T>& task() const { return task_; }

 private:
  AttentionTask<T> task_;
  Scratch<T> query_{0};
  Scratch<std::uint16_t> key_{0}, value_{0};
};

template <>
HalfTask<float>::HalfTask(const AttentionTask<float>& task);
template <>
HalfTask<double>::HalfTask(const AttentionTask<double>& task);

/// W of a projection; rounded to float16 where the execution says so.
template <class T>
class HalfWeight {
 public:
  HalfWeight(MatrixView<const T> weight, const Execution& execution);
  HalfWeight(const HalfWeight&) = delete;
  HalfWeight& operator=(const HalfWeight&) = delete;

  MatrixView<const T> weight() const { return weight_; }

 private:
  MatrixView<const T> weight_;
  Scratch<T> memory_{0};
};

template <>
HalfWeight<float>::HalfWeight(MatrixView<const float> weight, const Execution& execution);
template <>
HalfWeight<double>::HalfWeight(MatrixView<const double> weight, const Execution& execution);

/// x·W + b of factors that are rounded to float16: with all of W where it is packed, or else by `linear` of a few
/// outputs at a time.
template <class T>
void linear_of_halves(const LinearTask<T>& task);
template <>
void linear_of_halves(const LinearTask<float>& task);
template <>
void linear_of_halves(const LinearTask<double>& task);

}  // namespace attn
