// Rows of the table of architectures: decoders of text with Llama's names, or nearly so, that config.json tells apart.
#pragma once

#include "io/checkpoints/decoder_architectures.hpp"

namespace attn::io::rows {

// All layers but every fourth see a window, unless config.json says otherwise.
constexpr Architecture with_fourths(Architecture row) {
  row.windows = Windows::pattern;
  row.window_step = 4;
  row.window = 4096;
  return row;
}

// Biases and windows as the files have them.
constexpr Architecture newer_llama(std::string_view name, std::string_view models, std::string_view model_types) {
  Architecture row = like_llama(name, models, model_types);
  row.biases = Biases::stored;
  row.bias_switch = "";
  row.windows = Windows::by_type;
  row.signs = only_by_config;
  return row;
}

inline constexpr Architecture seed_oss = [] {
  Architecture row = newer_llama("seed-oss", "Seed-OSS, InternLM3, Aria", "seed_oss internlm3 aria_text");
  row.other_types = "internlm3";
  row.other_epsilon = 1e-5;
  return row;
}();

inline constexpr Architecture cwm = [] {
  Architecture row = newer_llama("cwm", "CWM", "cwm");
  row.epsilon = 1e-5;
  row.theta = 1e6;
  row.default_scheme = R"({"rope_type": "llama3", "rope_theta": 1e6, "factor": 16, "low_freq_factor": 1,
                          "high_freq_factor": 4, "original_max_position_embeddings": 8192})";
  row.windows = Windows::after_full;
  row.window_step_name = "";
  row.window_step = 4;
  row.window = 8192;
  return row;
}();

inline constexpr Architecture minimax = [] {
  Architecture row = newer_llama("minimax", "MiniMax: its layers of softmax attention", "minimax");
  row.epsilon = 1e-5;
  row.theta = 1e6;
  row.windows = Windows::all;
  return row;
}();

inline constexpr Architecture ministral = [] {
  Architecture row = newer_llama("ministral", "Ministral", "ministral");
  row.windows = Windows::all_by_type;
  row.window = 4096;
  return row;
}();

inline constexpr Architecture ministral3 = [] {
  Architecture row = newer_llama("ministral3", "Ministral 3", "ministral3");
  row.epsilon = 1e-5;
  row.temperature = Temperature::scaled;
  row.default_scheme = R"({"rope_type": "yarn", "rope_theta": 1e6, "factor": 16, "beta_fast": 32, "beta_slow": 1,
                          "mscale": 1, "mscale_all_dim": 1, "original_max_position_embeddings": 16384,
                          "llama_4_scaling_beta": 0.1})";
  row.windows = Windows::all;
  return row;
}();

inline constexpr Architecture helium = [] {
  Architecture row = newer_llama("helium", "Helium", "helium");
  row.epsilon = 1e-8;
  row.theta = 100000;
  row.interleaved = true;
  return row;
}();

inline constexpr Architecture ernie4_5 = [] {
  Architecture row = newer_llama("ernie4-5", "ERNIE 4.5", "ernie4_5 ernie4_5_moe");
  row.epsilon = 1e-5;
  row.theta = 500000;
  row.interleaved = true;
  return row;
}();

inline constexpr Architecture eurobert = [] {
  Architecture row = newer_llama("eurobert", "EuroBERT", "eurobert");
  row.epsilon = 1e-5;
  row.causal = false;
  return row;
}();

inline constexpr Architecture starcoder2 = [] {
  Architecture row = newer_llama("starcoder2", "StarCoder2", "starcoder2");
  row.norm_kind = Norm::layer;
  row.epsilon = 1e-5;
  row.epsilon_name = "norm_epsilon";
  row.windows = Windows::all;
  return row;
}();

inline constexpr Architecture phimoe = [] {
  Architecture row = newer_llama("phimoe", "Phi-3.5-MoE", "phimoe");
  row.norm_kind = Norm::layer;
  row.epsilon = 1e-5;
  row.theta = 1e6;
  row.windows = Windows::all;
  return row;
}();

