// Draws heatmaps in a terminal: cells as coloured or shaded characters.
#include "attn/terminal.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "render/colormap.hpp"
#include "render/compose.hpp"
#include "render/number_format.hpp"
#include "render/pool.hpp"
#include "render/scale.hpp"
#include "render/theme.hpp"

namespace attn {
namespace {

constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view no_background = "\x1b[49m";
constexpr std::array<std::string_view, 5> shades{" ", "░", "▒", "▓", "█"};
constexpr std::string_view bad_shade = "·";
constexpr std::size_t gap = 2;          // columns between panels
constexpr std::size_t frame_lines = 5;  // title, column labels or frame, legend, the prompt that follows
constexpr std::size_t widest_label = 12;
constexpr std::size_t widest_cell = 13;

// Lines of equal visible width.
struct Block {
  std::size_t width = 0;
  std::vector<std::string> lines;
};

std::string color_escape(int layer, Rgb color) {
  return "\x1b[" + std::to_string(layer) + ";2;" + std::to_string(color.r) + ";" + std::to_string(color.g) + ";" +
         std::to_string(color.b) + "m";
}
std::string foreground(Rgb color) { return color_escape(38, color); }
std::string background(Rgb color) { return color_escape(48, color); }

std::string repeated(std::string_view text, std::size_t times) {
  std::string line;
  for (std::size_t i = 0; i < times; ++i) line += text;
  return line;
}

std::string centered(const std::string& text, std::size_t width) {
  const std::size_t used = std::min(display_width(text), width);
  return fit_width(std::string((width - used) / 2, ' ') + text, width);
}

class TerminalPainter {
 public:
  TerminalPainter(const Heatmap& heatmap, const TerminalStyle& terminal)
      : heatmap_(heatmap),
        style_(heatmap.style),
        terminal_(terminal),
        colormap_(Colormap::named(style_.colormap)),
        format_(NumberFormat::parse(style_.number_format, option_name("fmt"))),
        scale_(ColorScale::over(heatmap)),
        bad_(theme_colors(style_.theme).bad) {}

  std::string paint() const {
    std::string text;
    if (!style_.title.empty()) text += fit_line(style_.title) + "\n";
    std::vector<Block> row;
    std::size_t width = 0;
    for (const Panel& panel : heatmap_.panels) {
      Block block = draw(panel);
      const bool full = style_.columns > 0 && row.size() == style_.columns;
      if (!row.empty() && (full || width + gap + block.width > terminal_.columns)) {
        text += side_by_side(row) + "\n";
        row.clear();
        width = 0;
      }
      width += (row.empty() ? 0 : gap) + block.width;
      row.push_back(std::move(block));
    }
    return text + side_by_side(row) + legend() + "\n";
  }

  std::vector<GridSize> cells() const {
    std::vector<GridSize> sizes;
    for (const Panel& panel : heatmap_.panels)
      sizes.push_back(fits(panel, cell_width(panel)) ? GridSize{panel.rows(), panel.columns()} : dense(panel).size);
    return sizes;
  }

 private:
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
  Block draw(const Panel& panel) const {
    const std::size_t needed = cell_width(panel);
    Block block = fits(panel, needed) ? draw_cells(panel, label_width(panel), needed) : draw_dense(panel);
    if (!panel.title.empty()) block.lines.insert(block.lines.begin(), centered(printable(panel.title), block.width));
    return block;
  }

