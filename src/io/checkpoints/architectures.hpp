// Architectures: under which names a model's attention layers are stored, and what else happens in them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attn/layer.hpp"

namespace attn::io {

/// How the projections lie in their tensors.
enum class Layout {
  apart,        ///< query, key, value as (out, in)
  columns,      ///< one tensor (in, 3·out), used as x·W: queries, keys, values by columns (Conv1D)
  rows,         ///< one tensor ((H + 2K)·D, in): all queries, then all keys, then all values
  head_rows,    ///< one tensor (H·3·D, in): query, key and value of each head in turn
  group_rows,   ///< one tensor ((H + 2K)·D, in): for each key/value head its queries, then its key, then its value
  four_blocks,  ///< one tensor (3·H·D, in): four blocks of queries, values and keys in turn (CodeGen)
  latent,       ///< multi-head latent attention: through narrow vectors with norms, see latent.cpp
  torch,        ///< torch.nn.MultiheadAttention: in_proj_weight, or {q,k,v}_proj_weight
  as_document,  ///< the names of attn's own documents
};

/// What a norm of a model is, and what is stored of it.
enum class Norm {
  layer,             ///< LayerNorm with weight and bias
  layer_unbiased,    ///< LayerNorm with a weight
  layer_unweighted,  ///< LayerNorm with neither
  rms,               ///< RMSNorm
  rms_less_one,      ///< RMSNorm, whose weights are stored less 1
  layer_less_one,    ///< LayerNorm with weight and bias, whose weights are stored less 1
};
constexpr bool is_rms(Norm norm) { return norm == Norm::rms || norm == Norm::rms_less_one; }
constexpr bool adds_one(Norm norm) { return norm == Norm::rms_less_one || norm == Norm::layer_less_one; }
constexpr bool has_bias(Norm norm) { return norm == Norm::layer || norm == Norm::layer_less_one; }
/// The norm with the numbers that are stored of it yet to come.
InputNorm norm_of(Norm norm, double epsilon);

/// Which biases must be there. Others are taken where they are, unless config.json is known to say that there are none.
enum class Biases {
  none,
  query_key_value,
  output,
  all,
  stored,  ///< none must be there; all that are there are taken
};

/// Which layers see a window of keys. But with `none` and `all`, config.json's list `layer_types` decides if there is
/// one, as in transformers.
enum class Windows {
  none,
  all,           ///< every layer
  all_by_type,   ///< every layer, but where `layer_types` says otherwise
  all_if_used,   ///< every layer, with use_sliding_window
  from_layer,    ///< with use_sliding_window, layers from max_window_layers on
  upper,         ///< the same without use_sliding_window
  before_layer,  ///< with use_sliding_window, every second layer before max_window_layers, from layer 0
  without_rope,  ///< with use_sliding_window, layers that RoPE leaves alone
  alternating,   ///< every second layer, from layer 0
  pattern,       ///< all but every sliding_window_pattern-th
  after_full,    ///< the same, counted from layer 0, which sees all
  listed,        ///< those that are `local` in attention_layers, or attention_types
  by_type,       ///< those that `layer_types` says; without it none
  /// All but every global_attn_every_n_layers-th, from layer 0; as many keys after the query as before it, which are
  /// half of `local_attention` (ModernBERT).
  both_sides,
};

/// Which layers RoPE turns.
enum class RopeLayers {
  all,
  listed,    ///< no_rope_layers is a list of 0 for layers without RoPE, 1 for others
  windowed,  ///< those with a window, and all where config.json's window is null
  by_kind,   ///< all where position_embedding_type is rotary, and none where it is not or missing
};

/// ALiBi's slopes.
enum class Alibi {
  none,
  paper,  ///< as arXiv:2108.12409 has them
  mpt,    ///< for numbers of heads that are no power of two in another order
};

/// What makes queries grow with their position.
enum class Temperature {
  none,
  llama4,  ///< attn_temperature_tuning: in layers without RoPE, by attn_scale and floor_scale
  scaled,  ///< RoPE's llama_4_scaling_beta and original_max_position_embeddings (Ministral 3)
};

/// Which heads a weight of the norm of queries or keys is for.
enum class QkNormOf {
  each_head,  ///< (D): for each
  own_head,   ///< (H, D): each head has its own; or a tensor (D) for each
  all_heads,  ///< (H·D): all of them are normed as one
};

/// The norms of projected queries and keys.
struct QkNormNames {
  std::string_view query, key;  ///< below `attention`, without ".weight", N for a head's number; empty: none
  Norm kind = Norm::rms;
  QkNormOf of = QkNormOf::each_head;
  std::string_view member;  ///< of config.json, which says whether there are such norms; empty: there are
  bool by_default = false;  ///< what the member says where it is missing
  bool weighted = true;     ///< else there are no tensors
  bool after_rope = false;
  bool only_with_rope = false;  ///< layers that RoPE leaves alone have no such norms
  double epsilon = 0;           ///< 0: that of the other norms
};

/// Names of multi-head latent attention, below `attention`, without ".weight" (DeepSeek, arXiv:2405.04434).
struct LatentNames {
  std::string_view query_down = "q_a_proj", query_norm = "q_a_layernorm", query_up = "q_b_proj";
  std::string_view query = "q_proj";  ///< where queries are not narrowed
  std::string_view down = "kv_a_proj_with_mqa", norm = "kv_a_layernorm", up = "kv_b_proj";
  double epsilon = 1e-6;  ///< of both norms
};

/// Signs of a row whose names are shared by too many: without config.json it is not chosen.
inline constexpr std::string_view only_by_config = "config.json";

/// One row of the table. Names of tensors are relative to the prefix; N stands for the layer's number.
struct Architecture {
  std::string_view name;
  std::string_view models;       ///< for people
  std::string_view model_types;  ///< config.json's model_type, separated by spaces
  std::string_view attention;    ///< where the layer's attention is: "layers.N.self_attn."
  Layout layout = Layout::apart;
  std::string_view query, key, value, output;  ///< below `attention`, without ".weight"; fused: all in `query`
  LatentNames latent;                          ///< Layout::latent; `query` is its `down` then
  /// Of the input; empty: none, the norm comes after. Of several, separated by spaces, the first that is there.
  std::string_view norm;
  bool norm_in_first = true;  ///< layer 0 has it too
  Norm norm_kind = Norm::rms;
  /// Members of config.json that are false where norms come after the sum with the input instead, and where they have
  /// neither weight nor bias.
  std::string_view norm_before_switch, norm_weights_switch;
  bool norm_before_by_default = true;  ///< what the first of them says where it, or config.json, is missing
  double epsilon = 1e-6;               ///< where config.json does not say
  /// Of model_types, those where it is another number then.
  std::string_view other_types;
  double other_epsilon = 0;
  std::string_view epsilon_name = "rms_norm_eps";
  std::string_view norm_bias_switch;  ///< member of config.json: layer_unbiased becomes layer
  QkNormNames qk_norm;
  std::string_view clip;  ///< member of config.json that limits projected queries, keys and values
  Biases biases = Biases::none;
  /// Member of config.json that says whether there are biases: `biases`, or if these are none, `switched_biases`.
  std::string_view bias_switch;
  Biases switched_biases = Biases::all;
  Biases unswitched_biases = Biases::none;  ///< those that there are where it says that there are none

