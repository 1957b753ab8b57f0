// Rows of the table of families: encoders of text, and encoders with decoders.
#pragma once

#include "model/family.hpp"

namespace attn::model::rows {

inline constexpr Family bert{
    .name = "bert",
    .models = "BERT, MiniLM",
    .model_types = "bert",
    .embeddings = {.words = "embeddings.word_embeddings",
                   .positions = "embeddings.position_embeddings",
                   .position_ids = Positions::counted,
                   .types = "embeddings.token_type_embeddings",
                   .norm = "embeddings.LayerNorm"},
    .norm = Norm::layer,
    .epsilon_name = "layer_norm_eps",
    .epsilon = 1e-12,
    .attention = {.sum = "encoder.layer.N.attention.output.LayerNorm"},
    .mlp_branch = {.sum = "encoder.layer.N.output.LayerNorm"},
    .mlp = {.up = "encoder.layer.N.intermediate.dense", .down = "encoder.layer.N.output.dense", .bias = Bias::needed}};

inline constexpr Family roberta = [] {
  Family row = bert;
  row.name = "roberta";
  row.models = "RoBERTa, XLM-RoBERTa, CamemBERT";
  row.model_types = "roberta xlm-roberta camembert";
  row.embeddings.position_ids = Positions::after_padding;
  return row;
}();

inline constexpr Family electra = [] {
  Family row = bert;
  row.name = "electra";
  row.models = "ELECTRA";
  row.model_types = "electra";
  row.embeddings.projection = "embeddings_project";
  return row;
}();

inline constexpr Family distilbert{.name = "distilbert",
                                   .models = "DistilBERT",
                                   .model_types = "distilbert",
                                   .embeddings = {.words = "embeddings.word_embeddings",
                                                  .positions = "embeddings.position_embeddings",
                                                  .position_ids = Positions::counted,
                                                  .norm = "embeddings.LayerNorm"},
                                   .norm = Norm::layer,
                                   .epsilon_name = "",
                                   .epsilon = 1e-12,
                                   .attention = {.sum = "transformer.layer.N.sa_layer_norm"},
                                   .mlp_branch = {.sum = "transformer.layer.N.output_layer_norm"},
                                   .mlp = {.up = "transformer.layer.N.ffn.lin1",
                                           .down = "transformer.layer.N.ffn.lin2",
                                           .bias = Bias::needed,
                                           .activation_name = "activation"},
                                   .layers_name = "n_layers"};

// N is the number of a group of layers that share their weights.
inline constexpr Family albert = [] {
  Family row = bert;
  row.name = "albert";
  row.models = "ALBERT";
  row.model_types = "albert";
  row.embeddings.projection = "encoder.embedding_hidden_mapping_in";
  row.embeddings.projects_always = true;
  row.attention = {.sum = "encoder.albert_layer_groups.N.albert_layers.0.attention.LayerNorm"};
  row.mlp_branch = {.sum = "encoder.albert_layer_groups.N.albert_layers.0.full_layer_layer_norm"};
  row.mlp.up = "encoder.albert_layer_groups.N.albert_layers.0.ffn";
  row.mlp.down = "encoder.albert_layer_groups.N.albert_layers.0.ffn_output";
  row.mlp.activation = Activation::gelu_tanh;
  return row;
}();

inline constexpr Family mpnet = [] {
  Family row = bert;
  row.name = "mpnet";
  row.models = "MPNet";
  row.model_types = "mpnet";
  row.embeddings.position_ids = Positions::after_padding;
  row.embeddings.padding_name = "";
  row.embeddings.types = "";
  row.attention = {.sum = "encoder.layer.N.attention.LayerNorm"};
  return row;
}();

inline constexpr Family modernbert{.name = "modernbert",
                                   .models = "ModernBERT",
                                   .model_types = "modernbert",
                                   .embeddings = {.words = "embeddings.tok_embeddings", .norm = "embeddings.norm"},
                                   .norm = Norm::layer_unbiased,
                                   .norm_bias_switch = "norm_bias",
                                   .epsilon_name = "norm_eps",
                                   .epsilon = 1e-5,
                                   .mlp_branch = {.before = "layers.N.mlp_norm"},
                                   .mlp = {.kind = MlpKind::fused,
                                           .up = "layers.N.mlp.Wi",
                                           .down = "layers.N.mlp.Wo",
                                           .bias = Bias::none,
                                           .bias_switch = "mlp_bias",
                                           .activation_name = "hidden_activation"},
                                   .last_norm = "final_norm"};

}  // namespace attn::model::rows
