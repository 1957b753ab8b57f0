// RoPE's frequencies under the schemes that stretch contexts, as transformers defines them (modeling_rope_utils).
#include <algorithm>
#include <cmath>
#include <numbers>

#include "attn/layer.hpp"

namespace attn {
namespace {

constexpr double turn = 2 * std::numbers::pi;

// Long waves are slowed by the factor, short ones are kept, those between are mixed.
double llama3_frequency(double frequency, const RopeRule& rule) {
  const double wavelength = turn / frequency;
  if (wavelength < rule.positions / rule.high) return frequency;
  if (wavelength > rule.positions / rule.low) return frequency / rule.factor;
  const double smooth = (rule.positions / wavelength - rule.low) / (rule.high - rule.low);
  return (1 - smooth) * frequency / rule.factor + smooth * frequency;
}

// The index of the frequency, not whole, that turns `turns` times over the training's positions.
double yarn_index(double turns, const RopeRule& rule) {
  return static_cast<double>(rule.dims) * std::log(rule.positions / (turns * turn)) / (2 * std::log(rule.theta));
}

void apply_yarn(std::vector<double>& frequencies, const RopeRule& rule) {
  double first = yarn_index(rule.high, rule), last = yarn_index(rule.low, rule);
  if (rule.truncate) {
    first = std::floor(first);
    last = std::ceil(last);
  }
  first = std::max(first, 0.0);
  last = std::min(last, static_cast<double>(rule.dims) - 1);
  if (first == last) last += 0.001;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const double slowed = std::clamp((static_cast<double>(i) - first) / (last - first), 0.0, 1.0);
    frequencies[i] = frequencies[i] / rule.factor * slowed + frequencies[i] * (1 - slowed);
  }
}

}  // namespace

std::vector<double> rope_frequencies(const RopeRule& rule, std::size_t length) {
  const double dims = static_cast<double>(rule.dims), positions = static_cast<double>(length);
  double theta = rule.theta;
  if (rule.kind == RopeRule::Kind::dynamic && positions > rule.positions && rule.dims > 2)
    theta *= std::pow(rule.factor * positions / rule.positions - (rule.factor - 1), dims / (dims - 2));
  std::vector<double> frequencies(rule.dims / 2);
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    frequencies[i] = std::pow(theta, -2 * static_cast<double>(i) / dims);
  switch (rule.kind) {
    case RopeRule::Kind::unscaled:
    case RopeRule::Kind::dynamic: break;
    case RopeRule::Kind::linear:
      for (double& frequency : frequencies) frequency /= rule.factor;
      break;
    case RopeRule::Kind::llama3:
      for (double& frequency : frequencies) frequency = llama3_frequency(frequency, rule);
      break;
    case RopeRule::Kind::yarn: apply_yarn(frequencies, rule); break;
    case RopeRule::Kind::proportional:
      for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] = i < rule.turning ? frequencies[i] / rule.factor : 0;
      break;
    case RopeRule::Kind::longrope: {
      const std::vector<double>& factors = positions > rule.positions ? rule.long_factors : rule.short_factors;
      for (std::size_t i = 0; i < frequencies.size(); ++i) frequencies[i] /= factors.at(i);
      break;
    }
  }
  return frequencies;
}

}  // namespace attn
