// The parts of bench: counts of work, the check, order statistics, suites.
#include <cmath>
#include <limits>

#include "cli/bench/check.hpp"
#include "cli/bench/report.hpp"
#include "cli/bench/suite.hpp"
#include "cli/session.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

using namespace attn::cli;

BenchCase case_of(BenchMode mode, std::size_t queries, std::size_t keys, bool causal = false) {
  return {.mode = mode,
          .batch = 2,
          .heads = 4,
          .kv_heads = 2,
          .queries = queries,
          .keys = keys,
          .dim = 8,
          .causal = causal,
          .kernels = &kernel_sets().front()};
}

// Two rows of 0.5 and 1, and what a kernel would have made of them.
class Fake : public Workload<float> {
 public:
  explicit Fake(float first) : output_{first, 1, 0.5F, 1} {}
  void run() override {}
  std::size_t rows() const override { return 2; }
  std::size_t rows_a_group() const override { return 2; }
  const float* output_row(std::size_t row) const override { return output_ + 2 * row; }
  std::vector<double> exact_row(std::size_t) const override { return {0.5, 1}; }
  std::vector<float> naive_row(std::size_t) const override { return {0.5F + 1e-6F, 1}; }

 private:
  float output_[4];
};

}  // namespace

TEST_CASE("operations are those of both products, of the visible scores alone", "[bench]") {
  CHECK(case_of(BenchMode::stream, 16, 32).flops() == 4.0 * 2 * 4 * 16 * 32 * 8);
  CHECK(case_of(BenchMode::materialise, 16, 32).flops() == 4.0 * 2 * 4 * 16 * 32 * 8);
  CHECK(case_of(BenchMode::stream, 16, 16, true).flops() == 4.0 * 2 * 4 * (16 * 17 / 2.0) * 8);
  // The queries are the last of the keys.
  CHECK(case_of(BenchMode::stream, 2, 16, true).flops() == 4.0 * 2 * 4 * (15 + 16) * 8);
  CHECK(case_of(BenchMode::decode, 1, 32).flops() == 4.0 * 2 * 4 * 32 * 8);
  CHECK(case_of(BenchMode::projection, 16, 0).flops() == 2.0 * (2 * 16) * 32 * 32);
}

TEST_CASE("bytes are those of inputs, output and weights", "[bench]") {
  const double rows = 2 * 4 * 16 * 8, kv_rows = 2 * 2 * 32 * 8;
  CHECK(case_of(BenchMode::stream, 16, 32).bytes() == 4 * (2 * rows + 2 * kv_rows));
  CHECK(case_of(BenchMode::materialise, 16, 32).bytes() == 4 * (2 * rows + 2 * kv_rows + 2 * 4 * 16 * 32));
  CHECK(case_of(BenchMode::decode, 1, 32).bytes() == 4 * (2 * 2 * 4 * 8 + 2 * kv_rows));
  CHECK(case_of(BenchMode::projection, 16, 0).bytes() == 4 * (2.0 * 2 * 16 * 32 + 32 * 32));
  BenchCase doubles = case_of(BenchMode::stream, 16, 32);
  doubles.dtype = Arithmetic::f64;
  CHECK(doubles.bytes() == 2 * case_of(BenchMode::stream, 16, 32).bytes());
}

TEST_CASE("a result past the error contract, or NaN, is wrong", "[bench]") {
  const auto checked = [](float first) {
    BenchResult result;
    check(Fake(first), result);
    return result;
  };
  CHECK(checked(0.5F).status == BenchResult::Status::ok);
  CHECK(checked(0.5F).max_error == 0);
  CHECK(checked(0.5F + 1e-6F).status == BenchResult::Status::ok);
  const BenchResult wrong = checked(0.5F + 1e-5F);
  CHECK(wrong.status == BenchResult::Status::wrong);
  CHECK(wrong.reason == "the result is outside the error contract");
  CHECK(wrong.max_error == Approx(1e-5).epsilon(0.01));
  CHECK(wrong.rms_error == Approx(5e-6).epsilon(0.01));
  CHECK(wrong.error_bound == Approx(2e-6).epsilon(0.1));
  CHECK(checked(std::nanf("")).status == BenchResult::Status::wrong);
}

