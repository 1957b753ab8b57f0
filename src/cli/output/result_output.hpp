// Results of compute and multihead, to every kind of target.
#pragma once

#include "attn/document.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

struct ResultStyle {
  HeatmapStyle heatmap;
  Selection selection;
  TableStyle table;
  bool split_heads = false;     ///< the first axis of a rank-3 matrix is heads, not batch items
  bool projects = false;        ///< query, key and value are split as well
  bool averages = false;        ///< the weights have lost their head axis
  std::size_t first_query = 0;  ///< of the rows: with --query-range not always 0
};

/// Writes `result` to one target. `emitted`: the names that documents and text show; others were computed
/// only because a target picks them. Without a pick, tensors and pictures are of the weights.
void write_result_to(Target& target, Result& result, const std::vector<std::string>& emitted, const ResultStyle& style);

/// The tensor that a target shows if it names none.
inline constexpr std::string_view default_tensor = "weights";

/// The result's stats and strongest keys as tables; empty if it has none.
std::string readings_text(const Result& result, const ResultStyle& style);

/// The result as tables: every emitted tensor.
std::string result_text(const Result& result, const std::vector<std::string>& emitted, const ResultStyle& style);

}  // namespace attn::cli
