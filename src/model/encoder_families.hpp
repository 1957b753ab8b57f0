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

// The encoder of a decoder's row, whose second halves have other names.
constexpr Family encoder_beside(const Family& decoder, std::string_view layers_name) {
  Family row = decoder;
  row.cross = {};
  row.layers_name = layers_name;
  row.layers_alias = "num_hidden_layers";
  row.decoder = &decoder;
  return row;
}

inline constexpr Family t5_decoder{
    .name = "t5",
    .models = "T5, Flan-T5",
    .model_types = "t5",
    .embeddings = {.words = "embed_tokens /shared /encoder.embed_tokens /decoder.embed_tokens"},
    .epsilon_name = "layer_norm_epsilon",
    .mlp_branch = {.before = "block.N.layer.2.layer_norm"},
    .mlp = {.up = "block.N.layer.2.DenseReluDense.wi",
            .down = "block.N.layer.2.DenseReluDense.wo",
            .gate = "block.N.layer.2.DenseReluDense.wi_0",
            .bias = Bias::none,
            .kind_name = "feed_forward_proj",
            .kind_text = "relu",
            .gated_name = "is_gated_act",
            .gated_up = "block.N.layer.2.DenseReluDense.wi_1",
            .activation_name = "dense_act_fn"},
    .last_norm = "final_layer_norm",
    .layers_name = "num_decoder_layers num_layers",
    .layers_alias = ""};

constexpr Family t5_encoder(const Family& decoder) {
  Family row = encoder_beside(decoder, "num_layers");
  row.mlp_branch = {.before = "block.N.layer.1.layer_norm"};
  row.mlp.up = "block.N.layer.1.DenseReluDense.wi";
  row.mlp.down = "block.N.layer.1.DenseReluDense.wo";
  row.mlp.gate = "block.N.layer.1.DenseReluDense.wi_0";
  row.mlp.gated_up = "block.N.layer.1.DenseReluDense.wi_1";
  return row;
}

inline constexpr Family t5 = t5_encoder(t5_decoder);

inline constexpr Family mt5_decoder = [] {
  Family row = t5_decoder;
  row.name = "mt5";
  row.models = "mT5, UMT5";
  row.model_types = "mt5 umt5";
  row.mlp.kind_text = "gated-gelu";
  return row;
}();
inline constexpr Family mt5 = t5_encoder(mt5_decoder);

inline constexpr Family bart_decoder{
    .name = "bart",
    .models = "BART",
    .model_types = "bart",
    .embeddings = {.words = "embed_tokens /model.shared /shared /model.encoder.embed_tokens /encoder.embed_tokens "
                            "/model.decoder.embed_tokens /decoder.embed_tokens",
                   .positions = "embed_positions",
                   .position_ids = Positions::counted,
                   .position_offset = 2,
                   .norm = "layernorm_embedding",
                   .root_width_switch = "scale_embedding"},
    .norm = Norm::layer,
    .epsilon_name = "",
    .epsilon = 1e-5,
    .attention = {.sum = "layers.N.self_attn_layer_norm"},
    .cross = {.sum = "layers.N.encoder_attn_layer_norm"},
    .mlp_branch = {.sum = "layers.N.final_layer_norm"},
    .mlp = {.up = "layers.N.fc1",
            .down = "layers.N.fc2",
            .bias = Bias::needed,
            .activation_name = "activation_function"},
    .layers_name = "decoder_layers",
    .layers_alias = ""};
inline constexpr Family bart = encoder_beside(bart_decoder, "encoder_layers");

// Norms come before, not after.
inline constexpr Family mbart_decoder = [] {
  Family row = bart_decoder;
  row.name = "mbart";
  row.models = "mBART";
  row.model_types = "mbart";
  row.attention = row.cross = {};
  row.mlp_branch = {.before = "layers.N.final_layer_norm"};
  row.last_norm = "layer_norm";
  return row;
}();
inline constexpr Family mbart = encoder_beside(mbart_decoder, "encoder_layers");

inline constexpr Family blenderbot_decoder = [] {
  Family row = mbart_decoder;
  row.name = "blenderbot";
  row.models = "Blenderbot";
  row.model_types = "blenderbot";
  row.embeddings.position_offset = 0;
  row.embeddings.norm = "";
  row.mlp.activation = Activation::gelu;
  return row;
}();
inline constexpr Family blenderbot = encoder_beside(blenderbot_decoder, "encoder_layers");

}  // namespace attn::model::rows
