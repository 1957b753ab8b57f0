// Lays out statistics, a column each, and strongest keys, a column a rank.
#include "cli/output/statistics_tables.hpp"

#include <algorithm>

#include "cli/flags/query_range.hpp"
#include "cli/text_blocks.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

// Headings of the columns, in the order of the documents' names, which are too long for a line.
const std::vector<std::string> stat_headings{"sum",       "entropy",  "peak",    "eff. keys",
                                             "first key", "distance", "sparsity"};

// All statistics as one tensor (…, L, statistics).
Tensor side_by_side(const std::vector<NamedTensor>& stats) {
  Shape shape = stats.front().tensor.shape();
  shape.push_back(stats.size());
  Tensor all(DType::f64, std::move(shape));
  for (std::size_t s = 0; s < stats.size(); ++s)
    for (std::size_t at = 0; at < stats[s].tensor.size(); ++at)
      all.values<double>()[at * stats.size() + s] = number_at(stats[s].tensor, at);
  return all;
}

// The cells of one head's `top`: a label and a weight in each.
class TopTable {
 public:
  TopTable(const Result& result, std::size_t first_query, const TableStyle& style)
      : result_(result), top_(*result.top), first_query_(first_query), style_(style) {}

  std::string text(std::size_t first_row, std::size_t rows) const {
    const std::vector<std::size_t> row_indices = shown_indices(rows, style_.most);
    TextColumn lead{1, {}};
    for (const std::size_t i : row_indices)
      if (i != rows)
        lead.width = std::max(lead.width, std::min(widest_label(style_), display_width(row_label(i, rows))));
    for (const std::size_t i : row_indices)
      lead.cells.push_back(i == rows ? "  …" : "  " + fit_width(row_label(i, rows), lead.width) + " ");
    lead.width += 3;
    const std::size_t most = style_.most / 2;
    std::vector<TextColumn> places = places_of(first_row, row_indices, rows, most);
    if (top_.count > most)
      for (std::size_t fewer = most - 1; fewer >= 2 && !fits_width(lead, places, style_.width); --fewer)
        places = places_of(first_row, row_indices, rows, fewer);
    if (!fits_width(lead, places, style_.width)) add_numbers(lead, places);
    return in_blocks(lead, places, style_.width);
  }

 private:
  // Over columns that do not stand beside each other: which is the strongest key, and which the next.
  void add_numbers(TextColumn& lead, std::vector<TextColumn>& places) const {
    lead.cells.insert(lead.cells.begin(), std::string(lead.width, ' '));
    for (std::size_t p = 0; p < places.size(); ++p)
      places[p].cells.insert(places[p].cells.begin(), fit_width("  " + std::to_string(p + 1) + ".", places[p].width));
  }
  // A column for each place from the strongest key on, `most` of them.
  std::vector<TextColumn> places_of(std::size_t first_row, const std::vector<std::size_t>& row_indices,
                                    std::size_t rows, std::size_t most) const {
    std::vector<TextColumn> places;
    for (const std::size_t place : shown_indices(top_.count, most)) {
      const bool is_gap = place == top_.count;
      std::size_t key_width = 1, weight_width = 1;
      for (const std::size_t i : row_indices) {
        if (i == rows || is_gap) continue;
        const std::size_t at = (first_row + i) * top_.count + place;
        if (is_unattended(at)) continue;
        key_width = std::max(key_width, std::min(widest_label(style_), display_width(key_label(at))));
        weight_width = std::max(weight_width, weight(at).size());
      }
      TextColumn column{is_gap ? 3 : 3 + key_width + weight_width, {}};
      for (const std::size_t i : row_indices) {
        const std::size_t at = (first_row + i) * top_.count + place;
        column.cells.push_back(i == rows           ? ""
                               : is_gap            ? "  …"
                               : is_unattended(at) ? ""
                                                   : "  " + fit_width(key_label(at), key_width) + " " +
                                                         right_aligned(weight(at), weight_width));
      }
      places.push_back(std::move(column));
    }
    return places;
  }
  std::string row_label(std::size_t i, std::size_t rows) const {
    return result_.tokens.size() == rows ? printable(result_.tokens[i]) : std::to_string(first_query_ + i);
  }
  std::string key_label(std::size_t at) const {
    const std::vector<std::string>& labels = result_.key_labels();
    return top_.keys[at] < labels.size() ? printable(labels[top_.keys[at]]) : std::to_string(top_.keys[at]);
  }
  // Masked, or next to it; such keys end their row.
  bool is_unattended(std::size_t at) const { return number_at(top_.weights, at) == 0; }
  std::string weight(std::size_t at) const { return number_text(number_at(top_.weights, at), style_.precision); }

  const Result& result_;
  const TopKeys& top_;
  std::size_t first_query_;
  const TableStyle& style_;
};

std::string top_tables(const Result& result, const TextItems& items, std::size_t first_query, const TableStyle& style) {
  const Shape& shape = result.top->weights.shape();  // (…, L, count)
  const std::size_t rows = shape[shape.size() - 2];
  const TopTable table(result, first_query, style);
  const Shape of_rows(shape.begin(), shape.end() - 1);
  std::string text = "top " + std::to_string(result.top->count) + " " +
                     shape_text(items.shape_of(stage_info(Stage::lse), of_rows)) + "\n";
  for (const TextItem& item : items.of_rows(Shape(shape.begin(), shape.end() - 2)))
    text += item.heading + table.text(item.index * rows, rows);
  return text;
}

}  // namespace

std::string statistics_tables(const Result& result, const TextItems& items, std::size_t first_query,
                              const TableStyle& style) {
  std::string text;
  if (!result.stats.empty()) {
    const Tensor all = side_by_side(result.stats);
    const Shape& shape = all.shape();
    text += tensor_table("stats", all,
                         {.items = items.of_rows(Shape(shape.begin(), shape.end() - 2)),
                          .shape = items.shape_of(stage_info(Stage::lse), shape),
                          .rows = query_labels(result.tokens, first_query, all.extent(-2)),
                          .columns = stat_headings},
                         style);
  }
  if (result.top) text += (text.empty() ? "" : "\n") + top_tables(result, items, first_query, style);
  return text;
}

}  // namespace attn::cli
