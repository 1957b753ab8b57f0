// Members of config.json to the kind, the biases and the activation of an MLP.
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

}  // namespace

Mlp mlp_of(const Mlp& row, const io::Config& config) {
  Mlp mlp = row;
  if (!row.kind_name.empty()) read_kind(mlp, config);
  if (const auto name = config.text(row.activation_name))
    mlp.activation = activation_of(*name, config.where(row.activation_name));
  if (!row.fused_switch.empty() && config.truth(row.fused_switch).value_or(false)) {
    mlp.kind = MlpKind::fused;
    mlp.up = row.fused_up;
    mlp.down = row.fused_down;
    mlp.activation = Activation::silu;
  }
  if (const auto biased = config.truth(row.bias_switch)) mlp.bias = *biased ? Bias::needed : Bias::none;
  return mlp;
}

}  // namespace attn::model
