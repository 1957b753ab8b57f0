// Pictures in the formats of their targets.
#pragma once

#include "attn/heatmap.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"

namespace attn {
struct BarChart;
}

namespace attn::cli {

/// The picture, in the target's format, to the target; an Error that names no place has the target's.
void write_picture(const Target& target, const Heatmap& heatmap);
void write_picture(const Target& target, const BarChart& chart);

/// Notes which picture flags mean nothing to the pages among the targets.
void note_of_pages(Environment& environment, const std::vector<Target>& targets, const PictureFlags& flags, bool quiet);

}  // namespace attn::cli
