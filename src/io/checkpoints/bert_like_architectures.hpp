// Rows of the table of architectures: encoders of text with BERT's names, or nearly so, that config.json tells apart.
#pragma once

#include "io/checkpoints/encoder_architectures.hpp"

namespace attn::io::rows {

// BERT with a norm before attention, below `encoder.layer.N.attention.`.
constexpr Architecture normed_bert(std::string_view name, std::string_view models, std::string_view model_types,
                                   std::string_view norm, std::string_view ignored) {
  Architecture row = renamed(bert, name, models, model_types);
  row.norm = norm;
  row.norm_kind = Norm::layer;
  row.epsilon = 1e-12;
  row.ignored = ignored;
  return row;
}

inline constexpr Architecture roberta_prelayernorm = normed_bert(
    "roberta-prelayernorm", "RoBERTa-PreLayerNorm", "roberta-prelayernorm", "encoder.layer.N.attention.LayerNorm",
    "LayerNorm.weight LayerNorm.bias LayerNorm.gamma LayerNorm.beta");
inline constexpr Architecture megatron_bert =
    normed_bert("megatron-bert", "Megatron-BERT", "megatron-bert", "encoder.layer.N.attention.ln", "ln.weight ln.bias");
inline constexpr Architecture xlm_roberta_xl = [] {
  Architecture row = normed_bert("xlm-roberta-xl", "XLM-RoBERTa-XL", "xlm-roberta-xl",
                                 "encoder.layer.N.attention.self_attn_layer_norm",
                                 "self_attn_layer_norm.weight self_attn_layer_norm.bias");
  row.epsilon = 1e-5;
  return row;
}();

inline constexpr Architecture esm = [] {
  Architecture row = normed_bert("esm", "ESM-2", "esm", "encoder.layer.N.attention.LayerNorm",
                                 "LayerNorm.weight LayerNorm.bias LayerNorm.gamma LayerNorm.beta "
                                 "self.rotary_embeddings.inv_freq");
  row.rotary = true;
  row.rope_layers = RopeLayers::by_kind;
  row.has_rope_parameters = false;
  row.fixed = "";
  return row;
}();

inline constexpr Architecture roformer = [] {
  Architecture row = renamed(bert, "roformer", "RoFormer", "roformer");
  row.rotary = row.interleaved = true;
  row.has_rope_parameters = false;
  row.theta_name = "";
  row.fixed = "rotary_value=false";
  return row;
}();

inline constexpr Architecture xlm{.name = "xlm",
                                  .models = "XLM, FlauBERT",
                                  .model_types = "xlm flaubert",
                                  .attention = "attentions.N.",
                                  .query = "q_lin",
                                  .key = "k_lin",
                                  .value = "v_lin",
                                  .output = "out_lin",
                                  .biases = Biases::stored,
                                  .heads_name = "n_heads",
                                  .width_name = "emb_dim",
                                  .causal_switch = "causal",
                                  .fixed = "is_causal=true"};

}  // namespace attn::io::rows