inline constexpr Architecture nemotron = [] {
  Architecture row = newer_llama("nemotron", "Nemotron", "nemotron");
  row.norm_kind = Norm::layer_less_one;
  row.epsilon = 1e-5;
  row.epsilon_name = "norm_eps";
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  return row;
}();

inline constexpr Architecture apertus = [] {
  Architecture row = newer_llama("apertus", "Apertus", "apertus apertus1p5_text");
  row.norm = "layers.N.attention_layernorm";
  row.epsilon = 1e-5;
  row.theta = 1.2e7;
  row.default_scheme = R"({"rope_type": "llama3", "rope_theta": 1.2e7, "factor": 8, "low_freq_factor": 1,
                          "high_freq_factor": 4, "original_max_position_embeddings": 8192})";
  row.qk_norm = {.query = "q_norm", .key = "k_norm"};
  return row;
}();

inline constexpr Architecture dots1 = [] {
  Architecture row = newer_llama("dots1", "dots.llm1", "dots1");
  row.windows = Windows::upper;
  row.window = 4096;
  row.first_window = 62;
  row.qk_norm = {.query = "q_norm", .key = "k_norm"};
  return row;
}();

inline constexpr Architecture exaone4 = [] {
  Architecture row = with_fourths(newer_llama("exaone4", "EXAONE 4", "exaone4 exaone_moe"));
  row.norm = "";
  row.epsilon = 1e-5;
  row.qk_norm = {.query = "q_norm", .key = "k_norm"};
  row.rope_layers = RopeLayers::windowed;
  return row;
}();

inline constexpr Architecture cohere2 = [] {
  Architecture row = with_fourths(newer_llama("cohere2", "Cohere Command R7B, Command A", "cohere2"));
  row.norm_kind = Norm::layer_unbiased;
  row.epsilon = 1e-5;
  row.epsilon_name = "layer_norm_eps";
  row.interleaved = true;
  row.rope_layers = RopeLayers::windowed;
  return row;
}();

inline constexpr Architecture glm4 = [] {
  Architecture row = newer_llama("glm4", "GLM-4-0414", "glm4");
  row.epsilon = 1.5625e-7;
  row.interleaved = true;
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  return row;
}();

inline constexpr Architecture glm4_moe = [] {
  Architecture row = newer_llama("glm4-moe", "GLM-4.5, GLM-4.6", "glm4_moe");
  row.epsilon = 1e-5;
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  row.qk_norm = {.query = "q_norm", .key = "k_norm", .member = "use_qk_norm"};
  return row;
}();

inline constexpr Architecture hunyuan = [] {
  Architecture row = newer_llama("hunyuan", "Hunyuan", "hunyuan_v1_dense hunyuan_v1_moe");
  row.epsilon = 1e-5;
  row.qk_norm = {.query = "query_layernorm", .key = "key_layernorm", .after_rope = true};
  return row;
}();

inline constexpr Architecture olmoe = [] {
  Architecture row = newer_llama("olmoe", "OLMoE", "olmoe");
  row.epsilon = 1e-5;
  row.qk_norm = {.query = "q_norm", .key = "k_norm", .of = QkNormOf::all_heads};
  row.clip = "clip_qkv";
  return row;
}();

inline constexpr Architecture olmo3 = [] {
  Architecture row = with_fourths(olmo2);
  row.name = "olmo3";
  row.models = "OLMo 3";
  row.model_types = "olmo3";
  row.window_step_name = "";
  row.theta = row.local_theta = 500000;
  row.local_theta_name = "";
  row.signs = only_by_config;
  return row;
}();

inline constexpr Architecture flex_olmo = [] {
  Architecture row = olmo2;
  row.name = "flex-olmo";
  row.models = "FlexOlmo";
  row.model_types = "flex_olmo";
  row.epsilon = 1e-6;
  row.theta = 500000;
  row.signs = only_by_config;
  return row;
}();

