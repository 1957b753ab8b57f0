// Picture flags, to HeatmapStyle and Selection.
#include "cli/flags/picture_flags.hpp"

#include <memory>
#include <set>

#include "attn/file_bytes.hpp"
#include "attn/picture.hpp"
#include "attn/terminal.hpp"
#include "cli/flags/values.hpp"
#include "core/number.hpp"

namespace attn::cli {

namespace {

std::vector<std::string> colormaps_either_way() {
  std::vector<std::string> names = names_of(colormap_names());
  for (const std::string_view name : colormap_names()) names.push_back(std::string(name) + "_r");
  return names;
}

}  // namespace

void PictureFlags::add(FlagSet& flags, bool layers) {
  FlagGroup group = flags.group("Pictures");
  const ValueType selection = one_of("SELECT", {"all", "mean", "max", "min", "std"});
  group.text("--head", head_, selection,
             "Heads to draw: N, N,M, A:B (half-open), all, mean, max, min or std; tables show N, N,M, A:B or all "
             "(default: all)");
  group.text("--batch", batch_, selection, "Batch items, likewise (default: 0 in pictures, all in text)");
  if (layers) group.text("--layer", layer_, selection, "Layers to draw, likewise (default: the last)");
  group.text("--cmap", cmap_, one_of("NAME", colormaps_either_way()),
             "Colour map: " + joined(colormap_names()) + "; NAME_r is reversed (default: viridis)");
  group.toggle("--annot", annotate_, "Write each number into its cell");
  group.text("--fmt", format_, "FMT", "Format of these numbers (default: .2f)");
  group.text("--title", title_, "TEXT", "Title");
  group.text("--xlabel", x_label_, "TEXT", "Title of the horizontal axis (default: Key)");
  group.text("--ylabel", y_label_, "TEXT", "Title of the vertical axis (default: Query)");
  group.text("--colorbar-label", colorbar_label_, "TEXT", "Title of the colour bar");
  group.text("--vmin", vmin_, "X", "Number of the first colour (default: the least number)");
  group.text("--vmax", vmax_, "X", "Number of the last colour (default: the greatest number)");
  group.text("--center", center_, "X",
             "Number of the middle colour, with ends as far to both sides (default colour map: RdBu_r)");
  group.text("--scale-per", scale_per_, "head|picture|all",
             "What shares a colour scale: one matrix, those of a picture, or all of the file (default: picture)");
  group.toggle("--robust", robust_, "Colour from the 2nd to the 98th percentile");
  group.toggle("--log", log_, "Colour by the logarithm");
  group.text("--pool", pool_, "mean|max", "What a pixel shows of the cells that it covers (default: mean)");
  group.text("--theme", theme_, "light|dark", "Background (default: light)");
  group.text("--size", size_, "WxH", "Size in pixels (default: from the matrix)");
  group.text("--dpi", dpi_, "N", "Size of text and lines (default: 100)");
  group.repeatable("--font", fonts_, file_of("FILE", {".ttf", ".otf", ".ttc"}),
                   "TrueType or OpenType font of the labels; again for those that it lacks (default: built in)");
  group.text("--grid-columns", grid_columns_, "N",
             "Matrices a row of the grid (default: from their number, or layers)");
  group.text("--page-precision", page_precision_, "exact|f16|u8", "How an HTML page stores numbers (default: exact)");
  group.text("--max-labels", max_labels_, "N", "At most N labels an axis (default: as many as fit)");
  parts_.add(flags);
}

HeatmapStyle PictureFlags::style() const {
  HeatmapStyle style;
  if (cmap_) style.colormap = *cmap_;
  style.annotate = annotate_;
  if (format_) style.number_format = *format_;
  if (title_) style.title = *title_;
  parts_.check();
  parts_.set_axis_titles(style);
  if (x_label_) style.x_label = *x_label_;
  if (y_label_) style.y_label = *y_label_;
  if (colorbar_label_) style.colorbar_label = *colorbar_label_;
  if (vmin_) style.vmin = parse_number(*vmin_, "--vmin");
  if (vmax_) style.vmax = parse_number(*vmax_, "--vmax");
  if (style.vmin && style.vmax && *style.vmin >= *style.vmax)
    throw usage_error("--vmin", std::string("is ") + (*style.vmin > *style.vmax ? "greater than" : "equal to") +
                                    " --vmax: a scale goes from a number to a greater one");
  if (center_) {
    style.center = parse_number(*center_, "--center");
    if (!cmap_) style.colormap = "RdBu_r";
  }
  if (scale_per_)
    style.scale_per = static_cast<ScalePer>(parse_choice(*scale_per_, "--scale-per", {"head", "picture", "all"}));
  if (grid_columns_) style.columns = static_cast<std::size_t>(parse_whole(*grid_columns_, "--grid-columns", 1));
  style.robust = robust_;
  style.logarithmic = log_;
  if (pool_) style.pooling = parse_choice(*pool_, "--pool", {"mean", "max"}) == 0 ? Pooling::mean : Pooling::max;
  style.follows_reader = !theme_;
  if (page_precision_)
    style.page_precision =
        static_cast<PagePrecision>(parse_choice(*page_precision_, "--page-precision", {"exact", "f16", "u8"}));
  if (theme_) style.theme = parse_choice(*theme_, "--theme", {"light", "dark"}) == 0 ? Theme::light : Theme::dark;
  if (size_) {
    const std::vector<std::string> sides = split(*size_, 'x');
    if (sides.size() != 2) throw usage_error("--size", "'" + *size_ + "' is not a size such as 800x600");
    style.width = static_cast<std::size_t>(parse_whole(sides[0], "--size", 1));
    style.height = static_cast<std::size_t>(parse_whole(sides[1], "--size", 1));
  }
  if (dpi_) style.dpi = parse_number(*dpi_, "--dpi");
  if (style.dpi < 10 || style.dpi > 2400) throw usage_error("--dpi", "must be from 10 to 2400");
  if (max_labels_) style.max_labels = static_cast<std::size_t>(parse_whole(*max_labels_, "--max-labels", 1));
  for (const std::string& font : fonts_) style.fonts.emplace_back(FileBytes::open(font).bytes());
  style.note = note_;
  check_style(style);
  return style;
}

void PictureFlags::note_on(Environment& environment, bool quiet) {
  if (quiet) return;
  note_ = [&environment, told = std::make_shared<std::set<std::string>>()](const std::string& text) {
    if (told->insert(text).second) environment.note(text);
  };
}

Selection PictureFlags::selection() const { return selection_or({}); }
Selection PictureFlags::page_selection() const { return selection_or({.head = "all", .batch = "all", .layer = "all"}); }

Selection PictureFlags::selection_or(Selection selection) const {
  if (head_) selection.head = *head_;
  if (batch_) selection.batch = *batch_;
  if (layer_) selection.layer = *layer_;
  return selection;
}

std::string PictureFlags::page_note() const {
  std::vector<std::string> given;
  for (const auto& [flag, value] : {std::pair{"--size", &size_},
                                    {"--dpi", &dpi_},
                                    {"--grid-columns", &grid_columns_},
                                    {"--max-labels", &max_labels_}})
    if (*value) given.emplace_back(flag);
  if (!fonts_.empty()) given.emplace_back("--font");
  return given.empty() ? "" : "an HTML page fits its window: " + listed(given) + " changed nothing in it";
}

void set_labels(Panel& panel, const std::vector<std::string>& row_labels,
                const std::vector<std::string>& column_labels) {
  if (row_labels.size() == panel.rows()) panel.row_labels = row_labels;
  if (column_labels.size() == panel.columns()) panel.column_labels = column_labels;
}

std::string pooling_text(const Heatmap& heatmap) {
  if (heatmap.style.annotate) return "";  // each cell is there, with its number
  const std::vector<GridSize> sizes = drawn_cells(heatmap);
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    const Panel& panel = heatmap.panels[p];
    if (sizes[p] == GridSize{panel.rows(), panel.columns()}) continue;
    const auto ratio = [](std::size_t cells, std::size_t pixels) {
      const std::string text = fixed(static_cast<double>(cells) / static_cast<double>(pixels), 1);
      return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    };
    return std::string("a pixel is the ") + (heatmap.style.pooling == Pooling::mean ? "mean" : "maximum") + " of " +
           ratio(panel.rows(), sizes[p].rows) + " × " + ratio(panel.columns(), sizes[p].columns) + " cells";
  }
  return "";
}

