// The tables of members, and what they are derived from.
#include "cli/bench/fields.hpp"

#include <algorithm>

namespace attn::cli {
namespace {

FieldValue count(std::size_t n) { return static_cast<std::uint64_t>(n); }

template <class T>
FieldValue maybe(const std::optional<T>& value) {
  return value ? FieldValue(*value) : FieldValue();
}

// A projection has none.
FieldValue count_of_attention(const BenchResult& result, std::size_t n) {
  return info_of(result.config.mode).attends ? count(n) : FieldValue();
}

FieldValue checked(const BenchResult& result, double x) {
  return result.status == BenchResult::Status::skipped ? FieldValue() : FieldValue(x);
}

FieldValue timed(const BenchResult& result, double x) {
  return result.timing.seconds.empty() ? FieldValue() : FieldValue(x);
}

using Report = BenchReport;
using Result = BenchResult;

const ResultField results[] = {
    {"mode", [](const Report&, const Result& r) -> FieldValue { return std::string(info_of(r.config.mode).name); }},
    {"batch", [](const Report&, const Result& r) { return count(r.config.batch); }},
    {"heads", [](const Report&, const Result& r) { return count(r.config.heads); }},
    {"kv_heads", [](const Report&, const Result& r) { return count_of_attention(r, r.config.kv_heads); }},
    {"queries", [](const Report&, const Result& r) { return count(r.config.queries); }},
    {"keys", [](const Report&, const Result& r) { return count_of_attention(r, r.config.keys); }},
    {"dim", [](const Report&, const Result& r) { return count(r.config.dim); }},
    {"value_dim", [](const Report&, const Result& r) { return count_of_attention(r, r.config.dim); }, false},
    {"causal",
     [](const Report&, const Result& r) {
       return info_of(r.config.mode).attends ? FieldValue(r.config.causal) : FieldValue();
     }},
    {"dtype", [](const Report&, const Result& r) -> FieldValue { return std::string(dtype_name(r.config.dtype)); }},
    {"kernel", [](const Report&, const Result& r) -> FieldValue { return std::string(r.config.kernels->name); }},
    {"threads", [](const Report&, const Result& r) { return count(r.config.threads); }},
    {"status", [](const Report&, const Result& r) -> FieldValue { return std::string(status_name(r.status)); }},
    {"reason", [](const Report&, const Result& r) { return r.reason.empty() ? FieldValue() : FieldValue(r.reason); },
     false},
    {"max_error", [](const Report&, const Result& r) { return checked(r, r.max_error); }},
    {"rms_error", [](const Report&, const Result& r) { return checked(r, r.rms_error); }},
    {"error_bound", [](const Report&, const Result& r) { return checked(r, r.error_bound); }},
    {"warmup", [](const Report&, const Result& r) { return count(r.timing.warmup); }, false},
    {"runs", [](const Report&, const Result& r) { return count(r.timing.seconds.size()); }},
    {"seconds", [](const Report&, const Result& r) -> FieldValue { return std::span<const double>(r.timing.seconds); },
     false},
    {"min", [](const Report&, const Result& r) { return timed(r, r.timing.min); }},
    {"median", [](const Report&, const Result& r) { return timed(r, r.timing.median); }},
    {"mean", [](const Report&, const Result& r) { return timed(r, r.timing.mean); }},
    {"stddev", [](const Report&, const Result& r) { return timed(r, r.timing.stddev); }},
    {"max", [](const Report&, const Result& r) { return timed(r, r.timing.max); }},
    {"outliers", [](const Report&, const Result& r) { return count(r.timing.outliers.size()); }},
    {"gflops", [](const Report&, const Result& r) { return maybe(rates_of(r).gflops); }},
    {"fma_gflops", [](const Report&, const Result& r) { return maybe(r.fma_gflops); }, false},
    {"peak_share", [](const Report&, const Result& r) { return maybe(rates_of(r).peak_share); }},
    {"gbps", [](const Report&, const Result& r) { return maybe(rates_of(r).gbps); }},
    {"bandwidth_share", [](const Report&, const Result& r) { return maybe(rates_of(r).bandwidth_share); }},
    {"peak_bytes", [](const Report&, const Result& r) { return maybe(r.peak_bytes); }},
    {"doubling_ratio", [](const Report& report, const Result& r) { return maybe(doubling_ratio(report, r)); }},
};

const StageField stages[] = {
    {"stage", [](const StageResult& s) -> FieldValue { return s.name; }},
    {"median", [](const StageResult& s) -> FieldValue { return s.timing.median; }},
    {"min", [](const StageResult& s) -> FieldValue { return s.timing.min; }},
    {"max", [](const StageResult& s) -> FieldValue { return s.timing.max; }},
    {"bytes", [](const StageResult& s) { return maybe(s.bytes); }},
    {"elements", [](const StageResult& s) { return maybe(s.elements); }},
    {"peak_bytes", [](const StageResult& s) { return maybe(s.peak_bytes); }},
    {"overhead_bytes", [](const StageResult& s) { return maybe(s.overhead_bytes); }},
    {"ratio", [](const StageResult& s) { return maybe(s.ratio); }},
};

}  // namespace

std::span<const ResultField> result_fields() { return results; }
std::span<const StageField> stage_fields() { return stages; }

std::string_view status_name(BenchResult::Status status) {
  switch (status) {
    case BenchResult::Status::ok: return "ok";
    case BenchResult::Status::wrong: return "wrong";
    case BenchResult::Status::skipped: return "skipped";
  }
  return "";
}

Rates rates_of(const BenchResult& result) {
  Rates rates;
  if (result.timing.seconds.empty() || !(result.timing.median > 0)) return rates;
  rates.gflops = result.config.flops() / result.timing.median / 1e9;
  rates.gbps = result.config.bytes() / result.timing.median / 1e9;
  if (result.fma_gflops) rates.peak_share = *rates.gflops / *result.fma_gflops;
  if (!result.peak) return rates;
  rates.bandwidth_share = *rates.gbps / result.peak->read_gbps;
  return rates;
}

std::optional<double> doubling_ratio(const BenchReport& report, const BenchResult& result) {
  BenchCase half = result.config;
  if (result.timing.seconds.empty() || half.keys % 2 != 0 || (half.queries != 1 && half.queries % 2 != 0)) return {};
  half.keys /= 2;
  if (half.queries != 1) half.queries /= 2;
  for (const BenchResult& other : report.results)
    if (other.config == half && other.timing.median > 0) return result.timing.median / other.timing.median;
  return {};
}

}  // namespace attn::cli
