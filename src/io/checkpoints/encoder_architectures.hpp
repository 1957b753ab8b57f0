// Rows of the table of architectures: encoders of text, and encoders with decoders.
#pragma once

#include "io/checkpoints/architectures.hpp"

namespace attn::io::rows {

inline constexpr Architecture bert{
    .name = "bert",
    .models = "BERT, RoBERTa, XLM-RoBERTa, CamemBERT, ELECTRA",
    .model_types = "bert roberta xlm-roberta camembert electra",
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
                                    .ignored = "LayerNorm.weight LayerNorm.bias"};

inline constexpr Architecture modernbert{.name = "modernbert",
                                         .models = "ModernBERT",
                                         .model_types = "modernbert",
                                         .attention = "layers.N.attn.",
                                         .layout = Layout::rows,
                                         .query = "Wqkv",
                                         .output = "Wo",
                                         .norm = "layers.N.attn_norm",
                                         .norm_in_first = false,
                                         .norm_kind = InputNorm::Kind::layer,
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

inline constexpr Architecture t5{.name = "t5",
                                 .models = "T5, Flan-T5, mT5",
                                 .model_types = "t5 mt5",
                                 .attention = "block.N.layer.0.SelfAttention.",
                                 .query = "q",
                                 .key = "k",
                                 .value = "v",
                                 .output = "o",
                                 .norm = "block.N.layer.0.layer_norm",
                                 .epsilon_name = "layer_norm_epsilon",
                                 .heads_name = "num_heads",
                                 .width_name = "d_model",
                                 .head_dim_name = "d_kv",
                                 .unscaled = true,
                                 .relative_bias = "block.0.layer.0.SelfAttention.relative_attention_bias"};

// Each layer has a table of its own.
inline constexpr Architecture umt5 = [] {
  Architecture row = t5;
  row.name = "umt5";
  row.models = "UMT5";
  row.model_types = "umt5";
  row.relative_bias = "block.N.layer.0.SelfAttention.relative_attention_bias";
  row.signs = "block.1.layer.0.SelfAttention.relative_attention_bias.weight";
  return row;
}();

}  // namespace attn::io::rows
