// TABLE of the architectures whose attention layers are found by their names. One row an architecture.
#include "io/checkpoints/architectures.hpp"

#include <array>

#include "io/checkpoints/encoder_architectures.hpp"

namespace attn::io {
namespace {

using Norm = InputNorm::Kind;
using namespace rows;

// What the rows of models that took over Llama's names have in common.
constexpr Architecture like_llama(std::string_view name, std::string_view models, std::string_view model_types) {
  return {.name = name,
          .models = models,
          .model_types = model_types,
          .attention = "layers.N.self_attn.",
          .query = "q_proj",
          .key = "k_proj",
          .value = "v_proj",
          .output = "o_proj",
          .norm = "layers.N.input_layernorm",
          .bias_switch = "attention_bias",
          .causal = true,
          .rotary = true,
          .ignored = "rotary_emb.inv_freq"};
}

constexpr Architecture llama = like_llama("llama", "Llama, Granite", "llama granite");

constexpr Architecture mistral = [] {
  Architecture row = like_llama("mistral", "Mistral, Mixtral", "mistral mixtral");
  row.windows = Windows::all;
  return row;
}();

constexpr Architecture qwen2 = [] {
  Architecture row = like_llama("qwen2", "Qwen2, Qwen2.5, Qwen2-MoE", "qwen2 qwen2_moe");
  row.biases = Biases::query_key_value;
  row.bias_switch = "qkv_bias";
  row.windows = Windows::from_layer;
  row.signs = "layers.N.self_attn.q_proj.bias";
  return row;
}();

constexpr Architecture qwen3 = [] {
  Architecture row = like_llama("qwen3", "Qwen3, Qwen3-MoE", "qwen3 qwen3_moe");
  row.normalises_query_and_key = true;
  row.windows = Windows::from_layer;
  row.signs = "layers.N.self_attn.q_norm.weight";
  return row;
}();

constexpr Architecture gemma = [] {
  Architecture row = like_llama("gemma", "Gemma", "gemma");
  row.norms_add_one = true;
  return row;
}();

constexpr Architecture gemma2 = [] {
  Architecture row = like_llama("gemma2", "Gemma 2", "gemma2");
  row.norms_add_one = true;
  row.windows = Windows::alternating;
  row.scale_from = "query_pre_attn_scalar";
  row.softcap = "attn_logit_softcapping";
  row.signs = "layers.N.pre_feedforward_layernorm.weight";
  return row;
}();

constexpr Architecture gemma3 = [] {
  Architecture row = gemma2;
  row.name = "gemma3";
  row.models = "Gemma 3";
  row.model_types = "gemma3_text gemma3";
  row.normalises_query_and_key = true;
  row.theta = 1e6;
  row.local_theta = 10000;
  row.windows = Windows::pattern;
  row.signs = "layers.N.pre_feedforward_layernorm.weight layers.N.self_attn.q_norm.weight";
  return row;
}();

constexpr Architecture gpt_oss = [] {
  Architecture row = like_llama("gpt-oss", "gpt-oss", "gpt_oss");
  row.epsilon = 1e-5;
  row.biases = Biases::all;
  row.theta = 150000;
  row.windows = Windows::alternating;
  row.sinks = true;
  row.signs = "layers.N.self_attn.sinks";
  return row;
}();

constexpr Architecture phi3 = [] {
  Architecture row = like_llama("phi3", "Phi-3, Phi-3.5, Phi-4", "phi3");
  row.layout = Layout::rows;
  row.query = "qkv_proj";
  row.key = row.value = "";
  row.epsilon = 1e-5;
  row.windows = Windows::all;
  return row;
}();

constexpr Architecture vit{.name = "vit",
                           .models = "ViT, DeiT",
                           .model_types = "vit deit",
                           .attention = "encoder.layer.N.attention.",
                           .query = "attention.query",
                           .key = "attention.key",
                           .value = "attention.value",
                           .output = "output.dense",
                           .norm = "encoder.layer.N.layernorm_before",
                           .norm_kind = Norm::layer,
                           .epsilon = 1e-12,
                           .epsilon_name = "layer_norm_eps",
                           .biases = Biases::all,
                           .bias_switch = "qkv_bias"};

constexpr Architecture dinov2 = [] {
  Architecture row = vit;
  row.name = "dinov2";
  row.models = "DINOv2";
  row.model_types = "dinov2 dinov2_with_registers";
  row.norm = "encoder.layer.N.norm1";
  row.epsilon = 1e-6;
  row.signs = "encoder.layer.N.layer_scale1.lambda1";
  return row;
}();

constexpr std::array table{
    bert,
    distilbert,
    albert,
    mpnet,
    modernbert,
    dinov2,
    vit,
    Architecture{.name = "gpt2",
                 .models = "GPT-2",
                 .model_types = "gpt2",
                 .attention = "h.N.attn.",
                 .layout = Layout::columns,
                 .query = "c_attn",
                 .output = "c_proj",
                 .norm = "h.N.ln_1",
                 .norm_kind = Norm::layer,
                 .epsilon = 1e-5,
                 .epsilon_name = "layer_norm_epsilon",
                 .biases = Biases::all,
                 .heads_name = "n_head",
                 .width_name = "n_embd",
                 .causal = true,
                 .ignored = "bias masked_bias"},
    Architecture{.name = "gpt-neox",
                 .models = "GPT-NeoX, Pythia",
                 .model_types = "gpt_neox",
                 .attention = "layers.N.attention.",
                 .layout = Layout::head_rows,
                 .query = "query_key_value",
                 .output = "dense",
                 .norm = "layers.N.input_layernorm",
                 .norm_kind = Norm::layer,
                 .epsilon = 1e-5,
                 .epsilon_name = "layer_norm_eps",
                 .biases = Biases::all,
                 .bias_switch = "attention_bias",
                 .causal = true,
                 .rotary = true,
                 .theta_name = "rotary_emb_base",
                 .rotated = 0.25,
                 .rotated_name = "rotary_pct",
                 .ignored = "bias masked_bias rotary_emb.inv_freq"},
    umt5,
    t5,
    mbart,
    bart,
    // The same names, told apart by their signs: those with the most come first.
    gpt_oss,
    gemma3,
    qwen3,
    gemma2,
    qwen2,
    llama,
    mistral,
    gemma,
    phi3,
    Architecture{.name = "torch",
                 .models = "torch.nn.MultiheadAttention",
                 .layout = Layout::torch,
                 .query = "in_proj_weight",
                 .output = "out_proj"},
    Architecture{.name = "attn",
                 .models = "the names of attn's documents (W_q, q_proj.weight and so on)",
                 .layout = Layout::as_document},
};

}  // namespace

std::span<const Architecture> architectures() { return table; }

}  // namespace attn::io
