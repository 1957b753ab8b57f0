// TABLE of the families of models that run from the ids of a text. One row a family.
#include <array>

#include "model/family.hpp"

namespace attn::model {
namespace {

constexpr Family bert{.name = "bert",
                      .models = "BERT, MiniLM, ELECTRA",
                      .model_types = "bert electra",
                      .embeddings = {.words = "embeddings.word_embeddings",
                                     .positions = "embeddings.position_embeddings",
                                     .position_ids = Positions::counted,
                                     .types = "embeddings.token_type_embeddings",
                                     .norm = "embeddings.LayerNorm",
                                     .projection = "embeddings_project"},
                      .norm = Norm::layer,
                      .epsilon_name = "layer_norm_eps",
                      .epsilon = 1e-12,
                      .attention = {.sum = "encoder.layer.N.attention.output.LayerNorm"},
                      .mlp_branch = {.sum = "encoder.layer.N.output.LayerNorm"},
                      .mlp = {.up = "encoder.layer.N.intermediate.dense", .down = "encoder.layer.N.output.dense"}};

constexpr Family roberta = [] {
  Family row = bert;
  row.name = "roberta";
  row.models = "RoBERTa, XLM-RoBERTa, CamemBERT";
  row.model_types = "roberta xlm-roberta camembert";
  row.embeddings.position_ids = Positions::after_padding;
  return row;
}();

constexpr Family distilbert{.name = "distilbert",
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
                                    .activation_name = "activation"},
                            .layers_name = "n_layers"};

constexpr Family gpt2{.name = "gpt2",
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
                              .activation_name = "activation_function",
                              .activation = Activation::gelu_tanh},
                      .last_norm = "ln_f",
                      .layers_name = "n_layer"};

constexpr Family gpt_neox{.name = "gpt-neox",
                          .models = "GPT-NeoX, Pythia",
                          .model_types = "gpt_neox",
                          .embeddings = {.words = "embed_in"},
                          .norm = Norm::layer,
                          .epsilon_name = "layer_norm_eps",
                          .epsilon = 1e-5,
                          .mlp_branch = {.before = "layers.N.post_attention_layernorm"},
                          .parallel = true,
                          .parallel_switch = "use_parallel_residual",
                          .mlp = {.up = "layers.N.mlp.dense_h_to_4h", .down = "layers.N.mlp.dense_4h_to_h"},
                          .last_norm = "final_layer_norm"};

constexpr Family gpt_neo{.name = "gpt-neo",
                         .models = "GPT-Neo",
                         .model_types = "gpt_neo",
                         .embeddings = {.words = "wte", .positions = "wpe", .position_ids = Positions::counted},
                         .norm = Norm::layer,
                         .epsilon_name = "layer_norm_epsilon",
                         .epsilon = 1e-5,
                         .mlp_branch = {.before = "h.N.ln_2"},
                         .mlp = {.up = "h.N.mlp.c_fc",
                                 .down = "h.N.mlp.c_proj",
                                 .activation_name = "activation_function",
                                 .activation = Activation::gelu_tanh},
                         .last_norm = "ln_f",
                         .layers_name = "num_layers"};

constexpr Family opt{.name = "opt",
                     .models = "OPT, Galactica",
                     .model_types = "opt",
                     .embeddings = {.words = "embed_tokens",
                                    .positions = "embed_positions",
                                    .position_ids = Positions::counted,
                                    .position_offset = 2,
                                    .projection = "project_in",
                                    .projects_words = true},
                     .norm = Norm::layer,
                     .epsilon_name = "",
                     .epsilon = 1e-5,
                     .mlp_branch = {.before = "layers.N.final_layer_norm"},
                     .mlp = {.up = "layers.N.fc1",
                             .down = "layers.N.fc2",
                             .bias_switch = "enable_bias",
                             .activation_name = "activation_function",
                             .activation = Activation::relu},
                     .last_norm = "final_layer_norm",
                     .no_last_norm_name = "_remove_final_layer_norm",
                     .last_projection = "project_out"};

