// config.json's word on a layer: RoPE, windows, scale.
#pragma once

#include <cstdint>
#include <optional>

#include "attn/error.hpp"
#include "attn/layer.hpp"
#include "attn/query_key.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/json/config.hpp"

namespace attn::io {

/// The rule of RoPE for heads of `head_dim` columns, in a layer that sees a window or does not. Throws Error (data) for
/// a scheme that attn does not support, and for members that are missing or make no sense.
RopeRule read_rope(const Config& config, const Architecture& row, std::int64_t head_dim, bool windowed);

/// Whether norms come before attention and MLP, as the tables have them; else they come after the sums.
bool norms_come_first(const std::optional<Config>& config, const Architecture& row);

/// The kind of a layer's norms: that of the table, unless config.json says that they have no weights, or biases too.
Norm read_norm_kind(const Config& config, const Architecture& row, Norm kind);

/// What the norm before attention adds where config.json does not say.
double usual_epsilon(const Config& config, const Architecture& row);

/// What the norms add to a mean square or a variance. Throws Error (data) for less than 0, where a root may be of a
/// negative number.
double read_epsilon(const Config& config, std::string_view name, double otherwise);

/// Whether RoPE turns the layer's queries and keys.
bool read_rotary(const Config& config, const Architecture& row, std::int64_t layer);

/// How many keys a query of the layer sees, itself included, not counting those after it; none: all.
std::optional<std::int64_t> read_window(const Config& config, const Architecture& row, std::int64_t layer);

/// The multiplier of QKᵀ, where it is not 1/√head_dim.
std::optional<double> read_scale(const Config& config, const Architecture& row, std::int64_t head_dim,
                                 std::int64_t layer);

/// How many keys a chunk has, of those that a query sees only its own; none: it sees all.
std::optional<std::int64_t> read_chunk(const Config& config, const Architecture& row, std::int64_t layer);

/// What makes the layer's queries grow with their position.
std::optional<QueryTemperature> read_temperature(const Config& config, const Architecture& row, std::int64_t layer);

/// Whether `is_causal` lifts the causal mask.
bool lifts_causal(const Config& config, const Architecture& row);

/// Whether `use_bidirectional_attention` lifts it. Throws Error (data) where the row does not know of it.
bool read_bidirectional(const Config& config, const Architecture& row);

/// 0: none.
double read_softcap(const Config& config, const Architecture& row);

/// What limits projected queries, keys and values.
std::optional<double> read_clip(const Config& config, const Architecture& row);

/// Throws Error (data) where a member and its other name are both there and differ: transformers takes the other
/// name's.
void check_alias(const Config& config, std::string_view name, std::string_view alias);

/// An Error (data) for a list of layers that has too few.
Error missing_entry(const Config& config, std::string_view list, std::size_t entries, std::int64_t layer);

/// Throws Error (data) for members that say something about attention that attn does not honour.
void refuse_unsupported(const Config& config, const Architecture& row);

}  // namespace attn::io
