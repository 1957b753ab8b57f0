// Puts a heatmap's panels, axes and scale into sentences.
#include "render/description.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "render/number_format.hpp"

namespace attn {
namespace {

constexpr std::size_t most_names = 24;

// The first names and how many are left.
std::string names_in_words(const std::vector<std::string>& names) {
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most_names));
  std::string text = joined(std::vector<std::string>(names.begin(), end));
  if (names.size() > most_names) text += " and " + std::to_string(names.size() - most_names) + " more";
  return text;
}

std::string axis_in_words(std::size_t count, const char* what, const std::string& title,
                          const std::vector<std::string>& labels) {
  std::string text = counted(count, what);
  if (!title.empty()) text += " (" + title + ")";
  if (!labels.empty()) text += ": " + names_in_words(labels);
  return text + ". ";
}

std::string size_in_words(const Panel& panel) {
  return std::to_string(panel.rows()) + " x " + std::to_string(panel.columns());
}

bool have_equal_axes(const std::vector<Panel>& panels) {
  return std::all_of(panels.begin(), panels.end(), [&first = panels.front()](const Panel& panel) {
    return panel.rows() == first.rows() && panel.columns() == first.columns() && panel.row_labels == first.row_labels &&
           panel.column_labels == first.column_labels;
  });
}

std::string panels_in_words(const std::vector<Panel>& panels, bool with_sizes) {
  std::vector<std::string> names;
  for (const Panel& panel : panels) {
    std::string name = panel.title;
    if (with_sizes) name += (name.empty() ? "" : " ") + std::string("of ") + size_in_words(panel);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return counted(panels.size(), "panel") + (names.empty() ? "" : ": " + names_in_words(names)) + ". ";
}

}  // namespace

std::string title_in_words(const Heatmap& heatmap) {
  if (!heatmap.style.title.empty()) return heatmap.style.title;
  const std::vector<Panel>& panels = heatmap.panels;
  if (panels.size() > 1) return std::to_string(panels.size()) + " heatmaps";
  return panels.front().title.empty() ? "Heatmap of " + size_in_words(panels.front())
                                      : "Heatmap: " + panels.front().title;
}

std::string describe(const Heatmap& heatmap, const std::vector<ColorScale>& scales) {
  const std::vector<Panel>& panels = heatmap.panels;
  const HeatmapStyle& style = heatmap.style;
  const bool equal = have_equal_axes(panels);
  std::string text = "Heatmap of " + panels_in_words(panels, !equal);
  if (equal) {
    text += axis_in_words(panels.front().rows(), "row", style.y_label, panels.front().row_labels);
    text += axis_in_words(panels.front().columns(), "column", style.x_label, panels.front().column_labels);
  } else {
    text += "Rows: " + style.y_label + ". Columns: " + style.x_label + ". ";
  }
  const NumberFormat number = NumberFormat::parse(".3g", "");
  const ColorScale& scale = scales.front();
  if (scales.size() > 1)
    text += "Colours on a scale for each panel, ";
  else if (scale.only())
    text += "One colour, of " + number(*scale.only()) + ", ";
  else
    text += "Colours from " + number(scale.low()) + " to " + number(scale.high()) + ", ";
  text += style.colormap;
  if (scale.logarithmic()) text += ", logarithmic";
  return text + ".";
}

}  // namespace attn
