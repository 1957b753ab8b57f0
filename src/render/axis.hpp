// Axis labels: which are written, at what angle, and how much room they take.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "render/font.hpp"

namespace attn {

/// What an axis has to label.
struct AxisRequest {
  const std::vector<std::string>* names = nullptr;  ///< empty: indices
  std::size_t count = 0;                            ///< cells along the axis
  double pitch = 0;                                 ///< pixels from cell to cell
  std::size_t max_labels = 0;                       ///< 0: as many as fit
  double size = 10;                                 ///< of the letters, pixels per em
  double longest = 0;                               ///< longer labels are cut, pixels
};

struct AxisLabel {
  std::size_t index = 0;  ///< of the cell it stands at
  std::string text;
};

struct AxisLabels {
  std::vector<AxisLabel> labels;
  std::size_t step = 1;  ///< every how many cells a label stands
  double angle = 0;      ///< degrees counter-clockwise: 0, 45 or 90
  double depth = 0;      ///< how far they reach away from the axis, pixels
  double overhang = 0;   ///< how far the first reaches out before the axis' start, pixels
};

/// Where texts that are longer than `limit` pixels are cut: at their ends, unless different ones would look the same
/// then; those are told apart by their ends, and lose their middle.
Cut cut_that_tells_apart(std::span<const std::string> texts, double size, double limit, const Font& font);

/// Labels of the rows, unturned. Every n-th is written if all would collide, n of 1, 2, 5, 10, 20, …
AxisLabels label_rows(const AxisRequest& request, const Font& font);
/// Labels of the columns: unturned if they fit so, else at 45°, else upright; indices are never turned.
AxisLabels label_columns(const AxisRequest& request, const Font& font);

}  // namespace attn
