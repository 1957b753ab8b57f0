// What is timed: inputs drawn from the seed 0 (for bf16 and f16 rounded to them), a run, and the formula row by row to
// hold its output against.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "attn/tensor.hpp"
#include "cli/bench/case.hpp"

namespace attn::cli {

template <class T>
class Workload {
 public:
  virtual ~Workload() = default;
  virtual void run() = 0;

  /// Output rows in C order.
  virtual std::size_t rows() const = 0;
  /// Output rows that share their inputs and differ in position: a head's, or all.
  virtual std::size_t rows_a_group() const = 0;
  virtual const T* output_row(std::size_t row) const = 0;
  /// The row by the formula, with sums from left to right in double, and in float.
  virtual std::vector<double> exact_row(std::size_t row) const = 0;
  virtual std::vector<float> naive_row(std::size_t row) const = 0;
  /// How far elements of the row may be off because bf16 rounds what is computed on the way, at most.
  virtual double rounding_on_the_way(std::size_t) const { return 0; }
};

/// Rounds every element to what an arithmetic's operands are, if these are narrower. Throws std::logic_error unless
/// they are f32 then.
void round_operands(Tensor& tensor, Arithmetic arithmetic);
/// Such elements, rounded to float16, as these are stored.
Tensor halves_of(const Tensor& tensor);

/// The output is NaN before the first run.
template <class T>
std::unique_ptr<Workload<T>> make_attention_workload(const BenchCase& config);
template <class T>
std::unique_ptr<Workload<T>> make_projection_workload(const BenchCase& config);

template <class T>
std::unique_ptr<Workload<T>> make_workload(const BenchCase& config) {
  return info_of(config.mode).attends ? make_attention_workload<T>(config) : make_projection_workload<T>(config);
}

}  // namespace attn::cli
