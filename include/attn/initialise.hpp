// Initialisers: the projections of multi-head attention, drawn in the order of the libraries and textbooks.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/random.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// The projections to draw. Widths are numbers of features; E = heads × head_dim, E_kv = kv_heads × head_dim.
struct ProjectionSpec {
  std::size_t d_query = 0;  ///< width of what the queries are projected from
  std::size_t d_key = 0;
  std::size_t d_value = 0;
  std::size_t heads = 1;  ///< at least 1, as kv_heads
  std::size_t kv_heads = 1;
  std::size_t head_dim = 0;
  std::size_t d_out = 0;       ///< width that the output projection gives
  bool qkv_bias = false;       ///< biases of the query, key and value projections
  bool out_projection = true;  ///< an output projection E → d_out
  bool stacked = false;        ///< single heads side by side: each draws its own q, k, v; no output projection
  bool add_bias_kv = false;    ///< nn.MultiheadAttention's bias_k and bias_v
};

/// One way of drawing projections.
struct Initialiser {
  std::string_view name;
  std::string_view summary;  ///< one line for the help
  /// The drawn tensors under the names of an input document's `projections`, which tell how each is used:
  /// `W_q` (d_query, E), `W_k` (d_key, E_kv), `W_v` (d_value, E_kv), `W_o` (E, d_out) as x·W; or
  /// `q_proj.weight` (E, d_query), `k_proj.weight`, `v_proj.weight`, `out_proj.weight` (d_out, E) as x·Wᵀ, with
  /// `q_proj.bias` (E), … where there are biases, and `bias_k`, `bias_v` (1, 1, E).
  /// Throws Error (usage, at the flag) for what this initialiser cannot draw.
  std::vector<NamedTensor> (*draw)(const ProjectionSpec& spec, RandomStream& stream, DType dtype);
};

/// Every initialiser, in the order of the documentation.
std::span<const Initialiser> initialisers();
/// The initialiser of a name; throws Error (usage, at `where`) with the nearest name.
const Initialiser& initialiser_of(std::string_view name, const std::string& where);

}  // namespace attn
