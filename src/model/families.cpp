// TABLE of the families of models that run from the ids of a text. One row a family.
#include <array>

#include "model/encoder_families.hpp"
#include "model/family.hpp"

namespace attn::model {
namespace {

using namespace rows;

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

constexpr Family llama{.name = "llama",
                       .models = "Llama, Mistral",
                       .model_types = "llama mistral",
                       .embeddings = {.words = "embed_tokens"},
                       .mlp_branch = {.before = "layers.N.post_attention_layernorm"},
                       .mlp = {.kind = MlpKind::gated,
                               .up = "layers.N.mlp.up_proj",
                               .down = "layers.N.mlp.down_proj",
                               .gate = "layers.N.mlp.gate_proj",
                               .activation = Activation::silu},
                       .last_norm = "norm"};

// What took over Llama's names.
constexpr Family like_llama(std::string_view name, std::string_view models, std::string_view model_types) {
  Family row = llama;
  row.name = name;
  row.models = models;
  row.model_types = model_types;
  return row;
}

constexpr Family qwen = like_llama("qwen", "Qwen2, Qwen2.5, Qwen3", "qwen2 qwen3");

constexpr Family gemma = [] {
  Family row = like_llama("gemma", "Gemma", "gemma");
  row.embeddings.times_root_width = true;
  row.norm = Norm::rms_less_one;
  row.mlp.activation_name = "hidden_activation";
  row.mlp.activation = Activation::gelu_tanh;
  return row;
}();

constexpr Family gemma2 = [] {
  Family row = gemma;
  row.name = "gemma2";
  row.models = "Gemma 2, Gemma 3";
  row.model_types = "gemma2 gemma3_text gemma3";
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

constexpr Family granite = [] {
  Family row = like_llama("granite", "Granite", "granite");
  row.embeddings.multiplier = "embedding_multiplier";
  row.residual_multiplier = "residual_multiplier";
  return row;
}();

constexpr Family vit{.name = "vit",
                     .models = "ViT",
                     .model_types = "vit",
                     .patches = {.projection = "embeddings.patch_embeddings.projection",
                                 .tokens = {{{"embeddings.cls_token", "[CLS]"}}},
                                 .positions = "embeddings.position_embeddings"},
                     .norm = Norm::layer,
                     .epsilon_name = "layer_norm_eps",
                     .epsilon = 1e-12,
                     .mlp_branch = {.before = "encoder.layer.N.layernorm_after"},
                     .mlp = {.up = "encoder.layer.N.intermediate.dense", .down = "encoder.layer.N.output.dense"},
                     .last_norm = "layernorm"};

constexpr Family deit = [] {
  Family row = vit;
  row.name = "deit";
  row.models = "DeiT";
  row.model_types = "deit";
  row.patches.tokens[1] = {"embeddings.distillation_token", "[DISTILL]"};
  return row;
}();

constexpr Family dinov2 = [] {
  Family row = vit;
  row.name = "dinov2";
  row.models = "DINOv2";
  row.model_types = "dinov2";
  row.patches.stretch = Stretch::plain;
  row.epsilon = 1e-6;
  row.attention = {.scale = "encoder.layer.N.layer_scale1.lambda1"};
  row.mlp_branch = {.before = "encoder.layer.N.norm2", .scale = "encoder.layer.N.layer_scale2.lambda1"};
  row.mlp = {.up = "encoder.layer.N.mlp.fc1",
             .down = "encoder.layer.N.mlp.fc2",
             .fused_switch = "use_swiglu_ffn",
             .fused_up = "encoder.layer.N.mlp.weights_in",
             .fused_down = "encoder.layer.N.mlp.weights_out"};
  return row;
}();

constexpr Family dinov2_registers = [] {
  Family row = dinov2;
  row.name = "dinov2-registers";
  row.models = "DINOv2 with registers";
  row.model_types = "dinov2_with_registers";
  row.patches.registers = "embeddings.register_tokens";
  row.patches.stretch = Stretch::smooth;
  return row;
}();

constexpr std::array table{bert,     roberta, electra, distilbert, albert, mpnet, modernbert, gpt2,
                           gpt_neox, llama,   qwen,    gemma,      gemma2, phi3,  granite,    t5,
                           mt5,      bart,    mbart,   blenderbot, vit,    deit,  dinov2,     dinov2_registers};

}  // namespace

std::span<const Family> families() { return table; }

}  // namespace attn::model
