// Samples rows of the output and compares them.
#include "cli/bench/check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn::cli {
namespace {

// Rows that are checked: enough that the greatest error of the naive program is no matter of luck.
constexpr std::size_t sampled_rows = 512;
constexpr std::size_t least_rows_a_group = 16;

// What some rows show, and the greatest of it.
struct Errors {
  double error = 0;    // of the output; infinite for NaN
  double squares = 0;  // of the errors: their sum
  std::size_t numbers = 0;
  double naive = 0;       // of the formula in float
  double rounding = 0;    // of float itself near the exact results
  double largest = 0;     // exact result
  double on_the_way = 0;  // rounding of what is computed in between

  void join(const Errors& other) {
    error = std::max(error, other.error);
    squares += other.squares;
    numbers += other.numbers;
    naive = std::max(naive, other.naive);
    rounding = std::max(rounding, other.rounding);
    largest = std::max(largest, other.largest);
    on_the_way = std::max(on_the_way, other.on_the_way);
  }
};

template <class T>
Errors errors_of_row(const Workload<T>& workload, std::size_t row) {
  const std::vector<double> exact = workload.exact_row(row);
  const std::vector<float> naive = workload.naive_row(row);
  const T* output = workload.output_row(row);
  Errors errors;
  errors.on_the_way = workload.rounding_on_the_way(row);
  for (std::size_t c = 0; c < exact.size(); ++c) {
    const double error = std::abs(static_cast<double>(output[c]) - exact[c]);
    const float rounded = static_cast<float>(exact[c]);
    const volatile float shifted = rounded + 0.3F;
    errors.join({std::isnan(error) ? std::numeric_limits<double>::infinity() : error, error * error, 1,
                 std::abs(static_cast<double>(naive[c]) - exact[c]),
                 static_cast<double>(std::abs((shifted - 0.3F) - rounded)), std::abs(exact[c]), 0});
  }
  return errors;
}

// The contract of each type.
template <class T>
double bound_of(const Errors& errors) {
  if constexpr (sizeof(T) == sizeof(double)) return 1e-12 * errors.largest;
  return 2 * errors.naive + 2 * errors.rounding + errors.on_the_way;
}

}  // namespace

template <class T>
void check(const Workload<T>& workload, BenchResult& result) {
  // Spread over each group, its last row included: block edges of every size fall among them.
  const std::size_t group = workload.rows_a_group(), groups = workload.rows() / group;
  const std::size_t samples = std::min(group, std::max(least_rows_a_group, divide_up(sampled_rows, groups)));
  const std::size_t threads = available_cores();
  std::vector<Errors> found(groups * samples);  // one a row: their sum is the same for any number of threads
  parallel_for(groups * samples, threads, [&](std::size_t index, std::size_t) {
    const std::size_t row = group - 1 - index % samples * group / samples;
    found[index] = errors_of_row(workload, index / samples * group + row);
  });
  Errors errors;
  for (const Errors& some : found) errors.join(some);
  result.max_error = errors.error;
  result.rms_error = errors.numbers == 0 ? 0 : std::sqrt(errors.squares / static_cast<double>(errors.numbers));
  result.error_bound = bound_of<T>(errors);
  if (result.max_error <= result.error_bound) return;
  result.status = BenchResult::Status::wrong;
  result.reason = "the result is outside the error contract";
}

template void check(const Workload<float>&, BenchResult&);
template void check(const Workload<double>&, BenchResult&);

}  // namespace attn::cli
