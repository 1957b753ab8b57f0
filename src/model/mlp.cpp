// Kinds of MLPs: what config.json says of them, their weights, and their forward pass.
#include "model/mlp.hpp"

#include <string>

#include "attn/error.hpp"
#include "core/utf8.hpp"

namespace attn::model {
namespace {

// T5: "relu", "gated-gelu". The gelu of gated ones is the one with tanh.
void read_kind(Mlp& mlp, const io::Config& config) {
  const std::string text = config.text(mlp.kind_name).value_or(std::string(mlp.kind_text)),
                    where = config.where(mlp.kind_name);
  const std::size_t dash = text.find('-');
  const bool says_gated = dash != std::string::npos;
  if (says_gated && (text.substr(0, dash) != "gated" || text.find('-', dash + 1) != std::string::npos))
    throw data_error(where, "'" + printable(text) + "' is neither ACT nor gated-ACT");
  mlp.activation =
      text == "gated-gelu" ? Activation::gelu_tanh : activation_of(says_gated ? text.substr(dash + 1) : text, where);
  if (!config.truth(mlp.gated_name).value_or(says_gated)) return;
  mlp.kind = MlpKind::gated;
  mlp.up = mlp.gated_up;
}

void check_pair(const MlpWeights& weights) {
  const bool is_pair = weights.kind == MlpKind::fused || weights.kind == MlpKind::clamped;
  if (is_pair && weights.up.out() % 2 != 0)
    throw data_error(weights.up.where, "gives " + std::to_string(weights.up.out()) +
                                           " columns, an odd number, and half of them are gates");
  if (weights.kind == MlpKind::gated && weights.gate.out() != weights.up.out())
    throw data_error(weights.gate.where, "gives vectors of width " + std::to_string(weights.gate.out()) +
                                             ", and what they gate is of width " + std::to_string(weights.up.out()));
}

}  // namespace

Mlp mlp_of(const Mlp& row, const io::Config& config) {
  Mlp mlp = row;
  if (!row.kind_name.empty()) read_kind(mlp, config);
  if (const auto name = config.text(row.activation_name)) {
    mlp.activation = activation_of(*name, config.where(row.activation_name));
    if (row.gelu_means_tanh && *name == "gelu") mlp.activation = Activation::gelu_tanh;
  }
  if (!row.fused_switch.empty() && config.truth(row.fused_switch).value_or(false)) {
    mlp.kind = MlpKind::fused;
    mlp.up = row.fused_up;
    mlp.down = row.fused_down;
    mlp.activation = Activation::silu;
  }
  if (const auto biased = config.truth(row.bias_switch)) mlp.bias = *biased ? Bias::needed : Bias::none;
  if (!row.alpha_name.empty()) mlp.clamp.alpha = config.number(row.alpha_name).value_or(mlp.clamp.alpha);
  if (!row.limit_name.empty()) mlp.clamp.limit = config.number(row.limit_name).value_or(mlp.clamp.limit);
  return mlp;
}

MlpWeights MlpWeights::read(const Mlp& mlp, std::size_t width, const LinearOf& linear) {
  MlpWeights weights;
  weights.kind = mlp.kind;
  weights.activation = mlp.activation;
  weights.clamp = mlp.clamp;
  const Stored stored{.columns = mlp.columns, .bias = mlp.bias};
  weights.up = linear(mlp.up, stored, width);
  if (mlp.kind == MlpKind::gated) weights.gate = linear(mlp.gate, stored, width);
  check_pair(weights);
  const bool is_pair = mlp.kind == MlpKind::fused || mlp.kind == MlpKind::clamped;
  weights.down = linear(mlp.down, stored, weights.up.out() / (is_pair ? 2 : 1));
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
