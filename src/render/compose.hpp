// Composition: a heatmap as a scene.
#pragma once

#include <memory>

#include "attn/heatmap.hpp"
#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

/// The whole picture as shapes. Throws Error (usage) at the flag of a style that cannot be followed,
/// (data) for panels that cannot be drawn.
Scene compose(const Heatmap& heatmap, const Font& font);

/// The font that the style asks for: its own, kept in `storage`, or the built-in one.
const Font& font_of(const HeatmapStyle& style, std::unique_ptr<Font>& storage);

/// Throws Error (data) if there is no panel, a panel has no cells, or labels do not fit its shape;
/// (usage) if the colour map, number format, dpi or size is impossible.
void check_heatmap(const Heatmap& heatmap);

}  // namespace attn
