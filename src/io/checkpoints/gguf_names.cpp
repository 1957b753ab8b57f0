// The table of GGUF's architectures. Names are those of the gguf package's tensor_mapping.
#include "io/checkpoints/gguf_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace attn::io {
namespace {

using Change = GgufChange;

// What took over Llama's names.
constexpr std::array<GgufName, 12> llama_names{{
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
    {"blk.N.attn_norm", "model.layers.N.input_layernorm"},
    {"blk.N.attn_q", "model.layers.N.self_attn.q_proj", Change::query_rows},
    {"blk.N.attn_k", "model.layers.N.self_attn.k_proj", Change::key_rows},
    {"blk.N.attn_v", "model.layers.N.self_attn.v_proj"},
    {"blk.N.attn_output", "model.layers.N.self_attn.o_proj"},
    {"blk.N.ffn_norm", "model.layers.N.post_attention_layernorm"},
    {"blk.N.ffn_gate", "model.layers.N.mlp.gate_proj"},
    {"blk.N.ffn_up", "model.layers.N.mlp.up_proj"},
    {"blk.N.ffn_down", "model.layers.N.mlp.down_proj"},
}};

// Norms of projected queries and keys beside them.
constexpr std::array<GgufName, 2> qk_norm_names{{
    {"blk.N.attn_q_norm", "model.layers.N.self_attn.q_norm"},
    {"blk.N.attn_k_norm", "model.layers.N.self_attn.k_norm"},
}};

constexpr std::array<GgufName, 4> olmo2_names{{
    qk_norm_names[0],
    qk_norm_names[1],
    {"blk.N.post_attention_norm", "model.layers.N.post_attention_layernorm"},
    {"blk.N.post_ffw_norm", "model.layers.N.post_feedforward_layernorm"},
}};

constexpr std::array<GgufName, 3> gemma_names{{
    {"output_norm", "model.norm", Change::plus_one},
    {"blk.N.attn_norm", "model.layers.N.input_layernorm", Change::plus_one},
    {"blk.N.ffn_norm", "model.layers.N.post_attention_layernorm", Change::plus_one},
}};

constexpr std::array<GgufName, 7> gemma2_names{{
    {"output_norm", "model.norm", Change::plus_one},
    {"blk.N.attn_norm", "model.layers.N.input_layernorm", Change::plus_one},
    {"blk.N.post_attention_norm", "model.layers.N.post_attention_layernorm", Change::plus_one},
    {"blk.N.ffn_norm", "model.layers.N.pre_feedforward_layernorm", Change::plus_one},
    {"blk.N.post_ffw_norm", "model.layers.N.post_feedforward_layernorm", Change::plus_one},
    {"blk.N.attn_q_norm", "model.layers.N.self_attn.q_norm", Change::plus_one},
    {"blk.N.attn_k_norm", "model.layers.N.self_attn.k_norm", Change::plus_one},
}};

constexpr std::array<GgufName, 2> phi3_names{{
    {"blk.N.attn_qkv", "model.layers.N.self_attn.qkv_proj"},
    {"blk.N.ffn_up", "model.layers.N.mlp.gate_up_proj"},
}};

constexpr std::array<GgufName, 2> stablelm_names{{
    {"blk.N.attn_q_norm", "model.layers.N.self_attn.q_layernorm.norms.H", Change::query_norms},
    {"blk.N.attn_k_norm", "model.layers.N.self_attn.k_layernorm.norms.H", Change::key_norms},
}};

constexpr std::array<GgufName, 10> gpt2_names{{
    {"token_embd", "wte"},
    {"position_embd", "wpe"},
    {"output_norm", "ln_f"},
    {"output", "lm_head"},
    {"blk.N.attn_norm", "h.N.ln_1"},
    {"blk.N.attn_qkv", "h.N.attn.c_attn", Change::columns},
    {"blk.N.attn_output", "h.N.attn.c_proj", Change::columns},
    {"blk.N.ffn_norm", "h.N.ln_2"},
    {"blk.N.ffn_up", "h.N.mlp.c_fc", Change::columns},
    {"blk.N.ffn_down", "h.N.mlp.c_proj", Change::columns},
}};

constexpr std::array<GgufName, 9> gpt_neox_names{{
    {"token_embd", "gpt_neox.embed_in"},
    {"output_norm", "gpt_neox.final_layer_norm"},
    {"output", "embed_out"},
    {"blk.N.attn_norm", "gpt_neox.layers.N.input_layernorm"},
    {"blk.N.attn_qkv", "gpt_neox.layers.N.attention.query_key_value", Change::head_rows},
    {"blk.N.attn_output", "gpt_neox.layers.N.attention.dense"},
    {"blk.N.ffn_norm", "gpt_neox.layers.N.post_attention_layernorm"},
    {"blk.N.ffn_up", "gpt_neox.layers.N.mlp.dense_h_to_4h"},
    {"blk.N.ffn_down", "gpt_neox.layers.N.mlp.dense_4h_to_h"},
}};

constexpr std::array<GgufName, 14> bert_names{{
    {"token_embd", "embeddings.word_embeddings"},
    {"position_embd", "embeddings.position_embeddings"},
    {"token_types", "embeddings.token_type_embeddings"},
    {"token_embd_norm", "embeddings.LayerNorm"},
    {"blk.N.attn_q", "encoder.layer.N.attention.self.query"},
    {"blk.N.attn_k", "encoder.layer.N.attention.self.key"},
    {"blk.N.attn_v", "encoder.layer.N.attention.self.value"},
    {"blk.N.attn_output", "encoder.layer.N.attention.output.dense"},
    {"blk.N.attn_output_norm", "encoder.layer.N.attention.output.LayerNorm"},
    {"blk.N.ffn_up", "encoder.layer.N.intermediate.dense"},
    {"blk.N.ffn_down", "encoder.layer.N.output.dense"},
    {"blk.N.layer_output_norm", "encoder.layer.N.output.LayerNorm"},
    {"cls", "classifier.dense"},
    {"cls.output", "classifier.out_proj"},
}};

constexpr std::array<GgufArchitecture, 16> gguf_rows{{
    {.name = "llama", .model_type = "llama", .own = {}, .shared = llama_names, .permuted = true},
    {.name = "smollm3", .model_type = "smollm3", .own = {}, .shared = llama_names, .permuted = true},
    {.name = "granite", .model_type = "granite", .own = {}, .shared = llama_names, .permuted = true},
    {.name = "qwen2", .model_type = "qwen2", .own = {}, .shared = llama_names},
    {.name = "qwen3", .model_type = "qwen3", .own = qk_norm_names, .shared = llama_names},
    {.name = "gemma", .model_type = "gemma", .own = gemma_names, .shared = llama_names},
    {.name = "gemma2", .model_type = "gemma2", .own = gemma2_names, .shared = llama_names, .large_layers = 46},
    {.name = "gemma3", .model_type = "gemma3_text", .own = gemma2_names, .shared = llama_names, .large_layers = 62},
    {.name = "phi3", .model_type = "phi3", .own = phi3_names, .shared = llama_names},
    {.name = "olmo", .model_type = "olmo", .own = {}, .shared = llama_names, .permuted = true},
    {.name = "olmo2", .model_type = "olmo2", .own = olmo2_names, .shared = llama_names},
    {.name = "stablelm", .model_type = "stablelm", .own = stablelm_names, .shared = llama_names},
    {.name = "command-r", .model_type = "cohere", .own = qk_norm_names, .shared = llama_names},
    {.name = "gpt2", .model_type = "gpt2", .own = {}, .shared = gpt2_names, .layers_name = "n_layer"},
    {.name = "gptneox", .model_type = "gpt_neox", .own = {}, .shared = gpt_neox_names},
    {.name = "bert", .model_type = "bert", .own = {}, .shared = bert_names},
}};

// The number of the block, and the pattern with N in its place.
struct Numbered {
  std::string pattern, number;
};

Numbered numbered_pattern(std::string_view stored) {
  constexpr std::string_view block = "blk.";
  if (!stored.starts_with(block)) return {std::string(stored), ""};
  std::size_t end = block.size();
  while (end < stored.size() && std::isdigit(static_cast<unsigned char>(stored[end])) != 0) ++end;
  const std::string number(stored.substr(block.size(), end - block.size()));
  // As the table would write it: no number, or one with a zero before it, is none.
  if (number.empty() || (number.size() > 1 && number.front() == '0')) return {std::string(stored), ""};
  return {std::string(block) + "N" + std::string(stored.substr(end)), number};
}

}  // namespace

std::span<const GgufArchitecture> gguf_architectures() { return gguf_rows; }

std::optional<GgufRenamed> gguf_renamed(const GgufArchitecture& architecture, std::string_view stored) {
  const std::size_t dot = stored.rfind('.');
  const std::string_view kind = dot == std::string_view::npos ? "" : stored.substr(dot);
  if (kind != ".weight" && kind != ".bias") return std::nullopt;
  const Numbered block = numbered_pattern(stored.substr(0, dot));
  for (const std::span<const GgufName> names : {architecture.own, architecture.shared}) {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&block](const GgufName& name) { return name.stored == block.pattern; });
    if (found == names.end()) continue;
    std::string name(found->name);
    if (const std::size_t place = name.find(".N."); place != std::string::npos)
      name.replace(place + 1, 1, block.number);
    return GgufRenamed{name + std::string(kind), found->change};
  }
  return std::nullopt;
}

}  // namespace attn::io
