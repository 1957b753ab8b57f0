// Rows of the table of families: decoders of text.
#pragma once

#include "model/family.hpp"

namespace attn::model::rows {

inline constexpr Family gpt2{.name = "gpt2",
                             .models = "GPT-2",
                             .model_types = "gpt2",
                             .embeddings = {.words = "wte", .positions = "wpe", .position_ids = Positions::counted},
                             .norm = Norm::layer,
                             .epsilon_name = "layer_norm_epsilon",
                             .epsilon = 1e-5,
                             .mlp_branch = {.before = "h.N.ln_2"},
                             .mlp = {.up = "h.N.mlp.c_fc",
                                     .down = "h.N.mlp.c_proj",
                                     .columns = true,
                                     .bias = Bias::needed,
                                     .activation_name = "activation_function",
                                     .activation = Activation::gelu_tanh},
                             .last_norm = "ln_f",
                             .layers_name = "n_layer"};

inline constexpr Family gpt_neox{
    .name = "gpt-neox",
    .models = "GPT-NeoX, Pythia",
    .model_types = "gpt_neox",
    .embeddings = {.words = "embed_in"},
    .norm = Norm::layer,
    .epsilon_name = "layer_norm_eps",
    .epsilon = 1e-5,
    .mlp_branch = {.before = "layers.N.post_attention_layernorm"},
    .parallel = true,
    .parallel_switch = "use_parallel_residual",
    .mlp = {.up = "layers.N.mlp.dense_h_to_4h", .down = "layers.N.mlp.dense_4h_to_h", .bias = Bias::needed},
    .last_norm = "final_layer_norm"};

inline constexpr Family gpt_neo{.name = "gpt-neo",
                                .models = "GPT-Neo",
                                .model_types = "gpt_neo",
                                .embeddings = {.words = "wte", .positions = "wpe", .position_ids = Positions::counted},
                                .norm = Norm::layer,
                                .epsilon_name = "layer_norm_epsilon",
                                .epsilon = 1e-5,
                                .mlp_branch = {.before = "h.N.ln_2"},
                                .mlp = {.up = "h.N.mlp.c_fc",
                                        .down = "h.N.mlp.c_proj",
                                        .bias = Bias::needed,
                                        .activation_name = "activation_function",
                                        .activation = Activation::gelu_tanh},
                                .last_norm = "ln_f",
                                .layers_name = "num_layers"};

inline constexpr Family opt{.name = "opt",
                            .models = "OPT, Galactica",
                            .model_types = "opt",
                            .embeddings = {.words = "embed_tokens",
                                           .positions = "embed_positions",
                                           .position_ids = Positions::after_start,
                                           .position_offset = 2,
                                           .projection = "project_in",
                                           .projects_words = true},
                            .norm = Norm::layer,
                            .epsilon_name = "",
                            .epsilon = 1e-5,
                            .mlp_branch = {.before = "layers.N.final_layer_norm"},
                            .mlp = {.up = "layers.N.fc1",
                                    .down = "layers.N.fc2",
                                    .bias = Bias::needed,
                                    .bias_switch = "enable_bias",
                                    .activation_name = "activation_function",
                                    .activation = Activation::relu},
                            .last_norm = "final_layer_norm",
                            .no_last_norm_name = "_remove_final_layer_norm",
                            .last_projection = "project_out"};

inline constexpr Family llama{.name = "llama",
                              .models = "Llama, SmolLM2, SmolLM3",
                              .model_types = "llama smollm3",
                              .embeddings = {.words = "embed_tokens"},
                              .mlp_branch = {.before = "layers.N.post_attention_layernorm"},
                              .mlp = {.kind = MlpKind::gated,
                                      .up = "layers.N.mlp.up_proj",
                                      .down = "layers.N.mlp.down_proj",
                                      .gate = "layers.N.mlp.gate_proj",
                                      .bias = Bias::none,
                                      .bias_switch = "mlp_bias",
                                      .activation = Activation::silu},
                              .last_norm = "norm"};

// What took over Llama's names, but has no biases in its MLP.
constexpr Family like_llama(std::string_view name, std::string_view models, std::string_view model_types) {
  Family row = llama;
  row.name = name;
  row.models = models;
  row.model_types = model_types;
  row.mlp.bias_switch = "";
  return row;
}

inline constexpr Family mistral = like_llama("mistral", "Mistral", "mistral");

inline constexpr Family qwen = like_llama("qwen", "Qwen2, Qwen2.5, Qwen3", "qwen2 qwen3");

inline constexpr Family gemma = [] {
  Family row = like_llama("gemma", "Gemma", "gemma");
  row.embeddings.times_root_width = true;
  row.norm = Norm::rms_less_one;
  row.mlp.activation = Activation::gelu_tanh;
  row.mlp.gelu_means_tanh = true;
  return row;
}();

inline constexpr Family gemma2 = [] {
  Family row = gemma;
  row.name = "gemma2";
  row.models = "Gemma 2, Gemma 3";
  row.model_types = "gemma2 gemma3_text gemma3";
  row.mlp.activation_name = "hidden_activation";
  row.mlp.gelu_means_tanh = false;
  row.attention = {.after = "layers.N.post_attention_layernorm"};
  row.mlp_branch = {.before = "layers.N.pre_feedforward_layernorm", .after = "layers.N.post_feedforward_layernorm"};
  return row;
}();

inline constexpr Family phi3 = [] {
  Family row = like_llama("phi3", "Phi-3, Phi-3.5, Phi-4", "phi3");
  row.epsilon = 1e-5;
  row.mlp.kind = MlpKind::fused;
  row.mlp.up = "layers.N.mlp.gate_up_proj";
  row.mlp.gate = "";
  return row;
}();

inline constexpr Family glm = [] {
  Family row = phi3;
  row.name = "glm";
  row.models = "GLM-4";
  row.model_types = "glm";
  row.epsilon = 1.5625e-7;
  return row;
}();

inline constexpr Family olmo = [] {
  Family row = like_llama("olmo", "OLMo", "olmo");
  row.norm = Norm::layer_unweighted;
  row.epsilon_name = "";
  row.epsilon = 1e-5;
  return row;
}();

inline constexpr Family olmo2 = [] {
  Family row = like_llama("olmo2", "OLMo 2", "olmo2");
  row.epsilon = 1e-5;
  row.attention = {.after = "layers.N.post_attention_layernorm"};
  row.mlp_branch = {.after = "layers.N.post_feedforward_layernorm"};
  return row;
}();

inline constexpr Family stablelm = [] {
  Family row = like_llama("stablelm", "StableLM 2, StableLM Epoch", "stablelm");
  row.norm = Norm::layer;
  row.epsilon_name = "layer_norm_eps";
  row.epsilon = 1e-5;
  row.parallel_switch = "use_parallel_residual";
  row.parallel_shares_norm = true;
  return row;
}();

inline constexpr Family cohere = [] {
  Family row = like_llama("cohere", "Cohere Command R, Aya", "cohere");
  row.norm = Norm::layer_unbiased;
  row.epsilon_name = "layer_norm_eps";
  row.epsilon = 1e-5;
  row.mlp_branch = {};
  row.parallel = row.parallel_shares_norm = true;
  return row;
}();

inline constexpr Family granite = [] {
  Family row = like_llama("granite", "Granite", "granite");
  row.mlp.bias_switch = "mlp_bias";
  row.embeddings.multiplier = "embedding_multiplier";
  row.residual_multiplier = "residual_multiplier";
  return row;
}();

}  // namespace attn::model::rows
