// Lays heatmaps out in a terminal: cells with their labels, or half blocks of pooled cells.
#include "attn/terminal.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "render/clip_scale.hpp"
#include "render/compose.hpp"
#include "render/number_format.hpp"
#include "render/pool.hpp"
#include "render/scale.hpp"
#include "render/terminal_ink.hpp"

namespace attn {
namespace {

constexpr std::size_t gap = 2;          // columns between panels
constexpr std::size_t frame_lines = 5;  // title, column labels or frame, legend, the prompt that follows
constexpr std::size_t widest_label = 12;
constexpr std::size_t widest_for_label = 13;  // a cell is wider only for its number
constexpr std::size_t least_for_label = 4;    // a narrower cell has no room for a label that is cut
constexpr std::size_t label_lines = 4;        // lines from one label to the next, where not every row has its own

// Lines of equal visible width.
struct Block {
  std::size_t width = 0;
  std::vector<std::string> lines;

  void widen_to(std::size_t wanted) {
    if (wanted <= width) return;
    for (std::string& line : lines) line += std::string(wanted - width, ' ');
    width = wanted;
  }
};

// The cells as a matrix of their own.
Panel panel_of(const Grid& grid) {
  Panel panel;
  panel.values = Tensor(DType::f64, {grid.rows, grid.columns});
  std::copy(grid.values.begin(), grid.values.end(), panel.values.values<double>().begin());
  if (grid.masked.empty()) return panel;
  panel.masked = Tensor(DType::u8, {grid.rows, grid.columns});
  std::copy(grid.masked.begin(), grid.masked.end(), panel.masked.values<std::uint8_t>().begin());
  return panel;
}

InkedValue inked(const Grid& grid, std::size_t cell) { return {grid.values[cell], grid.is_masked(cell)}; }

bool has_masked(const Grid& grid) {
  return std::any_of(grid.masked.begin(), grid.masked.end(), [](std::uint8_t masked) { return masked != 0; });
}

class TerminalPainter {
 public:
  TerminalPainter(const Heatmap& heatmap, const TerminalStyle& terminal)
      : heatmap_(heatmap),
        style_(heatmap.style),
        terminal_(terminal),
        format_(NumberFormat::parse(style_.number_format, option_name("fmt"))) {
    for (const Panel& panel : heatmap.panels) plans_.push_back(plan_of(panel));
  }

  std::string paint() {
    dip_in();
    note_missing_numbers();
    std::string text;
    if (!style_.title.empty()) text += fit_line(style_.title) + "\n";
    std::vector<Block> row;
    std::size_t width = 0;
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) {
      Block block = draw(p);
      const bool full = style_.columns > 0 && row.size() == style_.columns;
      if (!row.empty() && (full || width + gap + block.width > terminal_.columns)) {
        text += side_by_side(row) + "\n";
        row.clear();
        width = 0;
      }
      width += (row.empty() ? 0 : gap) + block.width;
      row.push_back(std::move(block));
    }
    text += side_by_side(row);
    const std::string name = style_.colorbar_label.empty() ? "" : "  " + printable(style_.colorbar_label);
    if (inks_.size() == 1) return text + inks_[0].legend(terminal_.columns) + name + "\n";
    return text + (name.empty() ? "" : name.substr(2) + "\n");
  }

  std::vector<GridSize> cells() const {
    std::vector<GridSize> sizes;
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) sizes.push_back(size_of(p));
    return sizes;
  }

 private:
  // How a panel's cells are drawn.
  struct Plan {
    std::size_t cell = 0;  // the columns that a cell needs; 0: cells have no place of their own
    bool has_numbers = false;
  };

  // With their numbers where these fit, without them where only the cells do.
  Plan plan_of(const Panel& panel) const {
    constexpr std::size_t least = 2;
    if (!fits(panel, least)) return {};
    if (!style_.annotate) return {least, false};
    const std::size_t numbered = std::max(least, number_width(panel) + 2);
    return fits(panel, numbered) ? Plan{numbered, true} : Plan{least, false};
  }

