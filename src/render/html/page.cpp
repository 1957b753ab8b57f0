// Writes the interactive page: style, the matrices as base64, what is known of them as JSON, and the script.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "attn/error.hpp"
#include "core/base64.hpp"
#include "core/held_memory.hpp"
#include "core/option_name.hpp"
#include "render/clip_scale.hpp"
#include "render/colormap.hpp"
#include "render/html/json_text.hpp"
#include "render/html/matrix_data.hpp"
#include "render/html/opening_ends.hpp"
#include "render/html/template.hpp"
#include "render/jpeg.hpp"
#include "render/picture_formats.hpp"
#include "render/scale.hpp"
#include "render/xml.hpp"

namespace attn {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 29;  // longer texts are what no browser's script can hold

// Texts that panels share are in the page once, and have numbers.
template <class Value>
class Shared {
 public:
  std::size_t number_of(const Value& value) {
    const auto [found, is_new] = numbers_.try_emplace(value, numbers_.size());
    if (is_new) values_.push_back(&found->first);
    return found->second;
  }
  const std::vector<const Value*>& values() const { return values_; }

 private:
  std::map<Value, std::size_t> numbers_;
  std::vector<const Value*> values_;
};

using Labels = std::vector<std::string>;

void append_labels(std::string& json, const Labels& labels) {
  json += '[';
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i != 0) json += ',';
    append_page_string(json, labels[i]);
  }
  json += ']';
}

// A bit a cell, rows one after the other, the first cell in the lowest bit.
std::string bits_of(const Tensor& masked) {
  const std::span<const std::uint8_t> cells = masked.values<std::uint8_t>();
  std::string bits((cells.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] != 0) bits[i / 8] = static_cast<char>(static_cast<unsigned char>(bits[i / 8]) | 1U << i % 8);
  return bits;
}

// The page's documents: panels of one name whose places differ. A second panel of the same place begins another.
class Documents {
 public:
  std::size_t number_of(const Panel::Place& place) {
    for (std::size_t copy = 1;; ++copy) {
      const std::string name = copy == 1 ? place.document : place.document + " (" + std::to_string(copy) + ")";
      const std::size_t document = names_.number_of(name);
      if (places_.emplace(document, place.layer, place.batch, place.head).second) return document;
    }
  }
  const Shared<std::string>& names() const { return names_; }

 private:
  using Index = std::optional<std::size_t>;
  Shared<std::string> names_;
  std::set<std::tuple<std::size_t, Index, Index, Index>> places_;
};

class PageWriter {
 public:
  explicit PageWriter(const Heatmap& heatmap) : heatmap_(heatmap) {}

