// Rows of the table of architectures: encoders of text, and encoders with decoders.
#pragma once

#include "io/checkpoints/architectures.hpp"

namespace attn::io::rows {

inline constexpr Architecture bert{
    .name = "bert",
    .models =
        "BERT, RoBERTa, XLM-RoBERTa, CamemBERT, ELECTRA, ERNIE, Data2Vec Text, LayoutLM, MarkupLM, RemBERT, "
        "RoCBert, Splinter, TAPAS, VisualBERT, BertGeneration, AltCLIP, Chinese-CLIP, ALIGN",
    .model_types =
        "bert roberta xlm-roberta camembert electra ernie data2vec-text layoutlm markuplm rembert roc_bert "
        "splinter tapas visual_bert bert-generation altclip_text_model chinese_clip_text_model "
        "align_text_model",
    .attention = "encoder.layer.N.attention.",
    .query = "self.query",
    .key = "self.key",
    .value = "self.value",
    .output = "output.dense",
    .epsilon_name = "layer_norm_eps",
    .biases = Biases::all,
    .causal_switch = "is_decoder",
    .fixed = "position_embedding_type=absolute",
    .ignored = "output.LayerNorm.weight output.LayerNorm.bias output.LayerNorm.gamma output.LayerNorm.beta",
    .refused = "self.distance_embedding.weight"};

inline constexpr Architecture distilbert{.name = "distilbert",
                                         .models = "DistilBERT",
                                         .model_types = "distilbert",
                                         .attention = "transformer.layer.N.attention.",
                                         .query = "q_lin",
                                         .key = "k_lin",
                                         .value = "v_lin",
                                         .output = "out_lin",
                                         .biases = Biases::all,
                                         .heads_name = "n_heads",
                                         .width_name = "dim"};

inline constexpr Architecture albert{.name = "albert",
                                     .models = "ALBERT",
                                     .model_types = "albert",
                                     .attention = "encoder.albert_layer_groups.N.albert_layers.0.attention.",
                                     .query = "query",
                                     .key = "key",
                                     .value = "value",
                                     .output = "dense",
                                     .epsilon_name = "layer_norm_eps",
                                     .biases = Biases::all,
                                     .groups_name = "num_hidden_groups",
                                     .fixed = "inner_group_num=1 position_embedding_type=absolute",
                                     .ignored = "LayerNorm.weight LayerNorm.bias LayerNorm.gamma LayerNorm.beta"};

inline constexpr Architecture mpnet{.name = "mpnet",
                                    .models = "MPNet",
                                    .model_types = "mpnet",
                                    .attention = "encoder.layer.N.attention.",
                                    .query = "attn.q",
                                    .key = "attn.k",
                                    .value = "attn.v",
                                    .output = "attn.o",
                                    .epsilon_name = "layer_norm_eps",
                                    .biases = Biases::all,
                                    .relative_bias = "encoder.relative_attention_bias",
                                    .buckets_by_config = false,
                                    .fixed = "relative_attention_num_buckets=32",
                                    .ignored = "LayerNorm.weight LayerNorm.bias LayerNorm.gamma LayerNorm.beta"};

inline constexpr Architecture modernbert{.name = "modernbert",
                                         .models = "ModernBERT",
                                         .model_types = "modernbert",
                                         .attention = "layers.N.attn.",
                                         .layout = Layout::rows,
                                         .query = "Wqkv",
                                         .output = "Wo",
                                         .norm = "layers.N.attn_norm",
                                         .norm_in_first = false,
                                         .norm_kind = Norm::layer_unbiased,
                                         .epsilon = 1e-5,
                                         .epsilon_name = "norm_eps",
                                         .norm_bias_switch = "norm_bias",
                                         .bias_switch = "attention_bias",
                                         .rotary = true,
                                         .theta = 160000,
                                         .theta_name = "global_rope_theta",
                                         .local_theta = 10000,
                                         .local_theta_name = "local_rope_theta",
                                         .scheme_is_global = false,
                                         .rotated_name = "",
                                         .windows = Windows::both_sides};

// What T5's attentions have in common.
inline constexpr Architecture t5_attention{.name = "t5",
                                           .models = "T5, Flan-T5, mT5",
                                           .model_types = "t5 mt5",
                                           .query = "q",
                                           .key = "k",
                                           .value = "v",
                                           .output = "o",
                                           .epsilon_name = "layer_norm_epsilon",
                                           .heads_name = "num_heads",
                                           .width_name = "d_model",
                                           .head_dim_name = "d_kv",
                                           .unscaled = true,
                                           .fixed = "is_causal=true"};

inline constexpr Architecture t5_cross = [] {
  Architecture row = t5_attention;
  row.attention = "block.N.layer.1.EncDecAttention.";
  row.norm = "block.N.layer.1.layer_norm";
  row.ignored = "relative_attention_bias.weight";
  return row;
}();

inline constexpr Architecture t5_decoder = [] {
  Architecture row = t5_attention;
  row.attention = "block.N.layer.0.SelfAttention.";
  row.norm = "block.N.layer.0.layer_norm";
  row.relative_bias = "block.0.layer.0.SelfAttention.relative_attention_bias";
  row.causal = true;
  row.cross = &t5_cross;
  return row;
}();

// The encoder of a decoder's row.
constexpr Architecture encoder_beside(const Architecture& decoder) {
  Architecture row = decoder;
  row.causal = false;
  row.cross = nullptr;
  row.decoder = &decoder;
  return row;
}

inline constexpr Architecture t5 = encoder_beside(t5_decoder);

// The same row for another model.
constexpr Architecture renamed(Architecture row, std::string_view name, std::string_view models,
                               std::string_view model_types) {
  row.name = name;
  row.models = models;
  row.model_types = model_types;
  return row;
}

// Each layer has a table of its own.
inline constexpr Architecture umt5_cross = renamed(t5_cross, "umt5", "UMT5", "umt5");
inline constexpr Architecture umt5_decoder = [] {
  Architecture row = renamed(t5_decoder, "umt5", "UMT5", "umt5");
  row.relative_bias = "block.N.layer.0.SelfAttention.relative_attention_bias";
  row.signs = "block.1.layer.0.SelfAttention.relative_attention_bias.weight";
  row.cross = &umt5_cross;
  return row;
}();
inline constexpr Architecture umt5 = encoder_beside(umt5_decoder);

inline constexpr Architecture bart_cross{.name = "bart",
                                         .models = "BART",
                                         .model_types = "bart",
                                         .attention = "layers.N.encoder_attn.",
                                         .query = "q_proj",
                                         .key = "k_proj",
                                         .value = "v_proj",
                                         .output = "out_proj",
                                         .epsilon = 1e-5,
                                         .epsilon_name = "",
                                         .biases = Biases::all,
                                         .heads_name = "decoder_attention_heads",
                                         .heads_alias = "",
                                         .width_name = "d_model"};

inline constexpr Architecture bart_decoder = [] {
  Architecture row = bart_cross;
  row.attention = "layers.N.self_attn.";
  row.causal = true;
  row.signs = "layernorm_embedding.weight layers.N.self_attn_layer_norm.weight layers.N.self_attn.out_proj.weight";
  row.cross = &bart_cross;
  return row;
}();

// The encoder has a number of heads of its own.
constexpr Architecture bart_encoder(const Architecture& decoder) {
  Architecture row = encoder_beside(decoder);
  row.heads_name = "encoder_attention_heads";
  row.heads_alias = "num_attention_heads";
  return row;
}

inline constexpr Architecture bart = bart_encoder(bart_decoder);

// BART's names, with norms before attention.
constexpr Architecture with_norm(Architecture row, std::string_view norm) {
  row.norm = norm;
  row.norm_kind = Norm::layer;
  return row;
}

inline constexpr Architecture mbart_cross = with_norm(
    renamed(bart_cross, "mbart", "mBART, Blenderbot", "mbart blenderbot"), "layers.N.encoder_attn_layer_norm");
inline constexpr Architecture mbart_decoder = [] {
  Architecture row = with_norm(renamed(bart_decoder, "mbart", mbart_cross.models, mbart_cross.model_types),
                               "layers.N.self_attn_layer_norm");
  row.signs = "layer_norm.weight layers.N.self_attn_layer_norm.weight layers.N.self_attn.out_proj.weight";
  row.cross = &mbart_cross;
  return row;
}();
inline constexpr Architecture mbart = bart_encoder(mbart_decoder);

}  // namespace attn::io::rows
