// Thins, turns and cuts axis labels so that none touches another.
#include "render/axis.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "render/scale.hpp"

namespace attn {
namespace {

// Indices are thinned generously; names only as far as they must, as people want to read every one.
constexpr double index_spacing = 1.6;
constexpr double index_line_spacing = 2.5;

void shorten(std::vector<AxisLabel>& labels, const AxisRequest& request, const Font& font) {
  std::vector<std::string> texts;
  for (const AxisLabel& label : labels) texts.push_back(label.text);
  const Cut cut = cut_that_tells_apart(texts, request.size, request.longest, font);
  for (AxisLabel& label : labels) label.text = font.elide(label.text, request.size, request.longest, cut);
}

// All labels if they have room for `tight` pixels each, else as many as have `loose` pixels each.
AxisLabels every_nth(const AxisRequest& request, const Font& font, double tight, double loose) {
  std::size_t most = request.count;
  if (request.pitch < tight) {
    const double length = static_cast<double>(request.count) * request.pitch;
    most = static_cast<std::size_t>(std::max(1.0, std::floor(length / loose)));
  }
  if (request.max_labels > 0) most = std::min(most, request.max_labels);
  AxisLabels axis;
  axis.step = label_step(request.count, most);
  for (std::size_t i = 0; i < request.count; i += axis.step) {
    axis.labels.push_back({i, request.names->empty() ? std::to_string(i) : (*request.names)[i]});
  }
  shorten(axis.labels, request, font);
  return axis;
}

double widest(const AxisLabels& axis, const Font& font, double size) {
  double width = 0;
  for (const AxisLabel& label : axis.labels) width = std::max(width, font.width(label.text, size));
  return width;
}

}  // namespace

Cut cut_that_tells_apart(std::span<const std::string> texts, double size, double limit, const Font& font) {
  std::map<std::string, std::string> whole;  // by what is left of them
  for (const std::string& text : texts) {
    std::string shown = font.elide(text, size, limit);
    if (shown == text) continue;
    const auto [found, is_new] = whole.try_emplace(std::move(shown), text);
    if (!is_new && found->second != text) return Cut::middle;
  }
  return Cut::end;
}

AxisLabels label_rows(const AxisRequest& request, const Font& font) {
  const double line = 1.35 * font.cap_height(request.size);
  AxisLabels axis = every_nth(request, font, line, request.names->empty() ? line * index_line_spacing : line);
  axis.depth = widest(axis, font, request.size);
  return axis;
}

AxisLabels label_columns(const AxisRequest& request, const Font& font) {
  const double gap = 0.6 * request.size;
  if (request.names->empty()) {
    const double digits = font.width(std::to_string(request.count - 1), request.size);
    AxisLabels axis = every_nth(request, font, digits + gap, digits * index_spacing + gap);
    axis.depth = font.cap_height(request.size);
    axis.overhang = std::max(0.0, digits / 2 - request.pitch / 2);
    return axis;
  }

  const double line = 0.95 * font.line_height(request.size);
  AxisLabels axis = every_nth(request, font, line, line);
  const double pitch = request.pitch * static_cast<double>(axis.step);
  const double width = widest(axis, font, request.size);
  const double first = font.width(axis.labels.front().text, request.size);
  if (width + gap <= pitch) {
    axis.depth = font.cap_height(request.size) + font.descent(request.size);
    axis.overhang = std::max(0.0, first / 2 - request.pitch / 2);
  } else if (pitch * std::numbers::sqrt2 / 2 >= line) {
    axis.angle = 45;
    axis.depth = (width + font.cap_height(request.size)) * std::numbers::sqrt2 / 2;
    axis.overhang = std::max(0.0, (first + line / 2) * std::numbers::sqrt2 / 2 - request.pitch / 2);
  } else {
    axis.angle = 90;
    axis.depth = width;
    axis.overhang = std::max(0.0, line / 2 - request.pitch / 2);
  }
  return axis;
}

}  // namespace attn
