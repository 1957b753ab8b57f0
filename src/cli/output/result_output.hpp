// Results of compute and multihead, to every kind of target.
#pragma once

#include <functional>

#include "attn/document.hpp"
#include "attn/stages.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/output/result_text.hpp"

namespace attn::cli {

struct ResultStyle {
  HeatmapStyle heatmap;
  Selection selection;       ///< of pictures
  Selection page_selection;  ///< of pages, whose readers choose
  ResultTextStyle text;
  PartFlags parts;
  std::function<void(const std::string&)> note;  ///< takes what a reader of pictures should know; null: nobody
};

/// Writes `result` to one target. `emitted`: what documents and text show; other tensors were computed only because a
/// target picks them. Without a pick, tensors and pictures are of `shown_stage`.
void write_result_to(Target& target, Result& result, const std::vector<Stage>& emitted, const ResultStyle& style);

}  // namespace attn::cli
