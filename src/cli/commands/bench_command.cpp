// attn bench: shapes × kernel sets × threads, checked and then timed; suites; the stages of a document's run.
#include <algorithm>
#include <chrono>
#include <ctime>

#include "cli/bench/chart.hpp"
#include "cli/bench/document_stages.hpp"
#include "cli/bench/steps.hpp"
#include "cli/bench/suite.hpp"
#include "cli/commands/command.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/unused_flags.hpp"
#include "cli/flags/values.hpp"
#include "cli/output/pictures.hpp"
#include "cli/screen.hpp"
#include "core/cpu_name.hpp"
#include "core/held_memory.hpp"
#include "core/parallel.hpp"
#include "core/progress.hpp"
#include "render/bar_chart.hpp"

namespace attn::cli {
namespace {

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

// "stream (output alone), decode (one query against all keys)" of a table whose rows have a name and a meaning.
template <class Rows>
std::string explained(const Rows& rows) {
  return joined(rows, [](const auto& row) { return std::string(row.name) + " (" + std::string(row.meaning) + ")"; });
}

class BenchCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    FlagGroup group = flags.group("Benchmark");
    group.repeatable("--shape", shapes_, "B,H,L,D",
                     "Batch, heads, queries and width of a head (repeatable; default: 1,12,1024,64)");
    group.text("--keys", keys_, "S", "Number of keys (default: as queries)");
    group.text("--kv-heads", kv_heads_, "K", "Number of key/value heads (default: as heads)");
    group.repeatable("--mode", modes_, one_of("MODE", names_of(bench_modes(), &BenchModeInfo::name)),
                     "What is timed: " + explained(bench_modes()) + "; repeatable (default: stream)");
    group.text("--kernel", kernels_, list_of("LIST", names_of(kernel_set_names())),
               "Kernel sets (default: all that this CPU runs, but the slow reference)");
    group.text("--threads", threads_, "LIST", "Numbers of threads (default: the cores this process may use)");
    group.text("--dtype", dtypes_, list_of("LIST", names_of(arithmetic_names())),
               "Of " + listed(arithmetic_names()) + " (default: f32)");
    group.toggle("--causal", causal_, "Causal mask; only visible scores count as work");
    group.text("--runs", runs_, "N", "Timed runs (default: 10)");
    group.text("--warmup", warmup_, "N", "Runs before them (default: 2)");
    group.text("--suite", suite_, one_of("NAME", names_of(suites(), &Suite::name)),
               "Cases by name: " + explained(suites()));
    group.text("--input", input_, file_of("FILE", read_endings()), "With --stages: the document that is run");
    group.toggle("--stages", stages_, "Time reading, computing and writing of the document of --input");
    outputs_.add(flags, false, can_give);
    flags.group("Output").text("--theme", theme_, "light|dark", "Background of the chart (default: light)");
    common_.add(flags, false, "Skip a case");
  }

  // A report is a document of its own members, a table, a text or a chart.
  static bool can_give(const OutputFormat& format) {
    if (format.data == nullptr) return true;
    return is_json_document(format.data) || format.data->separator != '\0';
  }

  int run(Environment& environment) override {
    check_combination();
    const std::size_t runs = whole(runs_, "--runs", 10), warmup = whole(warmup_, "--warmup", 2, 0);
    const Theme theme = theme_ && parse_choice(*theme_, "--theme", {"light", "dark"}) == 1 ? Theme::dark : Theme::light;
    common_.check_color();
    const std::uint64_t max_memory = common_.max_memory();
    const std::vector<BenchCase> cases = input_ ? std::vector<BenchCase>() : suite_ ? suite_cases() : all_cases();
    const std::optional<AttentionOptions> document = input_ ? std::optional(document_options()) : std::nullopt;
    outputs_.open(environment, {});
    if (!common_.quiet()) note_unused_flags(environment, outputs_of(environment, outputs_.targets(), RunHas::tables));

    std::vector<BenchStep> steps = case_steps(cases, warmup, runs, max_memory);
    if (document)
      steps.push_back(stage_step({"stages of " + *input_, [&] {
                                    const MemoryLimit limit(max_memory);
                                    const ReadOptions read{.dtype = document->execution.dtype,
                                                           .max_memory = max_memory};
                                    return document_stages(*input_, read, *document, warmup, runs);
                                  }}));
    if (suite_ && suite_of(*suite_).rest_of_run != nullptr) {
      const StageOptions options{&best_set(), cases.front().threads, warmup, runs};
      for (StageGroup& group : rest_of_run(*suite_of(*suite_).rest_of_run, options))
        steps.push_back(stage_step(std::move(group)));
    }
    BenchReport report{now_text(), cpu_name(), {}, {}, {}};
    if (common_.verbose())
      environment.note("will time " + counted(steps.size(), "step") + ", each with " + counted(warmup, "warm-up") +
                       " and " + counted(runs, "run") + "; to " + outputs_.places());
    run_steps(environment, steps, report);
    outputs_.write(
        [&](Target& target) { write(target, report, theme, common_.color(environment, target.on_terminal)); });
    const auto is_wrong = [](const BenchResult& result) { return result.status == BenchResult::Status::wrong; };
    return std::any_of(report.results.begin(), report.results.end(), is_wrong) ? 1 : 0;
  }

