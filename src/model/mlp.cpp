// Kinds of MLPs: their weights by the table's row, and their forward pass.
#include "model/mlp.hpp"

#include <string>

#include "attn/error.hpp"
#include "core/utf8.hpp"

namespace attn::model {
namespace {

Activation activation_in(const Mlp& row, const io::Config& config) {
  const std::string_view member = row.activation_name;
  const std::optional<std::string> name = member.empty() ? std::nullopt : config.text(member);
  if (!name) return row.activation;
  const Activation activation = activation_of(*name, config.where(member));
  return row.gelu_means_tanh && *name == "gelu" ? Activation::gelu_tanh : activation;
}

// T5: "relu", "gated-gelu". The gelu of gated ones is the one with tanh.
Mlp with_kind(const Mlp& row, const io::Config& config) {
  Mlp mlp = row;
  if (row.kind_name.empty()) return mlp;
  const std::string text = config.text(row.kind_name).value_or(std::string(row.kind_text));
  const std::string where = config.where(row.kind_name);
  const std::size_t dash = text.find('-');
  const bool says_gated = dash != std::string::npos;
  if (says_gated && (text.substr(0, dash) != "gated" || text.find('-', dash + 1) != std::string::npos))
    throw data_error(where, "'" + printable(text) + "' is neither ACT nor gated-ACT");
  mlp.activation =
      text == "gated-gelu" ? Activation::gelu_tanh : activation_of(says_gated ? text.substr(dash + 1) : text, where);
  if (config.truth(row.gated_name).value_or(says_gated)) {
    mlp.kind = MlpKind::gated;
    mlp.up = row.gated_up;
  }
  return mlp;
}

void check_pair(const MlpWeights& weights, const std::string& file) {
  const bool is_pair = weights.kind == MlpKind::fused || weights.kind == MlpKind::clamped;
  if (is_pair && weights.up.out() % 2 != 0)
    throw data_error(file, "gates are half of " + std::to_string(weights.up.out()) + " columns, an odd number");
  if (weights.kind == MlpKind::gated && weights.gate.out() != weights.up.out())
    throw data_error(file, "a gate is of width " + std::to_string(weights.gate.out()) + ", what it gates of " +
                               std::to_string(weights.up.out()));
}

}  // namespace

MlpWeights MlpWeights::read(const Mlp& stored_row, const io::Config& config, const std::string& file, std::size_t width,
                            const LinearOf& linear) {
  const Mlp row = with_kind(stored_row, config);
  MlpWeights weights;
  weights.kind = row.kind;
  weights.activation = activation_in(row, config);
  if (!row.alpha_name.empty()) weights.clamp.alpha = config.number(row.alpha_name).value_or(weights.clamp.alpha);
  if (!row.limit_name.empty()) weights.clamp.limit = config.number(row.limit_name).value_or(weights.clamp.limit);
  Stored stored{.columns = row.columns, .bias = row.bias};
  if (const auto biased = row.bias_switch.empty() ? std::nullopt : config.truth(row.bias_switch))
    stored.bias = *biased ? Bias::needed : Bias::none;
  weights.up = linear(row.up, stored, width);
  if (row.kind == MlpKind::gated) weights.gate = linear(row.gate, stored, width);
  check_pair(weights, file);
  const bool is_pair = row.kind == MlpKind::fused || row.kind == MlpKind::clamped;
  weights.down = linear(row.down, stored, weights.up.out() / (is_pair ? 2 : 1));
  return weights;
}

Tensor MlpWeights::apply(const Tensor& x, const Execution& execution) const {
  Tensor inner;
  switch (kind) {
    case MlpKind::plain:
      inner = model::apply(up, x, execution);
      activate(inner, nullptr, activation, execution);
      break;
    case MlpKind::gated:
      inner = model::apply(up, x, execution);
      {
        const Tensor by = model::apply(gate, x, execution);
        activate(inner, &by, activation, execution);
      }
      break;
    case MlpKind::fused: {
      const std::size_t half = up.out() / 2;
      inner = model::apply(up, x, execution, {half, {}});
      const Tensor by = model::apply(up, x, execution, {0, half});
      activate(inner, &by, activation, execution);
      break;
    }
    case MlpKind::clamped: inner = activate_clamped(model::apply(up, x, execution), clamp); break;
  }
  return model::apply(down, inner, execution);
}

}  // namespace attn::model
