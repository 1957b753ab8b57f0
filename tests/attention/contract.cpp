// Bounds of the error contract, and what is outside of them.
#include "attention/contract.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace attn::test {
namespace {

template <class Numbers>
double greatest(const Numbers& numbers) {
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
  void check(const std::string& what, double error, double bound) {
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

Contract::Float::Float(const TaskCase& given, Operands operands, double luck) : problem(given) {
  problem.operands = operands;
  const TaskCase rounded = given.rounded(operands);
  exact = rounded.formula<double>();
  const TaskAnswer naive = rounded.formula<float>();
  weights_bound = luck * bound_of(naive.weights, exact.weights);
  output_bound = luck * bound_of(naive.output, exact.output);
  // The plain program's error can be next to nothing where few rows have strong scores. Of these the scale and the
  // product may be rounded, each by 2^-24 of itself: weights change by half of that at most, and outputs by all of it.
  // Problems that are chosen, and not drawn, do without.
  if (luck > 1) {
    const double scores_off = 2 * 0x1p-24 * greatest(exact.lse);
    weights_bound += scores_off / 2;
    output_bound += scores_off * greatest(rounded.v);
  }
  // What dropout leaves of a row no longer shares the errors of its sum (attn-numerics(7)).
  if (!given.kept.empty()) output_bound += 0x1p-22 * exact.mixed;
  // A weight that multiplies V is off by half of 2^-8 of itself at most, before and after it is divided by the sum.
  if (operands == Operands::bf16) output_bound += 0x1p-8 * std::max(greatest(rounded.v), exact.mixed);
}

Contract::Contract(const TaskCase& problem, double luck)
    : luck_(luck),
      threaded_(problem),
      f32_(problem, Operands::f32, luck),
      bf16_(problem, Operands::bf16, luck),
      f16_(problem, Operands::f16, luck) {
  threaded_.threads = 3;
}

std::string Contract::broken_by(const KernelSet& set, TaskWants wants) const {
  Findings findings;
  const auto check = [&](const Float& held, const std::string& in) {
    TaskAnswer given = held.problem.run<float>(set, wants);
    if (wants != TaskWants::weights) {
      findings.check("output" + in, max_difference(given.output, held.exact.output), held.output_bound);
      findings.check("lse" + in, greatest_lse_error(given.lse, held.exact.lse), luck_ * 4e-6);
    }
    if (wants != TaskWants::output)
      findings.check("weights" + in, max_difference(given.weights, held.exact.weights), held.weights_bound);
    return given;
  };
  const TaskAnswer f32 = check(f32_, ""), threads = threaded_.run<float>(set, wants);
  check(bf16_, " in bf16");
  check(f16_, " in f16");
  const TaskAnswer f64 = f32_.problem.run<double>(set, wants);
  const TaskAnswer& exact = f32_.exact;
  if (wants != TaskWants::weights) {
    findings.check("output in f64", max_difference(f64.output, exact.output),
                   1e-12 * std::max(1.0, greatest(exact.output)));
    findings.check("lse in f64", greatest_lse_error(f64.lse, exact.lse), 1e-12);
  }
  if (wants != TaskWants::output) findings.check("weights in f64", max_difference(f64.weights, exact.weights), 1e-12);
  findings.check_same("output", same_bits(threads.output, f32.output));
  findings.check_same("lse", same_bits(threads.lse, f32.lse));
  findings.check_same("weights", same_bits(threads.weights, f32.weights));
  return findings.text();
}

}  // namespace attn::test