  // A number that is cut would be another one, so all of them are there, or none is.
  void note_missing_numbers() const {
    const auto has_numbers = [](const Plan& plan) { return plan.has_numbers; };
    if (!style_.annotate || !style_.note || std::all_of(plans_.begin(), plans_.end(), has_numbers)) return;
    style_.note("the numbers of " + option_name("annot") + " are left out: their cells do not fit into " +
                std::to_string(terminal_.columns) + " columns" +
                (terminal_.rows < TerminalStyle::any_rows ? " and " + std::to_string(terminal_.rows) + " lines" : "") +
                "; a picture file has more room, and a shorter " + option_name("fmt") + " needs less");
  }

  // What each panel shows, and in which ink.
  void dip_in() {
    for (const Panel& panel : heatmap_.panels) {
      const auto [rows, columns] = size_of(grids_.size());
      grids_.push_back(pool(panel.values, rows, columns, style_.pooling, panel.masked));
    }
    // With a few shades, and many cells in one, the greatest number of all would leave most of the scale unused.
    std::vector<Panel> shown;
    std::transform(grids_.begin(), grids_.end(), std::back_inserter(shown), panel_of);
    std::vector<ColorScale> scales = scales_of(heatmap_, shown);
    ClipRule rule = clip_of_text;
    rule.spares_numbers = std::any_of(plans_.begin(), plans_.end(), [](const Plan& plan) { return plan.has_numbers; });
    const std::string note = clip_scales(heatmap_, grids_, scales, rule);
    if (!note.empty() && style_.note) style_.note(note);
    const bool leaves_blank = std::any_of(grids_.begin(), grids_.end(), has_masked);
    for (const ColorScale& scale : scales) inks_.emplace_back(style_, terminal_, scale, leaves_blank);
  }

  GridSize size_of(std::size_t p) const {
    const Panel& panel = heatmap_.panels[p];
    return plans_[p].cell > 0 ? GridSize{panel.rows(), panel.columns()} : dense(panel).size;
  }

  std::string fit_line(const std::string& text) const {
    const std::string shown = printable(text);
    return display_width(shown) <= terminal_.columns ? shown : fit_width(shown, terminal_.columns);
  }

  static std::string side_by_side(const std::vector<Block>& blocks) {
    std::size_t height = 0;
    for (const Block& block : blocks) height = std::max(height, block.lines.size());
    std::string text;
    for (std::size_t i = 0; i < height; ++i) {
      std::string line;
      for (const Block& block : blocks) {
        if (!line.empty()) line += std::string(gap, ' ');
        line += i < block.lines.size() ? block.lines[i] : std::string(block.width, ' ');
      }
      const std::size_t end = line.find_last_not_of(' ');
      text += line.substr(0, end == std::string::npos ? 0 : end + 1) + "\n";
    }
    return text;
  }

  // Each cell by itself, with labels, if they fit; otherwise half a character a cell, pooled to fit.
  Block draw(std::size_t p) const {
    const Panel& panel = heatmap_.panels[p];
    const TerminalInk& ink = inks_[inks_.size() == 1 ? 0 : p];
    Block block = plans_[p].cell > 0 ? draw_cells(panel, grids_[p], plans_[p], ink) : draw_dense(panel, grids_[p], ink);
    if (!panel.title.empty()) {
      const std::string title = printable(panel.title);
      block.widen_to(std::min(display_width(title), terminal_.columns));
      block.lines.insert(block.lines.begin(), centered(title, block.width));
    }
    if (inks_.size() > 1) {
      const std::string legend = ink.legend(block.width);
      const std::size_t width = legend_width(legend);
      block.widen_to(width);
      block.lines.push_back(legend + std::string(block.width - width, ' '));
    }
    return block;
  }

  // Without the escapes.
  static std::size_t legend_width(const std::string& legend) {
    std::string shown;
    bool within = false;
    for (const char c : legend) {
      if (c == '\x1b') within = true;
      if (!within) shown += c;
      if (c == 'm') within = false;
    }
    return display_width(shown);
  }

