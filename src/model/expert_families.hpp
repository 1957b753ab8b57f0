// Rows of the table of families: decoders with mixtures of experts.
#pragma once

#include "model/decoder_families.hpp"

namespace attn::model::rows {

inline constexpr Family mixtral = [] {
  Family row = like_llama("mixtral", "Mixtral", "mixtral");
  row.epsilon = 1e-5;
  row.experts = {.router = "layers.N.block_sparse_moe.gate",
                 .each = {.kind = MlpKind::gated,
                          .up = "layers.N.block_sparse_moe.experts.E.w3",
                          .down = "layers.N.block_sparse_moe.experts.E.w2",
                          .gate = "layers.N.block_sparse_moe.experts.E.w1",
                          .bias = Bias::none,
                          .activation = Activation::silu}};
  return row;
}();

inline constexpr Family qwen3_moe = [] {
  Family row = like_llama("qwen3-moe", "Qwen3-MoE", "qwen3_moe");
  row.experts = {.router = "layers.N.mlp.gate",
                 .chosen = 8,
                 .normalised_name = "norm_topk_prob",
                 .normalised = false,
                 .each = row.mlp,
                 .step_name = "decoder_sparse_step",
                 .dense_name = "mlp_only_layers"};
  row.experts.each.up = "layers.N.mlp.experts.E.up_proj";
  row.experts.each.down = "layers.N.mlp.experts.E.down_proj";
  row.experts.each.gate = "layers.N.mlp.experts.E.gate_proj";
  return row;
}();

inline constexpr Family qwen2_moe = [] {
  Family row = qwen3_moe;
  row.name = "qwen2-moe";
  row.models = "Qwen2-MoE, Qwen1.5-MoE";
  row.model_types = "qwen2_moe";
  row.experts.chosen = 4;
  row.experts.shared = row.mlp;
  row.experts.shared.up = "layers.N.mlp.shared_expert.up_proj";
  row.experts.shared.down = "layers.N.mlp.shared_expert.down_proj";
  row.experts.shared.gate = "layers.N.mlp.shared_expert.gate_proj";
  row.experts.shared_gate = "layers.N.mlp.shared_expert_gate";
  return row;
}();

inline constexpr Family gpt_oss = [] {
  Family row = like_llama("gpt-oss", "gpt-oss", "gpt_oss");
  row.epsilon = 1e-5;
  row.experts = {.router = "layers.N.mlp.router",
                 .router_bias = Bias::needed,
                 .chosen = 4,
                 .each = {.kind = MlpKind::clamped,
                          .up = "layers.N.mlp.experts.gate_up_proj",
                          .down = "layers.N.mlp.experts.down_proj",
                          .columns = true,
                          .bias = Bias::needed,
                          .activation_name = "",
                          .alpha_name = "swiglu_alpha",
                          .limit_name = "swiglu_limit"}};
  return row;
}();

}  // namespace attn::model::rows
