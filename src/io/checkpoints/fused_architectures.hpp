// Rows of the table of architectures: decoders of text whose projections are fused, or lie under names of their own.
#pragma once

#include "io/checkpoints/decoder_architectures.hpp"

namespace attn::io::rows {

// GPT-2's spelling of config.json, with attention below `h.N.attn.`.
constexpr Architecture like_gpt(std::string_view name, std::string_view models, std::string_view model_types) {
  return {.name = name,
          .models = models,
          .model_types = model_types,
          .attention = "h.N.attn.",
          .query = "q_proj",
          .key = "k_proj",
          .value = "v_proj",
          .output = "out_proj",
          .norm = "h.N.ln_1",
          .norm_kind = Norm::layer,
          .epsilon = 1e-5,
          .epsilon_name = "layer_norm_epsilon",
          .biases = Biases::stored,
          .heads_name = "n_head",
          .width_name = "n_embd",
          .causal = true,
          .ignored = "bias masked_bias causal_mask"};
}

inline constexpr Architecture gptj = [] {
  Architecture row = like_gpt("gptj", "GPT-J", "gptj");
  row.rotary = row.interleaved = true;
  row.has_rope_parameters = false;
  row.theta_name = "";
  row.rotated_columns_name = "rotary_dim";
  row.rotated_columns = 64;
  return row;
}();

inline constexpr Architecture codegen = [] {
  Architecture row = gptj;
  row.name = "codegen";
  row.models = "CodeGen";
  row.model_types = "codegen";
  row.layout = Layout::four_blocks;
  row.query = "qkv_proj";
  row.key = row.value = "";
  return row;
}();

inline constexpr Architecture gpt_bigcode = [] {
  Architecture row = like_gpt("gpt-bigcode", "GPT-BigCode, StarCoder, SantaCoder", "gpt_bigcode");
  row.layout = Layout::group_rows;
  row.query = "c_attn";
  row.key = row.value = "";
  row.output = "c_proj";
  row.kv_heads_name = "";
  row.scale_switches = true;
  return row;
}();

inline constexpr Architecture openai_gpt = [] {
  Architecture row = like_gpt("openai-gpt", "GPT", "openai-gpt");
  row.fixed = "is_causal=true";
  row.layout = Layout::columns;
  row.query = "c_attn";
  row.key = row.value = "";
  row.output = "c_proj";
  row.norm = "";
  return row;
}();

inline constexpr Architecture ctrl = [] {
  Architecture row = like_gpt("ctrl", "CTRL", "ctrl");
  row.attention = "h.N.multi_head_attention.";
  row.query = "Wq";
  row.key = "Wk";
  row.value = "Wv";
  row.output = "dense";
  row.norm = "h.N.layernorm1";
  row.epsilon = 1e-6;
  row.epsilon_name = "";
  return row;
}();

inline constexpr Architecture bloom = [] {
  Architecture row = like_gpt("bloom", "BLOOM, BLOOMZ", "bloom");
  row.attention = "h.N.self_attention.";
  row.layout = Layout::head_rows;
  row.query = "query_key_value";
  row.key = row.value = "";
  row.output = "dense";
  row.norm = "h.N.input_layernorm";
  row.width_name = "hidden_size";
  row.alibi = Alibi::paper;
  row.fixed = "is_causal=true";
  row.signs = "word_embeddings_layernorm.weight";
  return row;
}();

inline constexpr Architecture falcon = [] {
  Architecture row = bloom;
  row.name = "falcon";
  row.models = "Falcon";
  row.model_types = "falcon";
  row.layout = Layout::group_rows;
  row.norm = "h.N.ln_attn h.N.input_layernorm";
  row.heads_name = "num_attention_heads";
  row.kv_heads_name = "";
  row.alibi = Alibi::none;
  row.rotary = true;
  row.fixed = "alibi=false";
  row.signs = "";
  return row;
}();

inline constexpr Architecture mpt = [] {
  Architecture row = like_gpt("mpt", "MPT", "mpt");
  row.attention = "blocks.N.attn.";
  row.layout = Layout::rows;
  row.query = "Wqkv";
  row.key = row.value = "";
  row.norm = "blocks.N.norm_1";
  row.norm_kind = Norm::layer_unbiased;
  row.heads_name = "n_heads";
  row.width_name = "d_model";
  row.alibi = Alibi::mpt;
  row.fixed =
      "is_causal=true attn_config.alibi=true attn_config.clip_qkv=none attn_config.softmax_scale=none "
      "attn_config.alibi_bias_max=8 attn_config.qk_ln=false attn_config.prefix_lm=false";
  return row;
}();

// Phi's spelling: halves of heads turn, and norms have biases.
inline constexpr Architecture phi = [] {
  Architecture row = like_llama("phi", "Phi-1, Phi-1.5, Phi-2", "phi");
  row.output = "dense";
  row.norm_kind = Norm::layer;
  row.epsilon = 1e-5;
  row.epsilon_name = "layer_norm_eps";
  row.biases = Biases::stored;
  row.bias_switch = "";
  row.rotated = 0.5;
  row.rotated_name = "partial_rotary_factor";
  row.qk_norm = {.query = "q_layernorm", .key = "k_layernorm", .kind = Norm::layer, .member = "qk_layernorm"};
  return row;
}();

inline constexpr Architecture persimmon = [] {
  Architecture row = phi;
  row.name = "persimmon";
  row.models = "Persimmon";
  row.model_types = "persimmon";
  row.layout = Layout::head_rows;
  row.query = "query_key_value";
  row.key = row.value = "";
  row.qk_norm.by_default = true;
  return row;
}();

}  // namespace attn::io::rows
