// Chooses rows and columns of panels, and lets rows sum to 1.
#include "attn/parts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attn/error.hpp"
#include "attn/selection.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "render/panel_values.hpp"

namespace attn {
namespace {

struct Item {
  std::string text;
  bool quoted = false;
};

// Reads the items of a list one after the other.
class ItemReader {
 public:
  ItemReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  std::vector<Item> read() {
    std::vector<Item> items;
    for (;;) {
      items.push_back(is_quote() ? quoted() : plain());
      if (at_ == text_.size()) return items;
      ++at_;  // the comma
    }
  }

 private:
  bool is_quote() const { return at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\''); }

  // To the quote that a comma or the end follows, so that an apostrophe in a token needs no care.
  Item quoted() {
    const char quote = text_[at_];
    const std::size_t begin = at_ + 1;
    for (std::size_t end = text_.find(quote, begin); end != std::string_view::npos; end = text_.find(quote, end + 1)) {
      if (end + 1 != text_.size() && text_[end + 1] != ',') continue;
      at_ = end + 1;
      return {std::string(text_.substr(begin, end - begin)), true};
    }
    throw usage_error(where_, "'" + std::string(text_) + "' has a quote that does not end");
  }

  Item plain() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find(',', begin), text_.size());
    if (at_ == begin)
      throw usage_error(where_, "'" + std::string(text_) + "' has an empty item; a comma itself stands in quotes");
    return {std::string(text_.substr(begin, at_ - begin)), false};
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

// A number, or a range of them.
bool is_place(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_integer(text);
  const auto is_end = [](std::string_view end) { return end.empty() || is_integer(end); };
  return is_end(text.substr(0, colon)) && is_end(text.substr(colon + 1));
}

std::vector<std::size_t> places_of_token(const std::string& token, const std::vector<std::string>& labels,
                                         const std::string& where) {
  if (labels.empty())
    throw usage_error(where, "'" + token + "' is no number, and there are no tokens; " + option_name("tokens") +
                                 " FILE reads them, else numbers choose");
  std::vector<std::size_t> exact, marked;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == token) exact.push_back(i);
    if (without_mark(labels[i]) == token) marked.push_back(i);
  }
  if (!exact.empty()) return exact;
  if (!marked.empty()) return marked;
  std::vector<std::string_view> candidates;
  for (const std::string& label : labels) candidates.push_back(without_mark(label));
  throw usage_error(where, "there is no token '" + token + "'" + did_you_mean(token, candidates));
}

template <class T>
Tensor kept(const Tensor& matrix, std::span<const std::size_t> rows, std::span<const std::size_t> columns) {
  Tensor part(matrix.dtype(), {rows.size(), columns.size()});
  const std::span<const T> from = matrix.values<T>();
  const std::span<T> to = part.values<T>();
  const std::size_t width = matrix.extent(1);
  std::size_t at = 0;
  for (const std::size_t i : rows)
    for (const std::size_t j : columns) to[at++] = from[i * width + j];
  return part;
}

std::vector<std::string> kept_labels(const std::vector<std::string>& labels, std::size_t extent,
                                     std::span<const std::size_t> places) {
  bool is_all = places.size() == extent;
  for (std::size_t i = 0; is_all && i < extent; ++i) is_all = places[i] == i;
  if (is_all) return labels;
  std::vector<std::string> chosen;
  chosen.reserve(places.size());
  for (const std::size_t place : places) chosen.push_back(labels.empty() ? std::to_string(place) : labels[place]);
  return chosen;
}

}  // namespace

std::string_view without_mark(std::string_view label) {
  for (const std::string_view mark : {"##", "Ġ", "▁"})
    if (label.starts_with(mark) && label.size() > mark.size()) return label.substr(mark.size());
  return label;
}

std::vector<std::string> split_quoted(std::string_view text, const std::string& where) {
  std::vector<std::string> texts;
  for (Item& item : ItemReader(text, where).read()) texts.push_back(std::move(item.text));
  return texts;
}

