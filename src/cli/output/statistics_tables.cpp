// Lays out statistics, a column each, and strongest keys, a column a rank.
#include "cli/output/statistics_tables.hpp"

#include <algorithm>

#include "cli/flags/query_range.hpp"
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
    const std::vector<std::size_t> places = shown_indices(top_.count, style_.most / 2);
    std::size_t label_width = 1;
    std::vector<std::size_t> key_widths(places.size(), 1), weight_widths(places.size(), 1);
    for (const std::size_t i : row_indices) {
      if (i == rows) continue;
      label_width = std::max(label_width, std::min(widest_label, display_width(row_label(i, rows))));
      for (std::size_t p = 0; p < places.size(); ++p) {
        if (places[p] == top_.count) continue;
        const std::size_t at = (first_row + i) * top_.count + places[p];
        key_widths[p] = std::max(key_widths[p], std::min(widest_label, display_width(key_label(at))));
        weight_widths[p] = std::max(weight_widths[p], weight(at).size());
      }
    }
    std::string text;
    for (const std::size_t i : row_indices) {
      if (i == rows) {
        text += "  …\n";
        continue;
      }
      text += "  " + fit_width(row_label(i, rows), label_width) + " ";
      for (std::size_t p = 0; p < places.size(); ++p) {
        if (places[p] == top_.count) {
          text += "  …";
          continue;
        }
        const std::size_t at = (first_row + i) * top_.count + places[p];
        const std::string number = weight(at);
        text += "  " + fit_width(key_label(at), key_widths[p]) + " " +
                std::string(weight_widths[p] - number.size(), ' ') + number;
      }
      text += "\n";
    }
    return text;
  }

 private:
  std::string row_label(std::size_t i, std::size_t rows) const {
    return result_.tokens.size() == rows ? printable(result_.tokens[i]) : std::to_string(first_query_ + i);
  }
  std::string key_label(std::size_t at) const {
    const std::vector<std::string>& labels = result_.key_labels();
    return top_.keys[at] < labels.size() ? printable(labels[top_.keys[at]]) : std::to_string(top_.keys[at]);
  }
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