TEST_CASE("every mode of every kernel set is within the error contract at odd sizes", "[bench]") {
  for (const KernelSet* set : supported_kernel_sets())
    for (const BenchModeInfo& mode : bench_modes())
      for (const Arithmetic dtype : {Arithmetic::f32, Arithmetic::f64, Arithmetic::bf16, Arithmetic::f16}) {
        BenchCase config = case_of(mode.mode, mode.mode == BenchMode::decode ? 1 : 37, 67, mode.causal);
        if (!mode.attends) config.keys = 0;
        config.kernels = set;
        config.dtype = dtype;
        const BenchResult result = run_case(config, 0, 1, 0);
        INFO(config.label() << " " << set->name << " " << dtype_name(dtype));
        CHECK(result.status == BenchResult::Status::ok);
        CHECK(result.max_error <= result.error_bound);
        CHECK(result.error_bound < (dtype == Arithmetic::bf16 && mode.attends ? 1e-2 : 1e-4));
        CHECK(result.timing.seconds.size() == 1);
      }
}

TEST_CASE("the median is that of the runs, and outliers are named by their run", "[bench]") {
  const Timing timing = summarize(2, {5, 1, 2, 3, 4, 100});
  CHECK(timing.warmup == 2);
  CHECK(timing.median == 3.5);
  CHECK(timing.min == 1);
  CHECK(timing.max == 100);
  CHECK(timing.mean == Approx(115.0 / 6));
  CHECK(timing.outliers == std::vector<std::size_t>{5});
  BenchReport report;
  report.results.push_back({.config = case_of(BenchMode::stream, 16, 32), .timing = timing});
  const std::string text = bench_text(report, false, 0);
  CHECK(text.find("\noutlier: stream 2,4(2),16,32,8, f32, reference, 1 thread: run 6 of 6 took 100000.000 ms, the "
                  "median is 3500.000 ms\n") != std::string::npos);
  CHECK(text.find(", 1 out") != std::string::npos);
}

TEST_CASE("works that are timed in turn have one run each after the other", "[bench]") {
  std::string order;
  const auto timings = time_in_turn(1, 2, {[&] { order += 'a'; }, [&] { order += 'b'; }});
  CHECK(order == "ababab");
  REQUIRE(timings.size() == 2);
  CHECK(timings[1].seconds.size() == 2);
}

TEST_CASE("a wrong result is not timed and is shown as wrong", "[bench]") {
  BenchReport report;
  report.results.push_back({.config = case_of(BenchMode::stream, 16, 32),
                            .status = BenchResult::Status::wrong,
                            .reason = "the result is outside the error contract",
                            .max_error = 1,
                            .error_bound = 0.5});
  CHECK(bench_text(report, false, 0).find("wrong: the result is outside the error contract\n") != std::string::npos);
  StringSink json;
  write_bench_json(report, json);
  const Json result = parsed_json(json.text)["results"][0];
  CHECK(result["status"] == "wrong");
  CHECK(result["max_error"] == 1);
  CHECK(result["median"].is_null());
}

TEST_CASE("the standard suite has each of its shapes, the slower sets by name", "[bench]") {
  const KernelSet* best = &fastest_kernel_set();
  const std::vector<BenchCase> cases = cases_of(suite_of("standard"), {best, {1}, {Arithmetic::f32}});
  std::vector<std::string> labels;
  for (const BenchCase& config : cases)
    labels.push_back(config.label() + (config.kernels == best ? "" : " " + std::string(config.kernels->name)));
  std::vector<std::string> wanted{
      "stream 1,12,1024,1024,64",        "stream 1,12,1024,1024,64 causal", "stream 1,12,4096,4096,64",
      "stream 1,12,4096,4096,64 causal", "stream 1,32(8),2048,2048,128",    "stream 1,32(8),2048,2048,128 causal",
      "stream 8,12,1024,1024,64",        "materialise 1,12,1024,1024,64",   "decode 1,32(8),1,16384,128",
      "projection 1024,768,768",         "packed-projection 1024,768,768"};
  std::vector<const KernelSet*> slower = supported_kernel_sets();
  slower.erase(std::find(slower.begin(), slower.end(), best), slower.end());
  for (auto set = slower.rbegin(); set != slower.rend() && *set != &reference_kernel_set(); ++set)
    wanted.push_back("stream 1,12,4096,4096,64 " + std::string((*set)->name));
  CHECK(labels == wanted);
}

TEST_CASE("the scaling suite doubles the length, for each number of threads", "[bench]") {
  const KernelSet* best = &fastest_kernel_set();
  const std::vector<BenchCase> cases = cases_of(suite_of("scaling"), {best, {1, 3}, {Arithmetic::f64}});
  REQUIRE(cases.size() == 10);
  CHECK(cases[0].queries == 1024);
  CHECK(cases[4].queries == 16384);
  CHECK(cases[4].threads == 1);
  CHECK(cases[5].threads == 3);
  CHECK(cases[5].dtype == Arithmetic::f64);
  const std::vector<BenchCase> all = cases_of(suite_of("scaling"), {best, {}, {Arithmetic::f32}});
  CHECK(all.front().threads == 1);
  CHECK(all.size() % 5 == 0);
}

}  // namespace attn::test