std::vector<std::size_t> parse_places(std::string_view text, std::size_t extent, const std::vector<std::string>& labels,
                                      const std::string& where) {
  std::vector<std::size_t> places;
  for (const Item& item : ItemReader(text, where).read()) {
    const bool is_number = !item.quoted && (item.text == "all" || is_place(item.text));
    const std::vector<std::size_t> found =
        is_number ? parse_selection(item.text, extent, where).indices : places_of_token(item.text, labels, where);
    places.insert(places.end(), found.begin(), found.end());
  }
  return places;
}

void keep_places(Panel& panel, std::span<const std::size_t> rows, std::span<const std::size_t> columns) {
  panel.row_labels = kept_labels(panel.row_labels, panel.rows(), rows);
  panel.column_labels = kept_labels(panel.column_labels, panel.columns(), columns);
  if (panel.masked.size() != 0) panel.masked = kept<std::uint8_t>(panel.masked, rows, columns);
  panel.values = with_values(panel.values, [&](auto values) {
    return kept<typename decltype(values)::value_type>(panel.values, rows, columns);
  });
}

std::size_t renormalize_rows(Panel& panel) {
  const std::size_t width = panel.columns();
  std::size_t empty = 0;
  with_values(panel.values, [&](auto values) {
    using Value = typename decltype(values)::value_type;
    for (std::size_t i = 0; i < panel.rows(); ++i) {
      const auto row = values.subspan(i * width, width);
      for (const Value value : row)
        if (value < 0 || std::isinf(value))
          throw usage_error(option_name("renormalize"),
                            "is for weights: row " + std::to_string(i) + " has the number " + shortest(value));
      const double sum = std::accumulate(row.begin(), row.end(), 0.0);
      if (sum == 0) {
        ++empty;
        continue;
      }
      for (Value& value : row) value = static_cast<Value>(static_cast<double>(value) / sum);
    }
  });
  return empty;
}

namespace {

void check_grid(std::size_t keys, GridSize grid) {
  const std::size_t cells = grid.rows * grid.columns;
  if (keys == cells) return;
  const std::string text = std::to_string(keys) + " keys are " + (keys == cells + 1 ? "one more than" : "not") +
                           " the " + std::to_string(cells) + " of " + std::to_string(grid.rows) + "x" +
                           std::to_string(grid.columns);
  throw usage_error(
      option_name("reshape"),
      keys != cells + 1 ? text : text + "; " + option_name("cols") + " 1: leaves the first out, the " + "class token");
}

}  // namespace

void reshape_keys(Panel& panel, GridSize grid) {
  const std::size_t queries = panel.rows(), keys = panel.columns();
  check_grid(keys, grid);
  panel.values = with_values(panel.values, [&](auto values) {
    using Value = typename decltype(values)::value_type;
    Tensor means(dtype_of<Value>, {grid.rows, grid.columns});
    for (std::size_t j = 0; j < keys; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < queries; ++i) sum += static_cast<double>(values[i * keys + j]);
      means.values<Value>()[j] = static_cast<Value>(sum / static_cast<double>(queries));
    }
    return means;
  });
  if (panel.masked.size() != 0) {
    Tensor masked(DType::u8, {grid.rows, grid.columns});
    for (std::size_t j = 0; j < keys; ++j) {
      std::uint8_t all = 1;
      for (std::size_t i = 0; i < queries; ++i) all &= panel.masked.values<std::uint8_t>()[i * keys + j];
      masked.values<std::uint8_t>()[j] = all;
    }
    panel.masked = std::move(masked);
  }
  std::string which;
  if (queries > 1)
    which = "Mean of " + std::to_string(queries) + " queries";
  else if (!panel.row_labels.empty())
    which = "Query " + panel.row_labels.front();
  if (!which.empty()) panel.title += (panel.title.empty() ? "" : ", ") + which;
  panel.row_labels.clear();
  panel.column_labels.clear();
}

}  // namespace attn