  // Of the widest number that is shown.
  std::size_t number_width(const Panel& panel) const {
    const Grid cells = pool(panel.values, panel.rows(), panel.columns(), Pooling::mean, panel.masked);
    std::size_t widest = 0;
    for (std::size_t k = 0; k < cells.values.size(); ++k)
      if (TerminalInk::shows_number(inked(cells, k))) widest = std::max(widest, format_(cells.values[k]).size());
    return widest;
  }

  static std::size_t label_width(const Panel& panel) { return widest(panel.row_labels, panel.rows()); }

  bool fits(const Panel& panel, std::size_t cell_width) const {
    const bool rows_fit = panel.rows() + frame_lines <= std::max<std::size_t>(terminal_.rows, frame_lines + 1);
    return rows_fit && label_width(panel) + 1 + cell_width * panel.columns() <= terminal_.columns;
  }

  static std::size_t widest(const std::vector<std::string>& labels, std::size_t count) {
    std::size_t width = labels.empty() ? std::to_string(count - 1).size() : 1;
    for (const std::string& label : labels) width = std::max(width, display_width(printable(label)));
    return std::min(width, widest_label);
  }

  static std::string label(const std::vector<std::string>& labels, std::size_t index) {
    return labels.empty() ? std::to_string(index) : printable(labels[index]);
  }

