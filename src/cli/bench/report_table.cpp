// Reports as tables for people: aligned columns, or Markdown.
#include <algorithm>
#include <array>
#include <charconv>

#include "cli/bench/fields.hpp"
#include "cli/text_blocks.hpp"
#include "core/memory.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

enum class Shade { none, good, fair, poor };

struct Cell {
  std::string text;
  Shade shade = Shade::none;
  bool wide = false;  ///< runs over the columns after it, which are empty
};

struct TableColumn {
  std::string name;
  bool left = false;  ///< texts are aligned to the left, numbers to the right
};

// Columns that are empty in every row are not shown.
struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<Cell>> rows;

  void drop_empty_columns() {
    for (std::size_t c = columns.size(); c-- > 0;) {
      if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return !row[c].text.empty(); })) continue;
      columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(c));
      for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
    }
  }
};

Cell share_cell(std::optional<double> share, bool is_the_limit) {
  if (!share) return {};
  const Shade shade = *share >= 0.8 ? Shade::good : *share >= 0.5 ? Shade::fair : Shade::poor;
  return {fixed(*share, 2), is_the_limit ? shade : Shade::none};
}

std::string spread_text(const Timing& timing) {
  return "±" + fixed(timing.median > 0 ? 100 * timing.stddev / timing.median : 0, 1) + " %" +
         (timing.outliers.empty() ? "" : ", " + std::to_string(timing.outliers.size()) + " out");
}

// What an error is to people: its order of magnitude and two digits.
std::string error_text(double error) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), error, std::chars_format::scientific, 1);
  return {text.data(), end.ptr};
}

std::vector<Cell> row_of(const BenchReport& report, const BenchResult& result) {
  const BenchCase& config = result.config;
  const BenchModeInfo& mode = info_of(config.mode);
  std::vector<Cell> row{{std::string(mode.name)},
                        {config.shape_text()},
                        {!mode.attends   ? ""
                         : config.causal ? "yes"
                                         : "no"},
                        {std::string(dtype_name(config.dtype))},
                        {std::string(config.kernels->name)},
                        {std::to_string(config.threads)}};
  if (result.timing.seconds.empty()) {
    row.push_back({std::string(status_name(result.status)) + ": " + result.reason,
                   result.status == BenchResult::Status::wrong ? Shade::poor : Shade::none, true});
    return row;
  }
  const Rates rates = rates_of(result);
  const std::optional<double> doubling = doubling_ratio(report, result);
  row.push_back({fixed(result.timing.median * 1e3, 3)});
  row.push_back({spread_text(result.timing)});
  row.push_back({rates.gflops ? fixed(*rates.gflops, 1) : ""});
  row.push_back(share_cell(rates.peak_share, !mode.bound_by_reads));
  row.push_back({rates.gbps ? fixed(*rates.gbps, 1) : ""});
  row.push_back(share_cell(rates.bandwidth_share, mode.bound_by_reads));
  row.push_back({result.peak_bytes ? size_text(*result.peak_bytes) : ""});
  row.push_back({doubling ? fixed(*doubling, 2) : ""});
  row.push_back({error_text(result.max_error)});
  row.push_back({error_text(result.rms_error)});
  return row;
}

Table results_table(const BenchReport& report) {
  Table table{{{"mode", true},
               {"B,H,L,S,D", true},
               {"causal", true},
               {"dtype", true},
               {"kernel", true},
               {"threads"},
               {"median ms"},
               {"spread"},
               {"GFLOP/s"},
               {"of peak"},
               {"GB/s"},
               {"of reads"},
               {"memory"},
               {"× half"},
               {"max error"},
               {"rms error"}},
              {}};
  for (const BenchResult& result : report.results) {
    table.rows.push_back(row_of(report, result));
    table.rows.back().resize(table.columns.size());
  }
  table.drop_empty_columns();
  return table;
}

Table stages_table(const BenchReport& report) {
  Table table{{{"stage", true},
               {"median ms"},
               {"min"},
               {"max"},
               {"size"},
               {"MB/s"},
               {"M numbers/s"},
               {"memory"},
               {"beyond data"},
               {"ratio"}},
              {}};
  for (const StageResult& stage : report.stages) {
    const auto milliseconds = [](double seconds) { return fixed(seconds * 1e3, 3); };
    const auto rate = [&](const std::optional<std::uint64_t>& n) {
      return n && stage.timing.median > 0 ? fixed(static_cast<double>(*n) / stage.timing.median / 1e6, 1) : "";
    };
    const auto size = [](const std::optional<std::uint64_t>& bytes) { return bytes ? size_text(*bytes) : ""; };
    table.rows.push_back({{stage.name},
                          {milliseconds(stage.timing.median)},
                          {milliseconds(stage.timing.min)},
                          {milliseconds(stage.timing.max)},
                          {size(stage.bytes)},
                          {rate(stage.bytes)},
                          {rate(stage.elements)},
                          {size(stage.peak_bytes)},
                          {size(stage.overhead_bytes)},
                          {stage.ratio ? fixed(*stage.ratio, 3) : ""}});
  }
  table.drop_empty_columns();
  return table;
}

