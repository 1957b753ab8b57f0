// Heatmaps: matrices with labels, and their pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/pooled.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// One matrix of a picture.
struct Panel {
  Tensor values;      ///< (rows, columns), at least one of each; NaN and infinities are drawn in the "bad" colour, grey
  std::string title;  ///< above the panel; empty for none
  std::vector<std::string> row_labels;     ///< empty: indices
  std::vector<std::string> column_labels;  ///< empty: indices

  /// The matrix that `values` stand for, if they are pooled already: labels and the colour scale are its own.
  struct Whole {
    std::size_t rows = 0;
    std::size_t columns = 0;
    ValueRange range;
  };
  std::optional<Whole> whole;

  std::size_t rows() const { return whole ? whole->rows : values.extent(0); }
  std::size_t columns() const { return whole ? whole->columns : values.extent(1); }
};

enum class Theme { light, dark };

/// How a heatmap looks. The defaults are those of matplotlib and seaborn where the two agree.
struct HeatmapStyle {
  std::string colormap = "viridis";
  bool annotate = false;              ///< write each cell's number into it
  std::string number_format = ".2f";  ///< of annotations: a Python format such as .2f, .3g, .0%, d
  std::string title;
  std::string x_label = "Key";
  std::string y_label = "Query";
  std::string colorbar_label;       ///< beside the colour bar; empty for none
  std::optional<double> vmin;       ///< default: the least finite value of all panels
  std::optional<double> vmax;       ///< default: the greatest
  bool robust = false;              ///< vmin and vmax default to the 2nd and 98th percentile instead
  bool logarithmic = false;         ///< equal ratios have equal steps of colour; what is not positive is "bad"
  bool exact_ends = false;          ///< on a terminal without colour, blank and full are for the scale's ends alone
  Pooling pooling = Pooling::mean;  ///< of matrices with more cells than pixels
  Theme theme = Theme::light;
  std::size_t max_labels = 0;        ///< at most so many labels an axis; 0: as many as fit
  std::optional<std::size_t> width;  ///< pixels; default: from the matrix
  std::optional<std::size_t> height;
  double dpi = 100;         ///< scales text and lines; 100 is matplotlib's default
  std::size_t columns = 0;  ///< panels a row; 0: chosen for the number of panels
  std::string font;         ///< the bytes of a TrueType font; empty: the built-in DejaVu Sans
};

/// Panels on one colour scale, in a grid if there are several.
struct Heatmap {
  std::vector<Panel> panels;
  HeatmapStyle style;
};

/// Every colour map's name, in the order of the documentation; each is also there reversed, as NAME_r.
std::vector<std::string_view> colormap_names();

/// Throws Error (usage, at the flag's name) for a style that no heatmap can have.
void check_style(const HeatmapStyle& style);

/// The picture as the bytes of a PNG file (8-bit RGB, the same bytes every time).
///
/// Cells are square; only a matrix more than four times as long as wide whose cells are smaller than
/// letters is widened. Without a width and height the picture is 6.4 × 4.8 inches for one panel and
/// grows until labels and annotations fit; up to 1024 rows or columns (512 in a grid) get a pixel each.
/// Larger matrices are pooled: a pixel is the mean, by area, or the greatest of the finite cells that it covers.
///
/// Throws Error (usage, at "--cmap", "--fmt", "--vmin", "--vmax", "--dpi", "--size" or "--annot") for a style that
/// cannot be followed, (data) for panels without cells, labels that do not fit, a font that is none, and a picture past
/// any use.
std::string render_png(const Heatmap& heatmap);

/// Rows and columns of a matrix as a picture shows it.
struct GridSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool operator==(const GridSize&) const = default;
};

/// The cells of each panel in its PNG: the matrix's own, or as many as it has pixels for. For planning a heatmap
/// without its values: of a panel with a `whole`, `values` may be anything. Throws as render_png does; annotations do
/// not count.
std::vector<GridSize> drawn_cells(const Heatmap& heatmap);

/// What a terminal can show.
struct TerminalStyle {
  bool color = true;         ///< 24-bit colour escapes; otherwise shades of block characters
  std::size_t columns = 80;  ///< its width
  std::size_t rows = 24;     ///< its height: larger matrices are pooled into it
};

/// The picture as lines for a terminal: each cell with its labels where they fit, otherwise two cells a
/// character, pooled into the window. Throws as render_png does for what both need.
std::string render_terminal(const Heatmap& heatmap, const TerminalStyle& terminal);

/// The cells of each panel on a terminal, as `drawn_cells` gives those of a PNG.
std::vector<GridSize> terminal_cells(const Heatmap& heatmap, const TerminalStyle& terminal);

/// Reads `N`, `A:B` (half-open; an end left out is the axis' own), lists of these (`0,2,4:6`), `all`, `mean`, `max`,
/// `min` or `std` for an axis of `extent`; negative numbers count from the end. Throws Error (usage, at `where`).
AxisSelection parse_selection(std::string_view text, std::size_t extent, const std::string& where);

/// What one picture shows of each axis, and its title.
struct SelectedAxes {
  AxisSelection layer, batch, head;  ///< one index, or a reduction
  std::string title;                 ///< "Head 3", "Layer 1, Head 3", "Mean of 8 heads", empty for the only one
};

/// One picture's matrices out of a tensor of rank 2 to 5: (…, L, S) with head, batch and layer axes
/// before them, of which each takes a selection; the head axis is reduced first. NaN stays NaN. `std` is the
/// population's, as numpy's default.
struct SelectedMatrix {
  Tensor values;      ///< (L, S)
  std::string title;  ///< "Head 3", "Layer 1, Head 3", "Mean of 8 heads", empty for the only one
};
struct Selection {
  std::string head = "all";
  std::string batch = "0";
  std::string layer = "-1";
};
/// By layer, then batch item, then head. Throws Error (usage, at "--head", "--batch" or "--layer") for
/// an index that does not exist, (data) for a tensor without matrices.
std::vector<SelectedMatrix> select_matrices(const Tensor& tensor, const Selection& selection);
/// What `select_matrices` selects of a tensor of this shape.
std::vector<SelectedAxes> select_axes(const Shape& shape, const Selection& selection);

}  // namespace attn
