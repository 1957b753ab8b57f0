// SVG (https://www.w3.org/TR/SVG11): the scene as whole-pixel shapes and real text.
//
// Text is not stretched to the width that it has here (textLength): programs without the font would show distorted
// letters. The fonts named after the first are as wide as it is or narrower, so that texts stay in their places.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "render/geometry.hpp"
#include "render/picture_formats.hpp"
#include "render/svg_cells.hpp"
#include "render/xml.hpp"

namespace attn {
namespace {

// Cells are paths, which editors can take apart, up to this size in all; from there on, whatever is smaller.
constexpr std::size_t most_path_characters = 64 * 1024;

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"").append(value).append("\"");
}

void append_attribute(std::string& out, std::string_view name, double value) {
  std::string number;
  append_number(number, value);
  append_attribute(out, name, number);
}

// The cells of the scene, in order.
std::vector<std::string> cell_elements(const Scene& scene) {
  std::vector<const Cells*> all;
  for (const Shape2D& shape : scene.shapes)
    if (const auto* cells = std::get_if<Cells>(&shape)) all.push_back(cells);
  std::vector<std::string> elements;
  std::size_t left = most_path_characters;
  for (const Cells* cells : all) {
    std::optional<std::string> paths = cells_as_paths(*cells, left);
    if (!paths) break;
    left -= paths->size();
    elements.push_back(std::move(*paths));
  }
  if (elements.size() == all.size()) return elements;
  elements.clear();
  for (const Cells* cells : all) {
    std::string image = cells_as_image(*cells);
    std::optional<std::string> paths = cells_as_paths(*cells, image.size());
    elements.push_back(paths ? std::move(*paths) : std::move(image));
  }
  return elements;
}