inline constexpr Architecture minimax_m2 = [] {
  Architecture row = newer_llama("minimax-m2", "MiniMax-M2", "minimax_m2");
  row.qk_norm = {.query = "q_norm", .key = "k_norm", .of = QkNormOf::all_heads};
  row.theta = 5e6;
  row.rotated_columns_name = "rotary_dim";
  return row;
}();

inline constexpr Architecture jamba = [] {
  Architecture row = newer_llama("jamba", "Jamba", "jamba");
  row.rotary = false;
  return row;
}();

inline constexpr Architecture bamba = [] {
  Architecture row = newer_llama("bamba", "Bamba", "bamba");
  row.epsilon = 1e-5;
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  row.fixed = "partial_rotary_factor=0.5";  // transformers takes no other
  return row;
}();

inline constexpr Architecture granite_hybrid = [] {
  Architecture row = newer_llama("granite-hybrid", "Granite 4", "granitemoehybrid");
  row.rotary = false;
  row.scale_name = "attention_multiplier";
  row.fixed = "position_embedding_type=nope";
  return row;
}();

inline constexpr Architecture lfm2 = [] {
  Architecture row = newer_llama("lfm2", "LFM2", "lfm2 lfm2_moe");
  row.output = "out_proj";
  row.norm = "layers.N.operator_norm";
  row.epsilon = 1e-5;
  row.epsilon_name = "norm_eps";
  row.theta = 1e6;
  row.qk_norm = {.query = "q_layernorm", .key = "k_layernorm"};
  return row;
}();

inline constexpr Architecture llama4 = [] {
  Architecture row = newer_llama("llama4", "Llama 4", "llama4_text");
  row.epsilon = 1e-5;
  row.theta = 500000;
  row.interleaved = true;
  row.rope_layers = RopeLayers::listed;
  row.temperature = Temperature::llama4;
  row.chunked = true;
  row.windows = Windows::none;
  row.fixed = "is_causal=true";
  row.qk_norm = {
      .member = "use_qk_norm", .by_default = true, .weighted = false, .after_rope = true, .only_with_rope = true};
  return row;
}();

inline constexpr Architecture gemma4 = [] {
  Architecture row = newer_llama("gemma4", "Gemma 4", "gemma4_text");
  row.qk_norm = {.query = "q_norm", .key = "k_norm"};
  row.value_norm = true;
  row.unscaled = true;
  row.windows = Windows::pattern;
  row.window = 512;
  row.last_sees_all = true;
  row.local_theta = 10000;
  row.theta = 1e6;
  row.theta_name = row.local_theta_name = "";
  row.default_scheme = R"({"sliding_attention": {"rope_type": "default"},
                          "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25}})";
  row.head_dim_name = row.kv_heads_name = "";
  return row;
}();

// Multi-head latent attention.
constexpr Architecture latent(std::string_view name, std::string_view models, std::string_view model_types) {
  Architecture row = newer_llama(name, models, model_types);
  row.layout = Layout::latent;
  row.query = "kv_a_proj_with_mqa";
  row.key = row.value = "";
  row.windows = Windows::none;
  row.head_dim_name = "";
  return row;
}

inline constexpr Architecture deepseek = [] {
  Architecture row = latent("deepseek", "DeepSeek-V2, DeepSeek-V3, DeepSeek-R1, GLM-4.7-Flash, Youtu",
                            "deepseek_v3 deepseek_v2 glm4_moe_lite youtu axk1");
  row.interleaved = true;
  row.interleaved_by_config = true;
  row.other_types = "glm4_moe_lite";
  row.other_epsilon = 1e-5;
  row.signs = "layers.N.self_attn.kv_a_layernorm.weight";
  return row;
}();

inline constexpr Architecture minicpm3 = [] {
  Architecture row = latent("minicpm3", "MiniCPM3", "minicpm3");
  row.epsilon = 1e-5;
  return row;
}();

}  // namespace attn::io::rows