  std::size_t cell_width(const Panel& panel) const {
    std::size_t needed = 2;
    if (style_.annotate)
      for (const double value : pool(panel.values, panel.rows(), panel.columns()).values)
        needed = std::max(needed, format_(value).size() + 2);
    return needed;
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

  Block draw_cells(const Panel& panel, std::size_t labels, std::size_t needed) const {
    const Grid grid = pool(panel.values, panel.rows(), panel.columns());
    const std::size_t room = (terminal_.columns - labels - 1) / grid.columns;
    const std::size_t wanted = widest(panel.column_labels, grid.columns) + 1;
    const std::size_t cell = std::min({std::max(needed, wanted), room, widest_cell});
    Block block{labels + 1 + cell * grid.columns, {}};

    std::string header(labels + 1, ' ');
    for (std::size_t j = 0; j < grid.columns; ++j)
      header += centered(
          fit_width(label(panel.column_labels, j), std::min(cell - 1, display_width(label(panel.column_labels, j)))),
          cell);
    block.lines.push_back(header);
    for (std::size_t i = 0; i < grid.rows; ++i) {
      std::string line = right_aligned(label(panel.row_labels, i), labels) + " ";
      for (std::size_t j = 0; j < grid.columns; ++j) line += draw_cell(grid.values[i * grid.columns + j], cell);
      block.lines.push_back(line + (terminal_.color ? std::string(reset) : ""));
    }
    return block;
  }

  std::string draw_cell(double value, std::size_t width) const {
    const std::string number = style_.annotate && !std::isnan(value) ? format_(value) : "";
    if (terminal_.color) {
      const Rgb color = color_of(value);
      return background(color) + foreground(text_color_on(color)) + centered(number, width);
    }
    // Without colour the number stands between shades: on them it could not be read.
    if (number.empty()) return repeated(shade_of(value), width);
    const std::size_t left = (width - number.size()) / 2;
    return repeated(shade_of(value), left) + number + repeated(shade_of(value), width - number.size() - left);
  }

  // How a matrix too large for cells of its own is pooled.
  struct Dense {
    GridSize size;
    bool flat = false;  // each row gets a line of its own, so that something is seen
  };
  Dense dense(const Panel& panel) const {
    const auto rows = static_cast<double>(panel.rows());
    const auto columns = static_cast<double>(panel.columns());
    const std::size_t lines = std::max<std::size_t>(terminal_.rows, frame_lines + 1) - frame_lines;
    const std::size_t width = std::max<std::size_t>(terminal_.columns, 3) - 2;
    // One factor for both axes keeps cells square; a long, flat matrix may keep more of its shorter side.
    const double factor =
        std::max({1.0, rows / (2 * static_cast<double>(lines)), columns / static_cast<double>(width)});
    const auto shown = [factor](double extent, std::size_t room) {
      const double kept = std::min(extent, static_cast<double>(room) / 4);
      return static_cast<std::size_t>(std::max({1.0, extent / factor, kept}));
    };
    std::size_t height = shown(rows, lines);
    const bool flat = 2 * height <= lines && 8 * height <= shown(columns, width);
    if (!terminal_.color && !flat) height = (height + 1) / 2;
    return {{std::min(height, panel.rows()), std::min(shown(columns, width), panel.columns())}, flat};
  }

  // Two cells a character, one above the other: ▀ with colour, the shade of their mean without.
  Block draw_dense(const Panel& panel) const {
    const auto [size, flat] = dense(panel);
    const Grid grid = pool(panel.values, size.rows, size.columns, style_.pooling);

    const std::size_t rows_a_line = terminal_.color && !flat ? 2 : 1;
    const std::string edge = repeated("─", grid.columns);
    Block block{grid.columns + 2, {"┌" + edge + "┐"}};
    for (std::size_t i = 0; i < grid.rows; i += rows_a_line) {
      const double* const upper = grid.values.data() + i * grid.columns;
      const bool has_lower = i + rows_a_line <= grid.rows;
      const double* const lower = has_lower ? upper + (rows_a_line - 1) * grid.columns : nullptr;
      block.lines.push_back("│" + draw_line(upper, lower, grid.columns) + "│");
    }
    block.lines.push_back("└" + edge + "┘");
    return block;
  }

  // One line of characters for a row of cells, and with colour the row below it (null: none).
  std::string draw_line(const double* upper, const double* lower, std::size_t columns) const {
    std::string line;
    for (std::size_t j = 0; j < columns; ++j) {
      if (!terminal_.color) {
        line += shade_of(upper[j]);
      } else {
        const std::string below = lower == nullptr ? std::string(no_background) : background(color_of(lower[j]));
        line += foreground(color_of(upper[j])) + below + "▀";
      }
    }
    return line + (terminal_.color ? std::string(reset) : "");
  }

  Rgb color_of(double value) const {
    const double fraction = scale_.fraction(value);
    return std::isnan(fraction) ? bad_ : colormap_.at(fraction);
  }

  std::string_view shade_of(double value) const {
    const double fraction = scale_.fraction(value);
    if (std::isnan(fraction)) return bad_shade;
    const double index = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(shades.size());
    const std::size_t shade = std::min(static_cast<std::size_t>(index), shades.size() - 1);
    if (!style_.exact_ends || fraction <= 0 || fraction >= 1) return shades[shade];
    return shades[std::clamp<std::size_t>(shade, 1, shades.size() - 2)];
  }

  std::string legend() const {
    constexpr std::size_t steps = 20;
    std::string bar;
    for (std::size_t k = 0; k < steps; ++k) {
      const double fraction = (static_cast<double>(k) + 0.5) / steps;
      if (terminal_.color) {
        bar += background(colormap_.at(fraction)) + " ";
      } else {
        bar += shades[static_cast<std::size_t>(fraction * static_cast<double>(shades.size()))];
      }
    }
    if (terminal_.color) bar += reset;
    const NumberFormat number = NumberFormat::parse(".4g", "");
    const std::string name = style_.colorbar_label.empty() ? "" : "  " + printable(style_.colorbar_label);
    return number(scale_.low()) + " " + (terminal_.color ? bar : "[" + bar + "]") + " " + number(scale_.high()) + name;
  }

  const Heatmap& heatmap_;
  const HeatmapStyle& style_;
  const TerminalStyle& terminal_;
  Colormap colormap_;
  NumberFormat format_;
  ColorScale scale_;
  Rgb bad_;
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