// CSS strings end at their quote, and a backslash there begins an escape.
std::string quoted_family(std::string_view family) {
  std::string quoted = "'";
  for (const char c : family) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string family_stack(const std::string& first) {
  std::vector<std::string> families{first, "DejaVu Sans", "Bitstream Vera Sans", "Verdana"};
  std::string stack;
  for (std::size_t i = 0; i < families.size(); ++i)
    if (!families[i].empty() && std::find(families.begin(), families.begin() + static_cast<std::ptrdiff_t>(i),
                                          families[i]) == families.begin() + static_cast<std::ptrdiff_t>(i))
      stack += quoted_family(families[i]) + ",";
  return stack + "sans-serif";
}

// Spaces that are dropped where nobody asks for them.
bool has_spaces_to_keep(std::string_view text) {
  return text.starts_with(' ') || text.ends_with(' ') || text.find("  ") != std::string_view::npos;
}

// A name for an element that is another one in another picture, as long as what it says is not the same: several
// pictures may stand in one page. (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv.)
std::string identifier(std::string_view prefix, std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  std::string name(prefix);
  for (int shift = 28; shift >= 0; shift -= 4) name += "0123456789abcdef"[hash >> shift & 15];
  return name;
}

class SvgWriter {
 public:
  SvgWriter(const Scene& scene, const Font& font) : scene_(scene), font_(font), cells_(cell_elements(scene)) {}

  std::string write() {
    start();
    (*this)(
        FilledBox{{0, 0, static_cast<double>(scene_.width), static_cast<double>(scene_.height)}, scene_.background});
    for (const Shape2D& shape : scene_.shapes) std::visit(*this, shape);
    end_path();
    end_group();
    return std::move(svg_) + "</svg>\n";
  }

  void operator()(const FilledBox& filled) { add_rectangle(pixels_of(filled.box), filled.color); }
  void operator()(const Line& line) { add_rectangle(pixels_of(line), line.color); }

  void operator()(const Cells&) {
    end_path();
    end_group();
    svg_ += cells_[next_cells_++];
  }

  void operator()(const ImageBox& image) {
    end_path();
    end_group();
    svg_ += cells_as_image(image.pixels);
  }

  void operator()(const Text& text) {
    end_path();
    if (text.size != group_.size || text.horizontal != group_.horizontal || !in_group_) start_group(text);
    svg_ += "<text";
    const Point baseline = baseline_of(text, font_);
    append_attribute(svg_, "x", baseline.x);
    append_attribute(svg_, "y", baseline.y);
    if (!(text.color == group_.color)) append_attribute(svg_, "fill", css_color(text.color));
    if (text.angle != 0) {
      // Ours is counter-clockwise.
      std::string turn = "rotate(";
      for (const double number : {-text.angle, baseline.x, baseline.y}) {
        append_number(turn, number);
        turn += ' ';
      }
      turn.back() = ')';
      append_attribute(svg_, "transform", turn);
    }
    // Not once for all texts: browsers do not hand it down.
    if (has_spaces_to_keep(text.text)) append_attribute(svg_, "xml:space", "preserve");
    svg_ += ">" + xml_text(text.text) + "</text>\n";
  }

 private:
  void start() {
    const auto width = static_cast<double>(scene_.width);
    const auto height = static_cast<double>(scene_.height);
    svg_ = "<svg";
    append_attribute(svg_, "xmlns", "http://www.w3.org/2000/svg");
    append_attribute(svg_, "xmlns:xlink", "http://www.w3.org/1999/xlink");
    append_attribute(svg_, "width", width);
    append_attribute(svg_, "height", height);
    std::string view = "0 0 ";
    append_number(view, width);
    view += ' ';
    append_number(view, height);
    append_attribute(svg_, "viewBox", view);
    std::string names, elements;
    for (const auto& [element, text] : {std::pair{"title", &scene_.title}, {"desc", &scene_.description}}) {
      if (text->empty()) continue;
      const std::string name = identifier(std::string(element) + "-", *text);
      names += (names.empty() ? "" : " ") + name;
      elements.append("<").append(element);
      append_attribute(elements, "id", name);
      elements.append(">").append(xml_text(*text)).append("</").append(element).append(">\n");
    }
    append_attribute(svg_, "role", "img");
    if (!names.empty()) append_attribute(svg_, "aria-labelledby", names);
    add_font();
    append_attribute(svg_, "shape-rendering", "crispEdges");
    append_attribute(svg_, "text-rendering", "geometricPrecision");
    append_attribute(svg_, "style", "font-variant-ligatures:none");  // a token's letters, each as attn draws it
    svg_ += ">\n" + elements;
  }

  void add_font() {
    const FontName name = font_.name();
    append_attribute(svg_, "font-family", xml_text(family_stack(name.family)));
    if (name.weight != 400) append_attribute(svg_, "font-weight", name.weight);
    if (!name.style.empty()) append_attribute(svg_, "font-style", name.style);
    if (!name.stretch.empty()) append_attribute(svg_, "font-stretch", name.stretch);
  }

  // Rectangles of one colour that follow each other are one path.
  void add_rectangle(const PixelBox& box, Rgb color) {
    if (in_path_ && !(color == path_color_)) end_path();
    const bool is_first = !in_path_;
    if (is_first) svg_ += path_start(color);
    append_rectangle(svg_, box, is_first ? nullptr : &last_box_);
    in_path_ = true;
    path_color_ = color;
    last_box_ = box;
  }

  void end_path() {
    if (in_path_) svg_ += "\"/>\n";
    in_path_ = false;
  }

  // Texts of one size and anchor, and the ticks between them.
  void start_group(const Text& text) {
    end_group();
    in_group_ = true;
    group_ = {.size = text.size, .color = text.color, .horizontal = text.horizontal};
    svg_ += "<g";
    append_attribute(svg_, "font-size", text.size);
    append_attribute(svg_, "fill", css_color(text.color));
    if (text.horizontal != HorizontalAnchor::start)
      append_attribute(svg_, "text-anchor", text.horizontal == HorizontalAnchor::center ? "middle" : "end");
    svg_ += ">\n";
  }

  void end_group() {
    if (in_group_) svg_ += "</g>\n";
    in_group_ = false;
  }

  const Scene& scene_;
  const Font& font_;
  std::vector<std::string> cells_;
  std::size_t next_cells_ = 0;
  std::string svg_;
  bool in_path_ = false;
  Rgb path_color_;
  PixelBox last_box_;
  bool in_group_ = false;
  struct {
    double size = 0;
    Rgb color;
    HorizontalAnchor horizontal = HorizontalAnchor::start;
  } group_;
};

}  // namespace

std::string encode_svg(const Scene& scene, const Font& font) { return SvgWriter(scene, font).write(); }

}  // namespace attn
