// Merges cells into rectangles, and packs them into a PNG.
#include "render/svg_cells.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base64.hpp"
#include "render/png.hpp"
#include "render/xml.hpp"

namespace attn {
namespace {

// Cells first … end - 1 of rows from `top` on.
struct Run {
  std::size_t first = 0;
  std::size_t end = 0;
  std::size_t top = 0;
  Rgb color;
  bool continues(const Run& above) const { return first == above.first && end == above.end && color == above.color; }
};

std::vector<Run> runs_of_row(const Cells& cells, std::size_t row) {
  std::vector<Run> runs;
  const Rgb* colors = cells.colors.data() + row * cells.columns;
  for (std::size_t j = 0; j < cells.columns; ++j) {
    if (j == 0 || !(colors[j] == colors[j - 1])) runs.push_back({j, j, row, colors[j]});
    runs.back().end = j + 1;
  }
  return runs;
}

class CellPaths {
 public:
  explicit CellPaths(const Cells& cells) : edges_(edges_of(cells)) {}

  void add(const Run& run, std::size_t bottom) {
    const PixelBox box{edges_.x[run.first], edges_.y[run.top], edges_.x[run.end], edges_.y[bottom]};
    const std::uint32_t key = std::uint32_t{run.color.r} << 16 | std::uint32_t{run.color.g} << 8 | run.color.b;
    const auto [found, is_new] = index_.try_emplace(key, paths_.size());
    if (is_new) {
      paths_.push_back({path_start(run.color), box});
      size_ += paths_.back().element.size() + end.size();
    }
    Path& path = paths_[found->second];
    size_ -= path.element.size();
    append_rectangle(path.element, box, is_new ? nullptr : &path.last);
    size_ += path.element.size();
    path.last = box;
  }

  std::size_t size() const { return size_; }

  std::string elements() const {
    std::string all;
    for (const Path& path : paths_) all.append(path.element).append(end);
    return all;
  }

 private:
  static constexpr std::string_view end = "\"/>\n";
  struct Path {
    std::string element;
    PixelBox last;
  };
  CellEdges edges_;
  std::unordered_map<std::uint32_t, std::size_t> index_;
  std::vector<Path> paths_;
  std::size_t size_ = 0;
};

// As the canvas draws them.
Image pixels_of_cells(const Cells& cells, const PixelBox& box) {
  const CellEdges edges = edges_of(cells);
  Image pixels{static_cast<std::size_t>(box.right - box.left), static_cast<std::size_t>(box.bottom - box.top), {}};
  pixels.rgb.reserve(3 * pixels.width * pixels.height);
  for (std::size_t i = 0; i < cells.rows; ++i)
    for (std::ptrdiff_t y = edges.y[i]; y < edges.y[i + 1]; ++y)
      for (std::size_t j = 0; j < cells.columns; ++j) {
        const Rgb color = cells.colors[i * cells.columns + j];
        for (std::ptrdiff_t x = edges.x[j]; x < edges.x[j + 1]; ++x)
          pixels.rgb.insert(pixels.rgb.end(), {color.r, color.g, color.b});
      }
  return pixels;
}

}  // namespace

std::string path_start(Rgb color) { return "<path fill=\"" + css_color(color) + "\" d=\""; }

void append_rectangle(std::string& data, const PixelBox& box, const PixelBox* before) {
  const auto add = [&data](char command, std::ptrdiff_t value) {
    data += command;
    append_number(data, value);
  };
  add(before == nullptr ? 'M' : 'm', box.left - (before == nullptr ? 0 : before->left));
  const std::ptrdiff_t down = box.top - (before == nullptr ? 0 : before->top);
  if (down >= 0) data += ' ';  // a minus sign parts numbers
  append_number(data, down);
  add('h', box.right - box.left);
  add('v', box.bottom - box.top);
  add('h', box.left - box.right);
  data += 'z';
}

std::optional<std::string> cells_as_paths(const Cells& cells, std::size_t most) {
  CellPaths paths(cells);
  std::vector<Run> above;
  for (std::size_t i = 0; i <= cells.rows; ++i) {
    std::vector<Run> runs = i < cells.rows ? runs_of_row(cells, i) : std::vector<Run>();
    std::size_t k = 0;  // of the first run that does not end before the one above
    for (const Run& open : above) {
      while (k < runs.size() && runs[k].first < open.first) ++k;
      if (k < runs.size() && runs[k].continues(open))
        runs[k].top = open.top;
      else
        paths.add(open, i);
    }
    if (paths.size() > most) return {};
    above = std::move(runs);
  }
  return paths.elements();
}

std::string cells_as_image(const Cells& cells) {
  const PixelBox box = pixels_of(cells.box);
  const Image pixels = pixels_of_cells(cells, box);
  std::string element = "<image";
  for (const auto& [name, value] :
       {std::pair{"x", box.left}, {"y", box.top}, {"width", box.right - box.left}, {"height", box.bottom - box.top}}) {
    element.append(" ").append(name).append("=\"");
    append_number(element, value);
    element += '"';
  }
  // The attribute is of SVG 1.1, for programs that do not know what the style asks for. Some obey neither.
  element +=
      " preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\" "
      "xlink:href=\"data:image/png;base64,";
  return element + base64(png_with_palette(pixels)) + "\"/>\n";
}

}  // namespace attn
