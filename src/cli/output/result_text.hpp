// Results as text: tables of tensors and statistics, of several layers one after the other.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/selection.hpp"
#include "attn/stages.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

struct ResultTextStyle {
  TableStyle table;
  Selection selection = {.head = "all", .batch = "all", .layer = "all"};  ///< heads and batch items that are shown
  bool leaves_out_merged = false;  ///< what is of all heads together is not shown beside those that are selected
};

/// The labels that belong to an axis of a result's tensors; empty where there are none.
std::vector<std::string> labels_for(Axis axis, const Result& result, std::size_t extent);

/// Every emitted tensor and, if `with_statistics`, what `statistics_text` gives; each layer of several has a heading.
std::string result_text(const Result& result, const std::vector<Stage>& emitted, bool with_statistics,
                        const ResultTextStyle& style);
/// The result's stats and strongest keys as tables; empty if it has none.
std::string statistics_text(const Result& result, const ResultTextStyle& style);

}  // namespace attn::cli