 private:
  static std::size_t whole(const std::optional<std::string>& text, const char* flag, std::int64_t otherwise,
                           std::int64_t least = 1) {
    return static_cast<std::size_t>(text ? parse_whole(*text, flag, least) : otherwise);
  }

  // What does not go together, or would change nothing.
  void check_combination() const {
    if (input_ && !stages_) throw usage_error("--input", "needs --stages");
    if (stages_ && !input_) throw usage_error("--stages", "needs --input FILE");
    if (input_ && suite_) throw usage_error("--suite", "does not go with --input");
    const auto refuse = [](bool given, const char* flag, const std::string& by, const char* what) {
      if (given) throw usage_error(flag, "does not go with " + by + ", which has its own " + what);
    };
    const std::string by = input_ ? "--input" : "--suite";
    if (!input_ && !suite_) return;
    refuse(!shapes_.empty(), "--shape", by, "shapes");
    refuse(keys_.has_value(), "--keys", by, "shapes");
    refuse(kv_heads_.has_value(), "--kv-heads", by, "shapes");
    refuse(suite_ && !modes_.empty(), "--mode", by, "modes");
    refuse(suite_ && causal_, "--causal", by, "masks");
  }

  // The sets of --kernel; none if it is not given.
  std::vector<const KernelSet*> kernel_list() const {
    std::vector<const KernelSet*> sets;
    if (kernels_)
      for (const std::string& name : split(*kernels_, ',')) sets.push_back(&choose_kernel_set(name, "--kernel"));
    return sets;
  }

  static std::vector<const KernelSet*> fast_sets() {
    std::vector<const KernelSet*> sets;
    for (const KernelSet* set : supported_kernel_sets())
      if (set->tiles<float>() != nullptr) sets.push_back(set);
    return sets.empty() ? supported_kernel_sets() : sets;
  }

  // The one set of a suite's or a document's run.
  const KernelSet& best_set() const {
    const std::vector<const KernelSet*> sets = kernel_list();
    if (sets.size() > 1) throw usage_error("--kernel", only_one());
    return sets.empty() ? fastest_kernel_set() : *sets.front();
  }

  std::string only_one() const { return "takes one with " + std::string(input_ ? "--input" : "--suite"); }

  // The numbers of --threads; none if it is not given.
  std::vector<std::size_t> thread_list() const {
    std::vector<std::size_t> threads;
    if (threads_)
      for (const std::string& count : split(*threads_, ',')) threads.push_back(parse_threads(count, "--threads"));
    return threads;
  }

  std::vector<Arithmetic> dtype_list() const {
    std::vector<Arithmetic> dtypes;
    for (const std::string& dtype : split(dtypes_.value_or("f32"), ','))
      dtypes.push_back(parse_arithmetic(dtype, "--dtype"));
    return dtypes;
  }

  std::vector<const BenchModeInfo*> mode_list() const {
    std::vector<std::string_view> names;
    for (const BenchModeInfo& info : bench_modes()) names.push_back(info.name);
    std::vector<const BenchModeInfo*> modes;
    for (const std::string& mode : modes_.empty() ? std::vector<std::string>{"stream"} : modes_)
      modes.push_back(&bench_modes()[parse_choice(mode, "--mode", names)]);
    return modes;
  }

  std::vector<BenchCase> suite_cases() const {
    const SuiteChoice choice{&best_set(), thread_list(), dtype_list()};
    return cases_of(suite_of(*suite_), choice);
  }