constexpr Family llama{.name = "llama",
                       .models = "Llama, SmolLM2, SmolLM3",
                       .model_types = "llama smollm3",
                       .embeddings = {.words = "embed_tokens"},
                       .mlp_branch = {.before = "layers.N.post_attention_layernorm"},
                       .mlp = {.kind = MlpKind::gated,
                               .up = "layers.N.mlp.up_proj",
                               .down = "layers.N.mlp.down_proj",
                               .gate = "layers.N.mlp.gate_proj",
                               .biased = false,
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

constexpr Family mistral = like_llama("mistral", "Mistral", "mistral");

constexpr Family qwen = like_llama("qwen", "Qwen2, Qwen2.5, Qwen3", "qwen2 qwen3");

constexpr Family gemma = [] {
  Family row = like_llama("gemma", "Gemma", "gemma");
  row.embeddings.times_root_width = true;
  row.norm = Norm::rms_less_one;
  row.mlp.activation = Activation::gelu_tanh;
  row.mlp.gelu_means_tanh = true;
  return row;
}();

constexpr Family gemma2 = [] {
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

constexpr Family phi3 = [] {
  Family row = like_llama("phi3", "Phi-3, Phi-3.5, Phi-4", "phi3");
  row.epsilon = 1e-5;
  row.mlp.kind = MlpKind::fused;
  row.mlp.up = "layers.N.mlp.gate_up_proj";
  row.mlp.gate = "";
  return row;
}();

constexpr Family glm = [] {
  Family row = phi3;
  row.name = "glm";
  row.models = "GLM-4";
  row.model_types = "glm";
  row.epsilon = 1.5625e-7;
  return row;
}();

constexpr Family olmo = [] {
  Family row = like_llama("olmo", "OLMo", "olmo");
  row.norm = Norm::layer_unweighted;
  row.epsilon_name = "";
  row.epsilon = 1e-5;
  return row;
}();

constexpr Family olmo2 = [] {
  Family row = like_llama("olmo2", "OLMo 2", "olmo2");
  row.epsilon = 1e-5;
  row.attention = {.after = "layers.N.post_attention_layernorm"};
  row.mlp_branch = {.after = "layers.N.post_feedforward_layernorm"};
  return row;
}();

constexpr Family stablelm = [] {
  Family row = like_llama("stablelm", "StableLM 2, StableLM Epoch", "stablelm");
  row.norm = Norm::layer;
  row.epsilon_name = "layer_norm_eps";
  row.epsilon = 1e-5;
  row.parallel_switch = "use_parallel_residual";
  row.parallel_shares_norm = true;
  return row;
}();

constexpr Family cohere = [] {
  Family row = like_llama("cohere", "Cohere Command R, Aya", "cohere");
  row.norm = Norm::layer_unbiased;
  row.epsilon_name = "layer_norm_eps";
  row.epsilon = 1e-5;
  row.mlp_branch = {};
  row.parallel = row.parallel_shares_norm = true;
  return row;
}();

constexpr Family mixtral = [] {
  Family row = like_llama("mixtral", "Mixtral", "mixtral");
  row.epsilon = 1e-5;
  row.experts = {.router = "layers.N.block_sparse_moe.gate",
                 .each = {.kind = MlpKind::gated,
                          .up = "layers.N.block_sparse_moe.experts.E.w3",
                          .down = "layers.N.block_sparse_moe.experts.E.w2",
                          .gate = "layers.N.block_sparse_moe.experts.E.w1",
                          .biased = false,
                          .activation = Activation::silu}};
  return row;
}();

constexpr Family qwen3_moe = [] {
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

constexpr Family qwen2_moe = [] {
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

constexpr Family gpt_oss = [] {
  Family row = like_llama("gpt-oss", "gpt-oss", "gpt_oss");
  row.epsilon = 1e-5;
  row.experts = {.router = "layers.N.mlp.router",
                 .biased_router = true,
                 .chosen = 4,
                 .each = {.kind = MlpKind::clamped,
                          .up = "layers.N.mlp.experts.gate_up_proj",
                          .down = "layers.N.mlp.experts.down_proj",
                          .columns = true,
                          .activation_name = "",
                          .alpha_name = "swiglu_alpha",
                          .limit_name = "swiglu_limit"}};
  return row;
}();

constexpr Family granite = [] {
  Family row = like_llama("granite", "Granite", "granite");
  row.mlp.bias_switch = "mlp_bias";
  row.embeddings.multiplier = "embedding_multiplier";
  row.residual_multiplier = "residual_multiplier";
  return row;
}();

constexpr std::array table{bert,    roberta,  distilbert, gpt2,    gpt_neo,   gpt_neox,  opt,     llama,
                           mistral, qwen,     gemma,      gemma2,  phi3,      glm,       granite, olmo,
                           olmo2,   stablelm, cohere,     mixtral, qwen2_moe, qwen3_moe, gpt_oss};

}  // namespace

std::span<const Family> families() { return table; }

}  // namespace attn::model
