// Bounds of the error contract, and what is outside of them.
#include "attention/contract.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace attn::test {
namespace {

double greatest(const Matrix& numbers) {
  double most = 0;
  for (const double x : numbers)
    if (std::isfinite(x)) most = std::max(most, std::abs(x));
  return most;
}

double greatest_lse_error(const std::vector<double>& lse, const std::vector<double>& exact) {
  double worst = 0;
  for (std::size_t n = 0; n < exact.size(); ++n) {
    if (lse[n] == exact[n] || (std::isnan(lse[n]) && std::isnan(exact[n]))) continue;
    const double error = std::abs(lse[n] - exact[n]) / std::max(1.0, std::abs(exact[n]));
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst;
}

// The bound for float32, but for rows that are NaN by rule, which have no error.
double bound_of(Matrix naive, Matrix reference) {
  for (std::size_t n = 0; n < reference.size(); ++n)
    if (std::isnan(reference.data()[n])) naive.data()[n] = reference.data()[n] = 0;
  return contract_bound(naive, reference);
}

class Findings {
 public:
  void check(const char* what, double error, double bound) {
    if (error <= bound) return;
    text_ << (text_.str().empty() ? "" : "; ") << what << " is off by " << error << " and may be by " << bound;
  }
  void check_same(const char* what, bool is_same) {
    if (!is_same) text_ << (text_.str().empty() ? "" : "; ") << what << " changes with the number of threads";
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

}  // namespace

Contract::Contract(const TaskCase& problem, double luck)
    : luck_(luck),
      problem_(problem),
      in_bf16_(problem),
      threaded_(problem),
      exact_(problem.formula<double>()),
      rounded_exact_(problem.rounded().formula<double>()) {
  in_bf16_.bf16 = true;
  threaded_.threads = 3;
  const TaskCase rounded = problem.rounded();
  const TaskAnswer naive = problem.formula<float>(), rounded_naive = rounded.formula<float>();
  // What dropout leaves of a row no longer shares the errors of its sum (attn-numerics(7)).
  const double dropped = problem.kept.empty() ? 0 : 0x1p-22 * exact_.mixed;
  output_bound_ = luck * bound_of(naive.output, exact_.output) + dropped;
  weights_bound_ = luck * bound_of(naive.weights, exact_.weights);
  rounded_weights_bound_ = luck * bound_of(rounded_naive.weights, rounded_exact_.weights);
  // A weight that multiplies V is off by half of 2^-8 of itself at most, before and after it is divided by the sum.
  rounded_output_bound_ = luck * bound_of(rounded_naive.output, rounded_exact_.output) +
                          0x1p-8 * std::max(greatest(rounded.v), rounded_exact_.mixed) + dropped;
}

std::string Contract::broken_by(const KernelSet& set, TaskWants wants) const {
  const TaskAnswer f32 = problem_.run<float>(set, wants), f64 = problem_.run<double>(set, wants);
  const TaskAnswer bf16 = in_bf16_.run<float>(set, wants), threads = threaded_.run<float>(set, wants);
  Findings findings;
  if (wants != TaskWants::weights) {
    findings.check("output", max_difference(f32.output, exact_.output), output_bound_);
    findings.check("output in f64", max_difference(f64.output, exact_.output),
                   1e-12 * std::max(1.0, greatest(exact_.output)));
    findings.check("output in bf16", max_difference(bf16.output, rounded_exact_.output), rounded_output_bound_);
    findings.check("lse in f64", greatest_lse_error(f64.lse, exact_.lse), 1e-12);
    findings.check("lse", greatest_lse_error(f32.lse, exact_.lse), luck_ * 4e-6);
    findings.check("lse in bf16", greatest_lse_error(bf16.lse, rounded_exact_.lse), luck_ * 4e-6);
  }
  if (wants != TaskWants::output) {
    findings.check("weights", max_difference(f32.weights, exact_.weights), weights_bound_);
    findings.check("weights in f64", max_difference(f64.weights, exact_.weights), 1e-12);
    findings.check("weights in bf16", max_difference(bf16.weights, rounded_exact_.weights), rounded_weights_bound_);
  }
  findings.check_same("output", same_bits(threads.output, f32.output));
  findings.check_same("lse", same_bits(threads.lse, f32.lse));
  findings.check_same("weights", same_bits(threads.weights, f32.weights));
  return findings.text();
}

}  // namespace attn::test