  std::string write() {
    const std::size_t size = size_of_matrices() + (std::size_t{1} << 17);
    const HeldMemory held(size);
    page_.reserve(size);
    append_head();
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) append_numbers(p);
    ends_ = opening_ends(heatmap_, ranges_);
    if (!ends_.note.empty() && heatmap_.style.note) heatmap_.style.note(ends_.note);
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) append_panel(p);
    page_ += R"(<script type="application/json" id="about">)";
    append_about();
    page_ += "</script>\n<script>\n";
    page_ += page_script();
    page_ += "</script>\n</body>\n</html>\n";
    return std::move(page_);
  }

 private:
  std::size_t size_of_matrices() const {
    std::size_t bytes = 0;
    for (const Panel& panel : heatmap_.panels) {
      if (panel.whole) throw data_error("", "a page has all cells of a matrix, and this one is pooled already");
      bytes += panel.values.size() * bytes_of_element(panel.values.dtype(), heatmap_.style.page_precision);
    }
    const std::size_t size = bytes / 3 * 4;
    if (size > most_bytes)
      throw data_error("", "a page of " + std::to_string(size >> 20) + " MiB is more than browsers open (" +
                               std::to_string(most_bytes >> 20) + " MiB); choose fewer matrices, or give " +
                               option_name("page_precision"));
    return size;
  }

  void append_head() {
    const std::string& title = heatmap_.style.title;
    page_ += "<!DOCTYPE html>\n<html lang=\"en\"";
    if (!heatmap_.style.follows_reader)
      page_ += heatmap_.style.theme == Theme::dark ? " data-theme=\"dark\"" : " data-theme=\"light\"";
    page_ += ">\n<head>\n<meta charset=\"utf-8\">\n";
    page_ += page_head();
    page_ += "<title>" + xml_text(title.empty() ? "Attention" : title) + "</title>\n<style>\n";
    page_ += page_style();
    page_ += "</style>\n</head>\n<body>\n";
    page_ += page_body();
  }

  void append_numbers(std::size_t p) {
    const Panel& panel = heatmap_.panels[p];
    page_ += R"(<script type="text/plain" id="m)" + std::to_string(p) + "\">";
    data_.push_back(append_matrix(page_, panel.values, heatmap_.style.page_precision));
    ranges_.push_back(panel.masked.size() == 0 ? data_.back().range : scale_range(panel.values, panel.masked, {}));
    page_ += "</script>\n";
  }

  void append_panel(std::size_t p) {
    const Panel& panel = heatmap_.panels[p];
    const MatrixData& data = data_[p];
    const ValueRange& range = ranges_[p];
    if (p != 0) matrices_ += ",\n";
    matrices_ += '{';
    append_index("doc", documents_.number_of(panel.place));
    append_index("layer", panel.place.layer);
    append_index("batch", panel.place.batch);
    append_index("head", panel.place.head);
    append_member(matrices_, "title");
    append_page_string(matrices_, panel.title);
    append_index("rows", panel.rows());
    append_index("cols", panel.columns());
    if (!panel.row_labels.empty()) append_index("rowLabels", labels_.number_of(panel.row_labels));
    if (!panel.column_labels.empty()) append_index("colLabels", labels_.number_of(panel.column_labels));
    append_member(matrices_, "type");
    append_page_string(matrices_, data.type);
    if (data.type == "steps") {
      append_number(matrices_, "low", data.low);
      append_number(matrices_, "step", data.step);
    }
    append_number(matrices_, "min", range.least);
    append_number(matrices_, "max", range.greatest);
    append_number(matrices_, "positive", range.least_positive);
    if (ends_.own[p]) append_number(matrices_, "end", ends_.own[p]);
    if (panel.masked.size() != 0) append_index("mask", masks_.number_of(bits_of(panel.masked)));
    if (panel.background) append_index("photo", photos_.number_of(panel.background.get()));
    matrices_ += '}';
  }

  void append_index(std::string_view name, std::optional<std::size_t> index) {
    if (!index) return;
    append_member(matrices_, name);
    matrices_ += std::to_string(*index);
  }
  static void append_number(std::string& json, std::string_view name, std::optional<double> number) {
    append_member(json, name);
    append_page_number(json, number);
  }
  static void append_text(std::string& json, std::string_view name, std::string_view text) {
    append_member(json, name);
    append_page_string(json, text);
  }
  static void append_flag(std::string& json, std::string_view name, bool flag) {
    append_member(json, name);
    json += flag ? "true" : "false";
  }

  void append_about() {
    page_ += '{';
    append_text(page_, "version", ATTN_VERSION);
    append_style();
    append_colormaps();
    append_member(page_, "documents");
    page_ += '[';
    for (const std::string* name : documents_.names().values()) {
      if (page_.back() != '[') page_ += ',';
      append_page_string(page_, *name);
    }
    page_ += ']';
    append_member(page_, "labels");
    page_ += '[';
    for (const Labels* labels : labels_.values()) {
      if (page_.back() != '[') page_ += ",\n";
      append_labels(page_, *labels);
    }
    page_ += ']';
    append_member(page_, "masks");
    page_ += '[';
    for (const std::string* bits : masks_.values()) {
      page_ += page_.back() == '[' ? "\"" : ",\"";
      append_base64(page_, *bits);
      page_ += '"';
    }
    page_ += ']';
    append_photos();
    append_member(page_, "matrices");
    page_ += "[" + matrices_ + "]}";
  }

  // JPEGs in base64. They lie under grids that a window has room for, and say nothing of where they were taken.
  void append_photos() {
    constexpr std::size_t longest_side = 1024;
    constexpr int quality = 92;
    append_member(page_, "photos");
    page_ += '[';
    for (const Image* const* photo : photos_.values()) {
      const Image& image = **photo;
      const std::size_t longer = std::max(image.width, image.height);
      const auto side = [longer](std::size_t length) {
        return std::max<std::size_t>(1, length * longest_side / longer);
      };
      page_ += page_.back() == '[' ? "\"" : ",\"";
      append_base64(page_, longer <= longest_side
                               ? jpeg_of(image, quality)
                               : jpeg_of(resized(image, side(image.width), side(image.height)), quality));
      page_ += '"';
    }
    page_ += ']';
  }

  // What the page shows at first.
  void append_style() {
    const HeatmapStyle& style = heatmap_.style;
    append_text(page_, "title", style.title);
    append_text(page_, "xLabel", style.x_label);
    append_text(page_, "yLabel", style.y_label);
    append_text(page_, "barLabel", style.colorbar_label);
    append_text(page_, "colormap", style.colormap);
    std::optional<double> low, high;
    const bool is_per_head = style.scale_per == ScalePer::head;
    const bool ends_are_chosen = !is_per_head && (style.robust || style.center || heatmap_.range);
    if (style.vmin || style.vmax || ends_are_chosen) {
      const ColorScale scale = ColorScale::over(heatmap_);
      if (style.vmin || ends_are_chosen) low = scale.low();
      if (style.vmax || ends_are_chosen) high = scale.high();
      if (style.center && low && high) {  // a page's maps are whole: both ends lie as far as the farther one
        const double reach = std::max(*high - *style.center, *style.center - *low);
        low = *style.center - reach;
        high = *style.center + reach;
      }
    }
    append_number(page_, "low", low);
    append_number(page_, "high", high);
    if (ends_.shared) append_number(page_, "end", ends_.shared);
    append_flag(page_, "clips", may_be_clipped(heatmap_) && style.scale_per != ScalePer::all);
    append_flag(page_, "log", style.logarithmic);
    append_flag(page_, "numbers", style.annotate);
    append_text(page_, "format", style.number_format);
    append_text(page_, "pool", style.pooling == Pooling::max ? "max" : "mean");
    append_text(page_, "scale", is_per_head ? "head" : "all");
  }

  void append_colormaps() {
    append_member(page_, "colormaps");
    page_ += '{';
    for (const ColormapTable& table : colormap_tables()) {
      std::string bytes;
      const Colormap map = Colormap::named(table.name);
      for (const Rgb color : map.colors())
        for (const std::uint8_t part : {color.r, color.g, color.b}) bytes += static_cast<char>(part);
      append_member(page_, table.name);
      page_ += '"';
      append_base64(page_, bytes);
      page_ += '"';
    }
    page_ += '}';
  }

  const Heatmap& heatmap_;
  std::string page_;
  std::string matrices_;  // their part of the JSON
  Documents documents_;
  Shared<Labels> labels_;
  Shared<std::string> masks_;
  Shared<const Image*> photos_;
  std::vector<MatrixData> data_;    // of each panel
  std::vector<ValueRange> ranges_;  // of what is to be seen of it
  OpeningEnds ends_;
};

}  // namespace

std::string encode_html_page(const Heatmap& heatmap) { return PageWriter(heatmap).write(); }

}  // namespace attn
