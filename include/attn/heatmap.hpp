// Heatmaps: matrices with labels, and how their pictures look.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/image.hpp"
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

  /// Which cells a mask hides, where that is known: (rows, columns) of u8, 1 where it does; else no elements.
  Tensor masked;

  /// What the cells are laid over, stretched to all of them; null: nothing. Terminals show the cells alone.
  std::shared_ptr<const Image> background;

  /// Which of a tensor's matrices it is. An axis that was reduced, or that the tensor does not have, has no number.
  struct Place {
    std::string document;  ///< empty if there is only one
    std::optional<std::size_t> layer, batch, head;
  };
  Place place;

  std::size_t rows() const { return whole ? whole->rows : values.extent(0); }
  std::size_t columns() const { return whole ? whole->columns : values.extent(1); }
};

enum class Theme { light, dark };

/// What shares a colour scale.
enum class ScalePer {
  head,     ///< each panel has its own, and a colour bar beside it
  picture,  ///< all panels of a picture
  all,      ///< all matrices that the panels were selected from: see Heatmap::range
};

/// How an interactive page stores a matrix.
enum class PagePrecision {
  exact,  ///< as it is: float32, or float64
  f16,    ///< IEEE half precision, off by up to 2⁻¹¹ of a number, and 2⁻²⁵ below 2⁻¹⁴
  u8,     ///< 253 even steps between the least and the greatest number, off by up to half a step
};

/// How a heatmap looks. The defaults are those of matplotlib and seaborn where the two agree.
struct HeatmapStyle {
  std::string colormap = "viridis";
  bool annotate = false;              ///< write each cell's number into it
  std::string number_format = ".2f";  ///< of annotations: a Python format such as .2f, .3g, .0%, d
  std::string title;
  std::string x_label = "Key";
  std::string y_label = "Query";
  std::string colorbar_label;  ///< beside the colour bar; empty for none
  std::optional<double> vmin;  ///< default: the least finite value of all panels
  std::optional<double> vmax;  ///< default: the greatest
  bool robust = false;         ///< vmin and vmax default to the 2nd and 98th percentile instead
  bool logarithmic = false;    ///< equal ratios have equal steps of colour; what is not positive is "bad"
  ScalePer scale_per = ScalePer::picture;
  std::optional<double> center;     ///< has the middle of the colour map, whose ends lie as far to both sides
  bool exact_ends = false;          ///< on a terminal without colour, blank and full are for the scale's ends alone
  Pooling pooling = Pooling::mean;  ///< of matrices with more cells than pixels
  Theme theme = Theme::light;
  bool follows_reader = true;  ///< a page is light or dark as its reader prefers, whatever `theme`
  PagePrecision page_precision = PagePrecision::exact;
  std::size_t max_labels = 0;        ///< at most so many labels an axis; 0: as many as fit
  std::optional<std::size_t> width;  ///< pixels; default: from the matrix
  std::optional<std::size_t> height;
  double dpi = 100;         ///< scales text and lines; 100 is matplotlib's default
  std::size_t columns = 0;  ///< panels a row; 0: a row a layer if there are several, else chosen for their number
  std::vector<std::string> fonts;  ///< the bytes of TrueType fonts: a glyph comes from the first that has it, and last
                                   ///< from the built-in DejaVu Sans
  /// Told what people should know of a picture and may not see in it, once it is drawn; or none.
  std::function<void(const std::string&)> note = {};
};

/// Panels on colour scales, in a grid if there are several.
struct Heatmap {
  std::vector<Panel> panels;
  HeatmapStyle style;
  /// Of the numbers that the panels were selected from: the scale's ends where the style has ScalePer::all. None: the
  /// panels' own.
  std::optional<ValueRange> range = std::nullopt;
};

/// The ends that a scale over all of a tensor's numbers has: their range, or the 2nd and 98th percentile where the
/// style is robust. `masked` (u8, of the same shape, or empty) are numbers that do not count.
ValueRange scale_range(const Tensor& values, const Tensor& masked, const HeatmapStyle& style);

/// Every colour map's name, in the order of the documentation; each is also there reversed, as NAME_r.
std::vector<std::string_view> colormap_names();

/// Throws Error (usage, at the flag's name) for a style that no heatmap can have.
void check_style(const HeatmapStyle& style);

}  // namespace attn
