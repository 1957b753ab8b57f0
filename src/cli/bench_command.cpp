// attn bench: shapes × kernel sets × threads, checked and then timed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>

#include "cli/bench/report.hpp"
#include "cli/command.hpp"
#include "cli/common_flags.hpp"
#include "cli/outputs.hpp"
#include "cli/values.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"

namespace attn::cli {
namespace {

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

class BenchCommand : public Command {
 public:
  void add_flags(CLI::App& app) override {
    const std::string group = "Benchmark";
    const auto text = [&](const char* flag, std::optional<std::string>& value, const char* type, const char* meaning) {
      app.add_option(flag, value, meaning)->type_name(type)->group(group);
    };
    app.add_option("--shape", shapes_, "Batch, heads, queries and width of a head (repeatable; default: 1,12,1024,64)")
        ->type_name("B,H,L,D")
        ->group(group)
        ->allow_extra_args(false);
    text("--keys", keys_, "S", "Number of keys (default: as queries)");
    text("--kv-heads", kv_heads_, "K", "Number of key/value heads (default: as heads)");
    app.add_option("--mode", modes_,
                   "stream (output alone) or materialise (output and weights); repeatable (default: stream)")
        ->type_name("MODE")
        ->group(group)
        ->allow_extra_args(false);
    text("--kernel", kernels_, "LIST", "Kernel sets (default: all that this CPU runs, but the slow reference)");
    text("--threads", threads_, "LIST", "Numbers of threads (default: the cores this process may use)");
    text("--dtype", dtypes_, "LIST", "Of f32 and f64 (default: f32)");
    app.add_flag("--causal", causal_, "Causal mask; only visible scores count as work")->group(group);
    text("--runs", runs_, "N", "Timed runs (default: 10)");
    text("--warmup", warmup_, "N", "Runs before them (default: 2)");
    text("--max-memory", max_memory_, "SIZE", "Skip what needs more (default: 80 % of what is free)");
    outputs_.add(app, {OutputKind::document, OutputKind::tensor, OutputKind::text, OutputKind::markdown},
                 {"jsonl", "npy", "npz", "safetensors"});
  }

  int run(Environment& environment) override {
    const std::vector<BenchCase> cases = all_cases();
    const std::size_t runs = whole(runs_, "--runs", 10), warmup = whole(warmup_, "--warmup", 2, 0);
    const std::uint64_t memory = max_memory_ ? parse_size(*max_memory_, "--max-memory") : available_memory() / 10 * 8;
    outputs_.open(environment, {});

    BenchReport report{now_text(), cpu_name(), {}, {}};
    bool all_right = true;
    for (const BenchCase& config : cases) {
      if (environment.err_is_terminal)
        environment.err.write("\r\x1b[K" + std::to_string(report.results.size() + 1) + "/" +
                              std::to_string(cases.size()) + " " + std::string(config.kernels->name));
      BenchResult result = run_case(config, warmup, runs, memory);
      if (result.status == BenchResult::Status::ok && config.kernels->tiles<float>() != nullptr)
        result.peak = peak_of(report, config);
      all_right = all_right && result.status != BenchResult::Status::wrong;
      report.results.push_back(std::move(result));
    }
    if (environment.err_is_terminal) environment.err.write("\r\x1b[K");
    for (Target& target : outputs_.targets()) write(target, report);
    outputs_.commit();
    return all_right ? 0 : 1;
  }

 private:
  static std::size_t whole(const std::optional<std::string>& text, const char* flag, std::int64_t otherwise,
                           std::int64_t least = 1) {
    return static_cast<std::size_t>(text ? parse_whole(*text, flag, least) : otherwise);
  }

  std::vector<const KernelSet*> kernel_list() const {
    std::vector<const KernelSet*> sets;
    if (kernels_) {
      for (const std::string& name : split(*kernels_, ',')) sets.push_back(&choose_kernel_set(name, "--kernel"));
      return sets;
    }
    for (const KernelSet* set : supported_kernel_sets())
      if (set->tiles<float>() != nullptr) sets.push_back(set);
    return sets.empty() ? supported_kernel_sets() : sets;
  }

  std::vector<BenchCase> all_cases() const {
    std::vector<BenchMode> modes;
    for (const std::string& mode : modes_.empty() ? std::vector<std::string>{"stream"} : modes_)
      modes.push_back(static_cast<BenchMode>(parse_choice(mode, "--mode", {"stream", "materialise"})));
    std::vector<DType> dtypes;
    for (const std::string& dtype : split(dtypes_.value_or("f32"), ','))
      dtypes.push_back(parse_choice(dtype, "--dtype", {"f32", "f64"}) == 0 ? DType::f32 : DType::f64);
    std::vector<std::size_t> threads;
    if (!threads_) threads.push_back(available_cores());
    if (threads_)
      for (const std::string& count : split(*threads_, ',')) threads.push_back(parse_threads(count, "--threads"));
    std::vector<BenchCase> cases;
    for (const std::string& shape : shapes_.empty() ? std::vector<std::string>{"1,12,1024,64"} : shapes_)
      for (const BenchMode mode : modes)
        for (const DType dtype : dtypes)
          for (const KernelSet* set : kernel_list())
            for (const std::size_t count : threads) {
              BenchCase config = case_of(shape);
              config.mode = mode;
              config.dtype = dtype;
              config.kernels = set;
              config.threads = count;
              config.causal = causal_;
              cases.push_back(config);
            }
    return cases;
  }

  BenchCase case_of(const std::string& shape) const {
    const std::vector<std::int64_t> extents = parse_whole_list(shape, "--shape", 1);
    if (extents.size() != 4) throw usage_error("--shape", "'" + shape + "' is not B,H,L,D");
    BenchCase config;
    config.batch = static_cast<std::size_t>(extents[0]);
    config.heads = static_cast<std::size_t>(extents[1]);
    config.queries = static_cast<std::size_t>(extents[2]);
    config.dim = static_cast<std::size_t>(extents[3]);
    config.keys = whole(keys_, "--keys", extents[2]);
    config.kv_heads = whole(kv_heads_, "--kv-heads", extents[1]);
    if (config.heads % config.kv_heads != 0)
      throw usage_error("--kv-heads", std::to_string(config.kv_heads) + " does not divide " +
                                          std::to_string(config.heads) + " heads");
    return config;
  }

  static Peak peak_of(BenchReport& report, const BenchCase& config) {
    for (const Peak& peak : report.peaks)
      if (peak.kernels == config.kernels && peak.dtype == config.dtype && peak.threads == config.threads) return peak;
    report.peaks.push_back(measure_peak(*config.kernels, config.dtype, config.threads));
    return report.peaks.back();
  }

  static void write(Target& target, const BenchReport& report) {
    if (target.kind == OutputKind::text) return target.sink->write(bench_text(report));
    if (target.kind == OutputKind::markdown) return target.sink->write(bench_markdown(report));
    if (target.kind == OutputKind::document) return write_bench_json(report, *target.sink);
    write_bench_csv(report, target.format->name == "tsv" ? '\t' : ',', *target.sink);
  }

  std::vector<std::string> shapes_, modes_;
  std::optional<std::string> keys_, kv_heads_, kernels_, threads_, dtypes_, runs_, warmup_, max_memory_;
  bool causal_ = false;
  OutputFlags outputs_;
};

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<BenchCommand>(); }

}  // namespace attn::cli
