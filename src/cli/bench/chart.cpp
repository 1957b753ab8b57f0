// Bars and their texts.
#include "cli/bench/chart.hpp"

#include <algorithm>
#include <set>

#include "cli/bench/fields.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

std::string time_text(double seconds) {
  const double milliseconds = seconds * 1e3;
  if (milliseconds < 0.1) return fixed(seconds * 1e6, 1) + " µs";
  return fixed(milliseconds, milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0) + " ms";
}

// What differs between the results is in the labels; what does not is in the notes.
class Labels {
 public:
  explicit Labels(const BenchReport& report) {
    for (const BenchResult& result : report.results) {
      dtypes_.insert(dtype_of_result(result));
      threads_.insert(threads_of(result));
      kernels_.insert(std::string(result.config.kernels->name));
    }
  }

  std::string label(const BenchResult& result) const {
    std::string text = result.config.label();
    if (kernels_.size() > 1) text += ", " + std::string(result.config.kernels->name);
    if (dtypes_.size() > 1) text += ", " + dtype_of_result(result);
    if (threads_.size() > 1) text += ", " + threads_of(result);
    return text;
  }

  std::string common() const {
    std::vector<std::string> parts;
    for (const auto* set : {&kernels_, &dtypes_, &threads_})
      if (set->size() == 1) parts.push_back(*set->begin());
    return joined(parts);
  }

 private:
  static std::string dtype_of_result(const BenchResult& result) { return std::string(dtype_name(result.config.dtype)); }
  static std::string threads_of(const BenchResult& result) { return counted(result.config.threads, "thread"); }

  std::set<std::string> kernels_, dtypes_, threads_;
};

Bar bar_of(const BenchResult& result, const Labels& labels) {
  Bar bar{.label = labels.label(result)};
  if (result.timing.seconds.empty()) {
    bar.note = std::string(status_name(result.status)) + ": " + result.reason;
    return bar;
  }
  const Rates rates = rates_of(result);
  const bool reads = info_of(result.config.mode).bound_by_reads;
  bar.series = reads ? 1 : 0;
  bar.share = reads ? rates.bandwidth_share : rates.peak_share;
  if (!bar.share) bar.note = "no peak to compare with";
  bar.columns = {reads ? fixed(*rates.gbps, 1) + " GB/s" : fixed(*rates.gflops, 1) + " GFLOP/s",
                 time_text(result.timing.median)};
  return bar;
}

BarChart results_chart(const BenchReport& report) {
  BarChart chart{.title = "attn bench"};
  const Labels labels(report);
  chart.notes = {report.cpu + (labels.common().empty() ? "" : ", " + labels.common()) + ", medians, " +
                 report.date.substr(0, report.date.find('T'))};
  chart.series = {"share of the multiply-add peak", "share of the read bandwidth"};
  for (const BenchResult& result : report.results) chart.bars.push_back(bar_of(result, labels));
  return chart;
}

BarChart stages_chart(const BenchReport& report) {
  BarChart chart{.title = "attn bench: stages of a run"};
  double total = 0;
  for (const StageResult& stage : report.stages) total += stage.timing.median;
  chart.notes = {report.cpu + ", medians, " + time_text(total) + " in all, " +
                 report.date.substr(0, report.date.find('T'))};
  for (const StageResult& stage : report.stages) {
    const double share = total > 0 ? stage.timing.median / total : 0;
    chart.bars.push_back({stage.name, share, "", {time_text(stage.timing.median)}});
  }
  chart.axis = "share of the time";
  return chart;
}

}  // namespace

BarChart bench_chart(const BenchReport& report, Theme theme) {
  BarChart chart = report.results.empty() ? stages_chart(report) : results_chart(report);
  chart.theme = theme;
  return chart;
}

}  // namespace attn::cli