// A column as text; wide cells, which begin where others end, are only as wide as it.
TextColumn text_column(const Table& table, std::size_t c, bool color) {
  constexpr const char* escapes[] = {"", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  std::size_t width = display_width(table.columns[c].name);
  for (const auto& row : table.rows)
    if (!row[c].wide) width = std::max(width, display_width(row[c].text));
  const std::string between = c == 0 ? "" : "  ";
  TextColumn column{between.size() + width, {}};
  const auto add = [&](const Cell& cell) {
    const std::string padding(width - std::min(width, display_width(cell.text)), ' ');
    const bool shaded = color && cell.shade != Shade::none;
    const std::string text = shaded ? escapes[static_cast<int>(cell.shade)] + cell.text + "\x1b[0m" : cell.text;
    column.cells.push_back(between + (table.columns[c].left || cell.wide ? text + padding : padding + text));
  };
  add({table.columns[c].name});
  for (const auto& row : table.rows) add(row[c]);
  return column;
}

std::vector<TextColumn> text_columns(const Table& table, bool color) {
  std::vector<TextColumn> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) columns.push_back(text_column(table, c, color));
  return columns;
}

std::string without_blank_ends(const std::string& text) {
  std::string lines;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string line = text.substr(at, end - at);
    lines += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return lines;
}

// What stands before the rows of a table of several blocks, so that a row is found again in the next one.
TextColumn row_numbers(std::size_t rows) {
  TextColumn lead{0, std::vector<std::string>(rows + 1)};
  if (rows < 2) return lead;
  lead.width = std::to_string(rows).size() + 2;
  lead.cells.front() = std::string(lead.width, ' ');
  for (std::size_t i = 1; i <= rows; ++i) lead.cells[i] = right_aligned(std::to_string(i), lead.width - 2) + "  ";
  return lead;
}

std::string aligned(Table table, bool color, std::size_t width) {
  const TextColumn no_lead{0, std::vector<std::string>(table.rows.size() + 1)};
  std::string whole = without_blank_ends(in_blocks(no_lead, text_columns(table, color), 0));
  const auto too_long = [&](const std::vector<Cell>& row) {
    std::size_t used = 0;
    for (std::size_t c = 0; c < row.size() && !row[c].wide; ++c) used += text_column(table, c, false).width;
    const auto wide = std::find_if(row.begin(), row.end(), [](const Cell& cell) { return cell.wide; });
    return wide != row.end() && used + 2 + display_width(wide->text) > width;
  };
  const bool fits = width == 0 || (fits_width(no_lead, text_columns(table, color), width) &&
                                   std::none_of(table.rows.begin(), table.rows.end(), too_long));
  if (fits) return whole;
  // What is as long as a sentence follows the table.
  std::string sentences;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    for (Cell& cell : table.rows[i])
      if (cell.wide) {
        const std::string row = table.rows.size() < 2 ? "" : "row " + std::to_string(i + 1) + ": ";
        sentences += folded(row + cell.text + "\n", width, 2);
        cell.text.resize(std::min(cell.text.find(':'), cell.text.size()));
        cell.wide = false;
      }
  return without_blank_ends(in_blocks(row_numbers(table.rows.size()), text_columns(table, color), width)) + sentences;
}

std::string markdown(const Table& table) {
  std::string text = "|", rule = "|";
  for (const TableColumn& column : table.columns) {
    text += " " + column.name + " |";
    rule += column.left ? " --- |" : " ---: |";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Cell& cell : row) text += " " + cell.text + " |";
    text += "\n";
  }
  return text;
}

std::string peaks_text(const BenchReport& report) {
  std::string text;
  for (const Peak& peak : report.peaks)
    text += "peak: " + std::string(peak.kernels->name) + " " + std::string(dtype_name(peak.dtype)) + ", " +
            counted(peak.threads, "thread") + ": " + fixed(peak.fma_gflops, 1) + " GFLOP/s of multiply-adds, " +
            fixed(peak.read_gbps, 1) + " GB/s read from memory\n";
  return text;
}

// "outlier: stream 1,12,1024,1024,64, avx2: run 3 of 10 took 12.345 ms, the median is 10.211 ms"
std::string outliers_text(const BenchReport& report) {
  std::string text;
  for (const BenchResult& result : report.results)
    for (const std::size_t run : result.timing.outliers)
      text += "outlier: " + result.config.label() + ", " + std::string(dtype_name(result.config.dtype)) + ", " +
              std::string(result.config.kernels->name) + ", " + counted(result.config.threads, "thread") + ": run " +
              std::to_string(run + 1) + " of " + std::to_string(result.timing.seconds.size()) + " took " +
              fixed(result.timing.seconds[run] * 1e3, 3) + " ms, the median is " +
              fixed(result.timing.median * 1e3, 3) + " ms\n";
  return text;
}

}  // namespace

std::string bench_text(const BenchReport& report, bool color, std::size_t width) {
  std::string text = folded("cpu:  " + report.cpu + "\n" + peaks_text(report), width, 6);
  if (!report.results.empty()) text += "\n" + aligned(results_table(report), color, width);
  if (!report.stages.empty()) text += "\n" + aligned(stages_table(report), color, width);
  const std::string outliers = folded(outliers_text(report), width, 2);
  return text + (outliers.empty() ? "" : "\n" + outliers);
}

std::string bench_markdown(const BenchReport& report) {
  // Each line of its own, where Markdown would join them.
  const auto listed = [](const std::string& lines) {
    std::string items;
    for (std::size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos; at = end + 1)
      items += "- " + lines.substr(at, end - at + 1);
    return items;
  };
  std::string text = listed("cpu: " + report.cpu + "\n" + peaks_text(report));
  if (!report.results.empty()) text += "\n" + markdown(results_table(report));
  if (!report.stages.empty()) text += "\n" + markdown(stages_table(report));
  const std::string outliers = outliers_text(report);
  return text + (outliers.empty() ? "" : "\n" + listed(outliers));
}

}  // namespace attn::cli