  std::vector<BenchCase> all_cases() const {
    const std::vector<const BenchModeInfo*> modes = mode_list();
    const std::vector<Arithmetic> dtypes = dtype_list();
    const std::vector<const KernelSet*> sets = kernels_ ? kernel_list() : fast_sets();
    const std::vector<std::size_t> threads = threads_ ? thread_list() : std::vector{available_cores()};
    const auto useless = [&](bool BenchModeInfo::*used) {
      return std::none_of(modes.begin(), modes.end(), [&](const BenchModeInfo* mode) { return mode->*used; });
    };
    if (causal_ && useless(&BenchModeInfo::causal)) throw usage_error("--causal", "changes nothing in this mode");
    if (keys_ && useless(&BenchModeInfo::attends)) throw usage_error("--keys", "a projection has none");
    if (kv_heads_ && useless(&BenchModeInfo::attends)) throw usage_error("--kv-heads", "a projection has none");
    std::vector<BenchCase> cases;
    for (const std::string& shape : shapes_.empty() ? std::vector<std::string>{"1,12,1024,64"} : shapes_)
      for (const BenchModeInfo* mode : modes)
        for (const Arithmetic dtype : dtypes)
          for (const KernelSet* set : sets)
            for (const std::size_t count : threads) {
              BenchCase config = case_of(shape, *mode);
              config.dtype = dtype;
              config.kernels = set;
              config.threads = count;
              cases.push_back(config);
            }
    return cases;
  }

  BenchCase case_of(const std::string& shape, const BenchModeInfo& mode) const {
    const std::vector<std::int64_t> extents = parse_whole_list(shape, "--shape", 1);
    if (extents.size() != 4) throw usage_error("--shape", "'" + shape + "' is not B,H,L,D");
    BenchCase config;
    config.mode = mode.mode;
    config.batch = static_cast<std::size_t>(extents[0]);
    config.heads = static_cast<std::size_t>(extents[1]);
    config.queries = mode.mode == BenchMode::decode ? 1 : static_cast<std::size_t>(extents[2]);
    config.dim = static_cast<std::size_t>(extents[3]);
    config.keys = mode.attends ? whole(keys_, "--keys", extents[2]) : 0;
    config.kv_heads = mode.attends ? whole(kv_heads_, "--kv-heads", extents[1]) : config.heads;
    config.causal = causal_ && mode.causal;
    if (config.heads % config.kv_heads != 0)
      throw usage_error("--kv-heads", std::to_string(config.kv_heads) + " does not divide " +
                                          std::to_string(config.heads) + " heads");
    return config;
  }

  AttentionOptions document_options() const {
    AttentionOptions options;
    options.execution.kernels = &best_set();
    const std::vector<std::size_t> threads = thread_list();
    const std::vector<Arithmetic> dtypes = dtype_list();
    if (threads.size() > 1) throw usage_error("--threads", only_one());
    if (dtypes.size() > 1) throw usage_error("--dtype", only_one());
    options.execution.threads = threads.empty() ? available_cores() : threads.front();
    options.execution.dtype = tensor_dtype(dtypes.front());
    options.execution.bf16_operands = dtypes.front() == Arithmetic::bf16;
    options.execution.f16_operands = dtypes.front() == Arithmetic::f16;
    options.execution.max_memory = common_.max_memory();
    if (causal_) options.pipeline.mask = Mask::causal();
    if (modes_.empty()) return options;
    const std::vector<const BenchModeInfo*> modes = mode_list();
    if (modes.size() > 1) throw usage_error("--mode", only_one());
    if (!modes.front()->causal) throw usage_error("--mode", "is stream or materialise with --input");
    if (modes.front()->mode == BenchMode::stream) options.wanted.emit = {Stage::output};
    return options;
  }

  void run_steps(Environment& environment, const std::vector<BenchStep>& steps, BenchReport& report) const {
    // Between the steps alone: nothing is to run beside what is timed.
    common_.show_progress(environment, false);
    Progress progress("", steps.size(), WorkUnit::cases);
    watch_progress(false);  // what is timed is not counted
    for (std::size_t n = 0; n < steps.size(); ++n) {
      const Stopwatch watch;
      progress.begin(steps[n].name, n);
      if (environment.screen != nullptr) environment.screen->show();
      steps[n].run(report);
      common_.report(environment, steps[n].name, watch);
    }
    if (environment.screen != nullptr) environment.screen->wipe();
  }

  static void write(Target& target, const BenchReport& report, Theme theme, bool color) {
    switch (target.kind) {
      case OutputKind::text: return target.sink->write(bench_text(report, color, target.width));
      case OutputKind::markdown: return target.sink->write(bench_markdown(report));
      case OutputKind::picture: return write_picture(target, bench_chart(report, theme));
      case OutputKind::document: return write_bench_json(report, *target.sink);
      case OutputKind::tensor: return write_bench_csv(report, target.format->separator, *target.sink);
    }
  }

  std::vector<std::string> shapes_, modes_;
  std::optional<std::string> keys_, kv_heads_, kernels_, threads_, dtypes_, runs_, warmup_, suite_, input_, theme_;
  bool causal_ = false, stages_ = false;
  OutputFlags outputs_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<BenchCommand>(); }

}  // namespace attn::cli