  static std::vector<std::string> names(const std::vector<std::string>& labels, std::size_t count, std::size_t width) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(label(labels, i));
    return cut_to_width(std::move(all), width);
  }

  Block draw_cells(const Panel& panel, const Grid& grid, const Plan& plan, const TerminalInk& ink) const {
    const std::size_t labels = label_width(panel);
    const std::size_t room = (terminal_.columns - labels - 1) / grid.columns;
    const std::size_t wanted = widest(panel.column_labels, grid.columns) + 1;
    const std::size_t cell = std::max(plan.cell, std::min({wanted, room, widest_for_label}));
    Block block{labels + 1 + cell * grid.columns, {}};

    std::string header(labels + 1, ' ');
    if (wanted > cell && cell < least_for_label)
      header += column_names(panel, grid.columns, cell);
    else
      for (const std::string& name : names(panel.column_labels, grid.columns, cell - 1)) header += centered(name, cell);
    const std::vector<std::string> rows = names(panel.row_labels, grid.rows, labels);
    block.lines.push_back(header);
    for (std::size_t i = 0; i < grid.rows; ++i) {
      std::string line = right_aligned(rows[i], labels) + " ";
      for (std::size_t j = 0; j < grid.columns; ++j) {
        const InkedValue value = inked(grid, i * grid.columns + j);
        line += ink.cell(value, plan.has_numbers ? format_(value.value) : "", cell);
      }
      block.lines.push_back(line + (terminal_.color ? std::string(reset_escape) : ""));
    }
    return block;
  }

  // How a matrix too large for cells of its own is pooled.
  struct Dense {
    GridSize size;
    bool flat = false;       // each row gets a line of its own, so that something is seen
    std::size_t labels = 0;  // columns of the row labels and the space after them
  };
  Dense dense(const Panel& panel) const {
    const auto rows = static_cast<double>(panel.rows());
    const auto columns = static_cast<double>(panel.columns());
    // Titles, the frame, column labels, the legend, and the prompt that follows.
    const std::size_t around = 5U + (style_.title.empty() ? 0U : 1U) + (panel.title.empty() ? 0U : 1U);
    const std::size_t lines = std::max<std::size_t>(terminal_.rows, around + 1) - around;
    constexpr std::size_t narrow = 40;  // no room for labels beside the picture
    Dense dense;
    if (terminal_.columns >= narrow) dense.labels = label_width(panel) + 1;
    const std::size_t width = std::max<std::size_t>(terminal_.columns, dense.labels + 3) - 2 - dense.labels;
    // One factor for both axes keeps cells square; a long, flat matrix may keep more of its shorter side.
    const double factor =
        std::max({1.0, rows / (2 * static_cast<double>(lines)), columns / static_cast<double>(width)});
    const auto shown = [factor](double extent, std::size_t room) {
      const double kept = std::min(extent, static_cast<double>(room) / 4);
      return static_cast<std::size_t>(std::max({1.0, extent / factor, kept}));
    };
    // The other side of a wide window counts as half as long, at most: a file's height is no reason for tall cells.
    std::size_t height = shown(rows, std::min(lines, width / 2));
    dense.flat = 2 * height <= lines && 8 * height <= shown(columns, width);
    if (!terminal_.color && !dense.flat) height = (height + 1) / 2;
    dense.size = {std::min(height, panel.rows()), std::min(shown(columns, width), panel.columns())};
    return dense;
  }

  // Two cells a character, one above the other: ▀ with colour, the shade of their mean without.
  Block draw_dense(const Panel& panel, const Grid& grid, const TerminalInk& ink) const {
    const Dense plan = dense(panel);
    const std::size_t rows_a_line = terminal_.color && !plan.flat ? 2 : 1;
    const std::string edge = repeated("─", grid.columns), margin(plan.labels, ' ');
    Block block{plan.labels + grid.columns + 2, {margin + "┌" + edge + "┐"}};
    const bool has_names = !panel.row_labels.empty() && grid.rows == panel.rows();
    for (std::size_t i = 0; i < grid.rows; i += rows_a_line) {
      const bool is_labelled = plan.labels > 0 && (has_names || i / rows_a_line % label_lines == 0);
      const std::string name = is_labelled ? label(panel.row_labels, i * panel.rows() / grid.rows) : "";
      const std::string start = plan.labels > 0 ? right_aligned(name, plan.labels - 1) + " " : "";
      std::string line;
      for (std::size_t j = 0; j < grid.columns; ++j) line += characters(grid, i, j, rows_a_line, ink);
      block.lines.push_back(start + "│" + line + (terminal_.color ? std::string(reset_escape) : "") + "│");
    }
    block.lines.push_back(margin + "└" + edge + "┘");
    block.lines.push_back(margin + " " + column_names(panel, grid.columns, 1) + " ");
    return block;
  }

  std::string characters(const Grid& grid, std::size_t i, std::size_t j, std::size_t rows_a_line,
                         const TerminalInk& ink) const {
    const InkedValue upper = inked(grid, i * grid.columns + j);
    if (!terminal_.color) return ink.shade(upper);
    if (rows_a_line == 1) return ink.halves(upper, &upper);
    if (i + 1 == grid.rows) return ink.halves(upper, nullptr);
    const InkedValue lower = inked(grid, (i + 1) * grid.columns + j);
    return ink.halves(upper, &lower);
  }

  // As many names as stand side by side, each beginning at its cell, of `cells` that are `cell` columns wide.
  static std::string column_names(const Panel& panel, std::size_t cells, std::size_t cell) {
    constexpr std::size_t index_distance = 8;
    const std::size_t columns = cells * cell;
    std::string line;
    std::size_t used = 0;
    for (std::size_t next = 0; next < cells;) {
      const std::string name = label(panel.column_labels, next * panel.columns() / cells);
      const std::size_t width = std::min(display_width(name), widest_label);
      if (next * cell + width > columns) break;
      line += std::string(next * cell - used, ' ') + fit_width(name, width);
      used = next * cell + width;
      const std::size_t distance = panel.column_labels.empty() ? std::max(index_distance, width + 1) : width + 1;
      next += (distance + cell - 1) / cell;
    }
    return line + std::string(columns - used, ' ');
  }

  const Heatmap& heatmap_;
  const HeatmapStyle& style_;
  const TerminalStyle& terminal_;
  NumberFormat format_;
  std::vector<Plan> plans_;        // of each panel
  std::vector<Grid> grids_;        // of each panel
  std::vector<TerminalInk> inks_;  // of each scale
};

}  // namespace

std::string render_terminal(const Heatmap& heatmap, const TerminalStyle& terminal) {
  check_heatmap(heatmap);
  return TerminalPainter(heatmap, terminal).paint();
}

std::vector<GridSize> terminal_cells(const Heatmap& heatmap, const TerminalStyle& terminal) {
  check_heatmap(heatmap);
  return TerminalPainter(heatmap, terminal).cells();
}

}  // namespace attn