  std::string_view heads_name = "num_attention_heads";
  /// Another name of that member, which counts in transformers where both are there; empty: there is none.
  std::string_view heads_alias = "num_attention_heads";
  std::string_view width_name = "hidden_size";
  std::string_view head_dim_name = "head_dim";
  std::string_view kv_heads_name = "num_key_value_heads";  ///< empty: by the shapes

  bool causal = false;
  std::string_view causal_switch;  ///< member of config.json that says whether there is a causal mask
  bool bidirectional = false;      ///< use_bidirectional_attention lifts it
  bool halves_window = false;      ///< windows are half as wide then, on both sides
  bool rotary = false;
  bool interleaved = false;  ///< RoPE turns columns 2i and 2i + 1
  double theta = 10000;
  std::string_view theta_name = "rope_theta";
  double local_theta = 0;  ///< of layers with a window; 0: as all others
  std::string_view local_theta_name = "rope_local_base_freq";
  bool scheme_is_global = true;           ///< layers with a window of `local_theta` have no scheme
  double rotated = 1;                     ///< the part of a head that is rotated, where config.json does not say
  std::string_view rotated_name;          ///< member of config.json; empty: all columns are rotated
  std::string_view rotated_columns_name;  ///< member of config.json that counts the rotated columns instead
  std::int64_t rotated_columns = 0;       ///< where it is missing; 0: all
  bool interleaved_by_config = false;     ///< rope_interleave says it, and where it is missing `interleaved`
  RopeLayers rope_layers = RopeLayers::all;
  Temperature temperature = Temperature::none;
  bool has_rope_parameters = true;  ///< rope_parameters and rope_scaling count
  std::string_view default_scheme;  ///< RoPE parameters, as JSON, where config.json has none
  /// original_max_position_embeddings, whatever the RoPE parameters say, where config.json does not say it beside them.
  std::int64_t trained_positions = 0;
  Windows windows = Windows::none;
  std::string_view window_name = "sliding_window";
  std::int64_t window = 0;                                       ///< where config.json does not say; 0: none
  std::string_view window_step_name = "sliding_window_pattern";  ///< empty: config.json does not say
  std::int64_t window_step = 6;                                  ///< where it does not
  std::int64_t first_window = 28;                                ///< max_window_layers, where config.json does not say
  bool last_sees_all = false;                                    ///< whatever config.json says
  bool chunked = false;  ///< layers that RoPE turns see only keys of their own chunk of attention_chunk_size
  Alibi alibi = Alibi::none;
  bool value_norm = false;  ///< values have an RMS norm without weights, of the other norms' epsilon
  bool unscaled = false;
  std::string_view scale_name;    ///< member of config.json that is the scale, 1 where it is missing
  std::string_view scale_from;    ///< member of config.json whose −½th power is the scale
  double scale_from_default = 0;  ///< where config.json does not say
  bool scale_switches = false;    ///< GPT-2's scale_attn_weights and scale_attn_by_inverse_layer_idx count
  std::string_view softcap;       ///< member of config.json
  double softcap_default = 0;     ///< where config.json does not have it; null there: none
  bool sinks = false;
  std::string_view relative_bias;  ///< the table of T5's bias, for all layers, or with N for its own; empty: none
  bool buckets_by_config = true;   ///< config.json says how far buckets go; else 128

  /// Member of config.json that says how many groups of layers share their weights, of which N is the number then;
  /// empty: each layer has its own.
  std::string_view groups_name;
  /// `member=value`, separated by spaces: what attn honours of these members of config.json.
  std::string_view fixed;

  std::string_view signs;    ///< tensors of a layer that tell it from others of the same names, if config.json does not
  std::string_view ignored;  ///< tensors below `attention` that are no part of it
  std::string_view refused;  ///< tensors below `attention` that attn cannot honour

  /// Of models with an encoder and a decoder: the decoder's layers, which lie below a prefix that ends in `decoder.`.
  const Architecture* decoder = nullptr;
  /// Of a decoder's layers: their attention to what the encoder gives.
  const Architecture* cross = nullptr;

  /// The norm before the attention of a layer; empty: none.
  std::string_view norm_before(std::optional<std::int64_t> layer) const {
    return norm_in_first || layer != 0 ? norm : "";
  }
};

/// Every architecture, in the order of the documentation. Of several whose names fit, the first counts whose signs do.
std::span<const Architecture> architectures();

}  // namespace attn::io
