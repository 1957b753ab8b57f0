// Rows of the table of architectures: decoders of text.
#pragma once

#include "io/checkpoints/architectures.hpp"

namespace attn::io::rows {

inline constexpr Architecture gpt2{.name = "gpt2",
                                   .models = "GPT-2",
                                   .model_types = "gpt2",
                                   .attention = "h.N.attn.",
                                   .layout = Layout::columns,
                                   .query = "c_attn",
                                   .output = "c_proj",
                                   .norm = "h.N.ln_1",
                                   .norm_kind = Norm::layer,
                                   .epsilon = 1e-5,
                                   .epsilon_name = "layer_norm_epsilon",
                                   .biases = Biases::all,
                                   .heads_name = "n_head",
                                   .width_name = "n_embd",
                                   .causal = true,
                                   .scale_switches = true,
                                   .ignored = "bias masked_bias"};

inline constexpr Architecture gpt_neo{.name = "gpt-neo",
                                      .models = "GPT-Neo",
                                      .model_types = "gpt_neo",
                                      .attention = "h.N.attn.attention.",
                                      .query = "q_proj",
                                      .key = "k_proj",
                                      .value = "v_proj",
                                      .output = "out_proj",
                                      .norm = "h.N.ln_1",
                                      .norm_kind = Norm::layer,
                                      .epsilon = 1e-5,
                                      .epsilon_name = "layer_norm_epsilon",
                                      .biases = Biases::output,
                                      .heads_name = "num_heads",
                                      .causal = true,
                                      .windows = Windows::listed,
                                      .window_name = "window_size",
                                      .window = 256,
                                      .unscaled = true,
                                      .fixed = "is_causal=true",
                                      .ignored = "bias masked_bias"};

inline constexpr Architecture gpt_neox{.name = "gpt-neox",
                                       .models = "GPT-NeoX, Pythia",
                                       .model_types = "gpt_neox",
                                       .attention = "layers.N.attention.",
                                       .layout = Layout::head_rows,
                                       .query = "query_key_value",
                                       .output = "dense",
                                       .norm = "layers.N.input_layernorm",
                                       .norm_kind = Norm::layer,
                                       .epsilon = 1e-5,
                                       .epsilon_name = "layer_norm_eps",
                                       .biases = Biases::all,
                                       .bias_switch = "attention_bias",
                                       .causal = true,
                                       .rotary = true,
                                       .theta_name = "rotary_emb_base",
                                       .rotated = 0.25,
                                       .rotated_name = "rotary_pct",
                                       .ignored = "bias masked_bias rotary_emb.inv_freq"};

inline constexpr Architecture opt{.name = "opt",
                                  .models = "OPT, Galactica",
                                  .model_types = "opt",
                                  .attention = "layers.N.self_attn.",
                                  .query = "q_proj",
                                  .key = "k_proj",
                                  .value = "v_proj",
                                  .output = "out_proj",
                                  .norm = "layers.N.self_attn_layer_norm",
                                  .norm_kind = Norm::layer,
                                  .norm_before_switch = "do_layer_norm_before",
                                  .norm_weights_switch = "layer_norm_elementwise_affine",
                                  .epsilon = 1e-5,
                                  .epsilon_name = "",
                                  .biases = Biases::all,
                                  .bias_switch = "enable_bias",
                                  .causal = true,
                                  .signs = "final_layer_norm.weight layers.N.fc1.weight"};

// What the rows of models that took over Llama's names have in common.
constexpr Architecture like_llama(std::string_view name, std::string_view models, std::string_view model_types) {
  return {.name = name,
          .models = models,
          .model_types = model_types,
          .attention = "layers.N.self_attn.",
          .query = "q_proj",
          .key = "k_proj",
          .value = "v_proj",
          .output = "o_proj",
          .norm = "layers.N.input_layernorm",
          .bias_switch = "attention_bias",
          .causal = true,
          .rotary = true,
          .ignored = "rotary_emb.inv_freq"};
}

inline constexpr Architecture llama = [] {
  Architecture row = like_llama("llama", "Llama, Arcee", "llama arcee");
  row.other_types = "arcee";
  row.other_epsilon = 1e-5;
  return row;
}();

inline constexpr Architecture granite = [] {
  Architecture row = like_llama("granite", "Granite, GraniteMoE", "granite granitemoe granitemoeshared");
  row.scale_name = "attention_multiplier";
  return row;
}();

inline constexpr Architecture smollm3 = [] {
  Architecture row = like_llama("smollm3", "SmolLM3", "smollm3");
  row.theta = 2e6;
  row.rope_layers = RopeLayers::listed;
  row.windows = Windows::without_rope;
  return row;
}();

inline constexpr Architecture olmo = [] {
  Architecture row = like_llama("olmo", "OLMo", "olmo");
  row.norm_kind = Norm::layer_unweighted;
  row.epsilon = 1e-5;
  row.epsilon_name = "";
  row.clip = "clip_qkv";
  return row;
}();

inline constexpr Architecture olmo2 = [] {
  Architecture row = like_llama("olmo2", "OLMo 2", "olmo2");
  row.norm = "";
  row.epsilon = 1e-5;
  row.qk_norm = {.query = "q_norm", .key = "k_norm", .of = QkNormOf::all_heads};
  row.signs = "layers.N.post_feedforward_layernorm.weight layers.N.self_attn.q_norm.weight";
  return row;
}();

inline constexpr Architecture stablelm = [] {
  Architecture row = like_llama("stablelm", "StableLM", "stablelm");
  row.norm_kind = Norm::layer;
  row.epsilon = 1e-5;
  row.epsilon_name = "layer_norm_eps";
  row.qk_norm = {.query = "q_layernorm.norms.N",
                 .key = "k_layernorm.norms.N",
                 .kind = Norm::layer_unbiased,
                 .of = QkNormOf::own_head,
                 .member = "qk_layernorm"};
  row.bias_switch = "use_qkv_bias";
  row.switched_biases = Biases::query_key_value;
  row.rotated = 0.25;
  row.rotated_name = "partial_rotary_factor";
  row.signs = "layers.N.input_layernorm.bias";
  return row;
}();

inline constexpr Architecture cohere = [] {
  Architecture row = like_llama("cohere", "Cohere Command R, Aya", "cohere");
  row.norm_kind = Norm::layer_unbiased;
  row.epsilon = 1e-5;
  row.epsilon_name = "layer_norm_eps";
  row.qk_norm = {.query = "q_norm",
                 .key = "k_norm",
                 .kind = Norm::layer_unbiased,
                 .of = QkNormOf::own_head,
                 .member = "use_qk_norm"};
  row.interleaved = true;
  row.theta = 500000;
  return row;
}();

inline constexpr Architecture glm = [] {
  Architecture row = like_llama("glm", "GLM", "glm");
  row.epsilon = 1.5625e-7;
  row.biases = Biases::query_key_value;
  row.interleaved = true;
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  row.signs = "layers.N.self_attn.q_proj.bias layers.N.mlp.gate_up_proj.weight";
  return row;
}();

inline constexpr Architecture mistral = [] {
  Architecture row = like_llama("mistral", "Mistral", "mistral");
  row.bias_switch = "";
  row.windows = Windows::all;
  row.window = 4096;
  return row;
}();

inline constexpr Architecture mixtral = [] {
  Architecture row = mistral;
  row.name = "mixtral";
  row.models = "Mixtral";
  row.model_types = "mixtral";
  row.epsilon = 1e-5;
  row.theta = 1e6;
  row.window = 0;
  row.signs = "layers.N.block_sparse_moe.gate.weight";
  return row;
}();

inline constexpr Architecture qwen2 = [] {
  Architecture row = like_llama("qwen2", "Qwen2, Qwen2.5", "qwen2");
  row.biases = Biases::query_key_value;
  row.bias_switch = "";
  row.windows = Windows::from_layer;
  row.window = 4096;
  row.signs = "layers.N.self_attn.q_proj.bias";
  return row;
}();

inline constexpr Architecture qwen2_vl = [] {
  Architecture row = qwen2;
  row.name = "qwen2-vl";
  row.models = "Qwen2-VL, Qwen2.5-VL";
  row.model_types = "qwen2_vl qwen2_vl_text qwen2_5_vl qwen2_5_vl_text";
  row.epsilon = 1e-5;
  row.theta = 1e6;
  row.first_window = 80;
  row.signs = only_by_config;
  return row;
}();

inline constexpr Architecture qwen2_moe = [] {
  Architecture row = qwen2;
  row.name = "qwen2-moe";
  row.models = "Qwen2-MoE, Qwen1.5-MoE";
  row.model_types = "qwen2_moe";
  row.bias_switch = "qkv_bias";
  row.windows = Windows::before_layer;
  row.signs = "layers.N.mlp.shared_expert_gate.weight";
  return row;
}();

inline constexpr Architecture qwen3 = [] {
  Architecture row = like_llama("qwen3", "Qwen3", "qwen3");
  row.qk_norm = {.query = "q_norm", .key = "k_norm"};
  row.windows = Windows::from_layer;
  row.window = 4096;
  row.signs = "layers.N.self_attn.q_norm.weight";
  return row;
}();

inline constexpr Architecture qwen3_vl = [] {
  Architecture row = qwen3;
  row.name = "qwen3-vl";
  row.models = "Qwen3-VL";
  row.model_types = "qwen3_vl_text";
  row.theta = 500000;
  row.windows = Windows::none;
  row.signs = only_by_config;
  return row;
}();

inline constexpr Architecture qwen3_moe = [] {
  Architecture row = qwen3;
  row.name = "qwen3-moe";
  row.models = "Qwen3-MoE";
  row.model_types = "qwen3_moe";
  row.windows = Windows::all_if_used;
  row.signs = "layers.N.self_attn.q_norm.weight layers.N.mlp.gate.weight";
  return row;
}();

inline constexpr Architecture gemma = [] {
  Architecture row = like_llama("gemma", "Gemma", "gemma");
  row.norm_kind = Norm::rms_less_one;
  return row;
}();

inline constexpr Architecture gemma2 = [] {
  Architecture row = like_llama("gemma2", "Gemma 2, VaultGemma", "gemma2 vaultgemma");
  row.norm_kind = Norm::rms_less_one;
  row.windows = Windows::alternating;
  row.window = 4096;
  row.scale_from = "query_pre_attn_scalar";
  row.scale_from_default = 256;
  row.softcap = "attn_logit_softcapping";
  row.softcap_default = 50;
  row.signs = "layers.N.pre_feedforward_layernorm.weight";
  return row;
}();

inline constexpr Architecture gemma3 = [] {
  Architecture row = gemma2;
  row.name = "gemma3";
  row.models = "Gemma 3";
  row.model_types = "gemma3_text gemma3";
  row.qk_norm = {.query = "q_norm", .key = "k_norm", .kind = Norm::rms_less_one};
  row.softcap = "";  // transformers reads the member and does not apply it
  row.theta = 1e6;
  row.local_theta = 10000;
  row.windows = Windows::pattern;
  row.bidirectional = row.halves_window = true;
  row.signs = "layers.N.pre_feedforward_layernorm.weight layers.N.self_attn.q_norm.weight";
  return row;
}();

inline constexpr Architecture gpt_oss = [] {
  Architecture row = like_llama("gpt-oss", "gpt-oss", "gpt_oss");
  row.epsilon = 1e-5;
  row.biases = Biases::all;
  row.theta = 150000;
  row.default_scheme = R"({"rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1, "truncate": false,
                          "original_max_position_embeddings": 4096})";
  row.windows = Windows::alternating;
  row.window = 128;
  row.sinks = true;
  row.signs = "layers.N.self_attn.sinks";
  return row;
}();

inline constexpr Architecture phi3 = [] {
  Architecture row = like_llama("phi3", "Phi-3, Phi-3.5, Phi-4", "phi3");
  row.layout = Layout::rows;
  row.query = "qkv_proj";
  row.key = row.value = "";
  row.bias_switch = "";
  row.epsilon = 1e-5;
  row.rotated_name = "partial_rotary_factor";
  row.trained_positions = 4096;
  row.windows = Windows::all;
  return row;
}();

}  // namespace attn::io::rows
