// Reports as tables for people: aligned columns, or Markdown.
#include <algorithm>

#include "cli/bench/fields.hpp"
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

struct Column {
  std::string name;
  bool left = false;  ///< texts are aligned to the left, numbers to the right
};

// Columns that are empty in every row are not shown.
struct Table {
  std::vector<Column> columns;
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
  row.push_back({shortest(static_cast<float>(result.max_error))});
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
               {"max error"}},
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

std::string aligned(const Table& table, bool color) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    widths.push_back(display_width(table.columns[c].name));
    for (const auto& row : table.rows)
      if (!row[c].wide) widths[c] = std::max(widths[c], display_width(row[c].text));
  }
  constexpr const char* escapes[] = {"", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  std::string text;
  const auto add_line = [&](const std::vector<Cell>& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - std::min(widths[c], display_width(row[c].text)), ' ');
      const bool shaded = color && row[c].shade != Shade::none;
      const std::string cell = shaded ? escapes[static_cast<int>(row[c].shade)] + row[c].text + "\x1b[0m" : row[c].text;
      line += (c == 0 ? "" : "  ") + (table.columns[c].left || row[c].wide ? cell + padding : padding + cell);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  std::vector<Cell> header;
  for (const Column& column : table.columns) header.push_back({column.name});
  add_line(header);
  for (const auto& row : table.rows) add_line(row);
  return text;
}

std::string markdown(const Table& table) {
  std::string text = "|", rule = "|";
  for (const Column& column : table.columns) {
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

std::string bench_text(const BenchReport& report, bool color) {
  std::string text = "cpu:  " + report.cpu + "\n" + peaks_text(report);
  if (!report.results.empty()) text += "\n" + aligned(results_table(report), color);
  if (!report.stages.empty()) text += "\n" + aligned(stages_table(report), color);
  const std::string outliers = outliers_text(report);
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