std::vector<Panel> panels_of(const Tensor& tensor, const Selection& selection,
                             const std::vector<std::string>& row_labels,
                             const std::vector<std::string>& column_labels) {
  std::vector<Panel> panels;
  for (SelectedMatrix& matrix : select_matrices(tensor, selection)) {
    Panel panel;
    panel.values = std::move(matrix.values);
    panel.title = std::move(matrix.title);
    panel.place = {"", matrix.layer, matrix.batch, matrix.head};
    if (matrix.layer && *matrix.layer < selection.layers.size())
      panel.place.layer = static_cast<std::size_t>(selection.layers[*matrix.layer]);
    set_labels(panel, row_labels, column_labels);
    panels.push_back(std::move(panel));
  }
  return panels;
}

TerminalStyle terminal_style(const Environment& environment, bool on_terminal, bool color) {
  TerminalStyle style{.color = color, .of_256 = environment.colors != TerminalColors::all};
  const auto given = [](std::size_t extent, std::size_t otherwise) { return extent != 0 ? extent : otherwise; };
  // Of a file nothing is seen at once: two columns a cell for a hundred tokens, and any number of lines.
  style.columns = on_terminal ? environment.columns : given(environment.given_columns, 240);
  style.rows = on_terminal ? environment.rows : given(environment.given_rows, TerminalStyle::any_rows);
  return style;
}

}  // namespace attn::cli
