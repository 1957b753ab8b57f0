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
  torch,        ///< torch.nn.MultiheadAttention: in_proj_weight, or {q,k,v}_proj_weight
  as_document,  ///< the names of attn's own documents
};

/// Which biases must be there; others are taken where they are.
enum class Biases { none, query_key_value, all };

/// Which layers see a window of keys (`sliding_window`).
enum class Windows {
  none,
  all,          ///< every layer
  from_layer,   ///< with use_sliding_window, layers from max_window_layers on
  alternating,  ///< every second layer, from layer 0
  pattern,      ///< all but every sliding_window_pattern-th
  /// All but every global_attn_every_n_layers-th, from layer 0; as many keys after the query as before it, which are
  /// half of `local_attention` (ModernBERT).
  both_sides,
};

/// One row of the table. Names of tensors are relative to the prefix; N stands for the layer's number.
struct Architecture {
  std::string_view name;
  std::string_view models;       ///< for people
  std::string_view model_types;  ///< config.json's model_type, separated by spaces
  std::string_view attention;    ///< where the layer's attention is: "layers.N.self_attn."
  Layout layout = Layout::apart;
  std::string_view query, key, value, output;  ///< below `attention`, without ".weight"; fused: all in `query`
  std::string_view norm;                       ///< of the input; empty: none, the norm comes after
  bool norm_in_first = true;                   ///< layer 0 has it too
  InputNorm::Kind norm_kind = InputNorm::Kind::rms;
  double epsilon = 1e-6;  ///< where config.json does not say
  std::string_view epsilon_name = "rms_norm_eps";
  bool norms_add_one = false;         ///< stored weights are those less 1 (Gemma)
  std::string_view norm_bias_switch;  ///< member of config.json that says whether LayerNorm has a bias; empty: it has
  bool normalises_query_and_key = false;
  Biases biases = Biases::none;
  std::string_view bias_switch;  ///< member of config.json that says whether there are biases

  std::string_view heads_name = "num_attention_heads";
  std::string_view width_name = "hidden_size";
  std::string_view head_dim_name = "head_dim";

  bool causal = false;
  std::string_view causal_switch;  ///< member of config.json that says whether there is a causal mask
  bool rotary = false;
  double theta = 10000;
  std::string_view theta_name = "rope_theta";
  double local_theta = 0;  ///< of layers with a window; 0: as all others
  std::string_view local_theta_name = "rope_local_base_freq";
  bool scheme_is_global = true;  ///< layers with a window of `local_theta` have no scheme
  double rotated = 1;            ///< the part of a head that is rotated, where config.json does not say
  std::string_view rotated_name = "partial_rotary_factor";
  Windows windows = Windows::none;
  bool unscaled = false;
  std::string_view scale_from;  ///< member of config.json whose −½th power is the scale
  std::string_view softcap;     ///< member of config.json
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
