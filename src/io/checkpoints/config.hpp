// config.json's word on a layer: RoPE, windows, scale.
#pragma once

#include <cstdint>
#include <optional>

#include "attn/layer.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/json/config.hpp"

namespace attn::io {

/// The rule of RoPE for heads of `head_dim` columns, in a layer that sees a window or does not. Throws Error (data) for
/// a scheme that attn does not support, and for members that are missing or make no sense.
RopeRule read_rope(const Config& config, const Architecture& row, std::int64_t head_dim, bool windowed);

/// How many keys a query of the layer sees, itself included, not counting those after it; none: all.
std::optional<std::int64_t> read_window(const Config& config, const Architecture& row, std::int64_t layer);

/// The multiplier of QKᵀ, where it is not 1/√head_dim.
std::optional<double> read_scale(const Config& config, const Architecture& row, std::int64_t head_dim,
                                 std::int64_t layer);

/// Throws Error (data) for members that say something about attention that attn does not honour.
void refuse_unsupported(const Config& config, const Architecture& row);

}  // namespace attn::io
