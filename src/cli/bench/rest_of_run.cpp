// The stages around attention itself, each with the files that it needs.
#include "cli/bench/rest_of_run.hpp"

#include <algorithm>
#include <memory>
#include <numeric>

#include "attn/formats.hpp"
#include "attn/output_file.hpp"
#include "attn/random.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/bench/child.hpp"
#include "cli/bench/counting_sink.hpp"
#include "cli/bench/scratch_folder.hpp"
#include "cli/bench/workload.hpp"
#include "core/peak_memory.hpp"

namespace attn::cli {
namespace {

constexpr const char* four_tokens =
    R"({"tokens":["The","cat","sat","down"],"embeddings":[[1.2,0.8,0,0.1],[0.6,2,0.7,0],[0,0.9,1.8,0.9],[0.1,0,1.1,1.9]]})"
    "\n";

// Short works are run more often.
constexpr std::size_t short_runs = 2;

class Stages {
 public:
  Stages(const RestOfRun& sizes, const StageOptions& options) : sizes_(sizes), options_(options) {}

  std::vector<StageResult> small_processes() {
    const std::string document = folder_.path("four.json"), picture = folder_.path("four.png");
    write_file(document, [](Sink& sink) { sink.write(four_tokens); });
    return {process("process, 4 tokens, JSON to JSON", {"compute", document, "-f", "json"}, short_runs),
            process("process, 4 tokens, JSON to PNG", {"compute", document, "-o", picture}, short_runs)};
  }

  std::vector<StageResult> read_json() {
    const std::string path = folder_.path("document.json");
    write_file(path, [&](Sink& sink) { write_result_json(document(), sink); });
    return {reading("read JSON, " + document_shape(), path)};
  }

  std::vector<StageResult> read_npy() {
    const std::string path = folder_.path("document.npy");
    write_file(path, [&](Sink& sink) { write_npy(document().tensors[0].tensor, sink); });
    return {reading("read NPY and sum it, " + document_shape(), path)};
  }

  std::vector<StageResult> write_texts() {
    const Result result = document();
    const Tensor& tensor = result.tensors[0].tensor;
    return {writing("write JSON, " + document_shape(), tensor, [&](Sink& sink) { write_result_json(result, sink); }),
            writing("write CSV, " + document_shape(), tensor,
                    [&](Sink& sink) { write_csv(rows_of(tensor), {}, ',', sink); })};
  }

  // In turn, so that their ratios mean something.
  std::vector<StageResult> whole_attention() {
    const BenchCase config = attention_case(sizes_.heads, sizes_.queries);
    const std::vector<std::string> arguments = attention_arguments(config, "attention");
    std::vector<std::string> with_stats(arguments.begin(), std::ranges::find(arguments, "-o"));
    for (const std::string& argument : {std::string("--emit"), std::string("output"), std::string("--stats"),
                                        std::string("-o"), folder_.path("attention-stats.npz")})
      with_stats.push_back(argument);
    with_stats = with_common_flags(std::move(with_stats), true);
    const std::unique_ptr<Workload<float>> workload = make_workload<float>(config);
    const std::vector<Timing> timings =
        time_in_turn(options_.warmup, options_.runs,
                     {[&] { workload->run(); }, [&] { run_child(arguments); }, [&] { run_child(with_stats); }});
    StageResult kernel{.name = "attention alone, " + config.shape_text(), .timing = timings[0]};
    StageResult whole{.name = "process, " + config.shape_text() + ", NPY to NPY", .timing = timings[1]};
    StageResult stats{.name = "process, " + config.shape_text() + ", statistics too", .timing = timings[2]};
    kernel.bytes = whole.bytes = stats.bytes = static_cast<std::uint64_t>(config.bytes());
    whole.ratio = whole.timing.median / kernel.timing.median;
    stats.ratio = stats.timing.median / whole.timing.median;
    return {kernel, whole, stats};
  }

  std::vector<StageResult> picture() {
    const std::string weights = folder_.path("weights.npy"), png = folder_.path("weights.png");
    const std::size_t n = sizes_.picture;
    write_file(weights, [&](Sink& sink) { write_npy(stream().rand({n, n}, DType::f32), sink); });
    const std::string shape = std::to_string(n) + "x" + std::to_string(n);
    StageResult stage = process("process, weights of " + shape + ", NPY to PNG", {"visualize", weights, "-o", png}, 1);
    stage.elements = n * n;
    stage.bytes = n * n * sizeof(float);
    return {stage};
  }

  // Once: what counts is its memory.
  std::vector<StageResult> memory() {
    const BenchCase config = attention_case(1, sizes_.longest);
    const std::vector<std::string> arguments = attention_arguments(config, "long");
    StageResult stage{.name = "process, " + config.shape_text() + ", NPY to NPY"};
    stage.timing = time_runs(0, 1, [&] { stage.peak_bytes = run_child(arguments); });
    stage.bytes = static_cast<std::uint64_t>(config.bytes());
    set_overhead(stage, *stage.bytes);
    return {stage};
  }

 private:
  template <class Encode>
  static void write_file(const std::string& path, const Encode& encode) {
    OutputFile file(path);
    encode(file);
    file.commit();
  }

  static RandomStream stream() { return RandomStream(Generator::torch, 0); }

  std::string document_shape() const {
    return std::to_string(sizes_.document_rows) + "x" + std::to_string(sizes_.document_columns);
  }

  Result document() const {
    Result result;
    result.tensors.push_back(
        {"embeddings", stream().randn({sizes_.document_rows, sizes_.document_columns}, DType::f32)});
    return result;
  }

  BenchCase attention_case(std::size_t heads, std::size_t length) const {
    return {.heads = heads,
            .kv_heads = heads,
            .queries = length,
            .keys = length,
            .dim = sizes_.dim,
            .kernels = options_.kernels,
            .threads = options_.threads};
  }

  // Files of the case's inputs, and the arguments of a run on them whose output is a file as well.
  std::vector<std::string> attention_arguments(const BenchCase& config, const std::string& name) {
    std::vector<std::string> arguments{"compute"};
    RandomStream random = stream();
    for (const char* tensor : {"query", "key", "value"}) {
      const std::string path = folder_.path(name + "-" + tensor + ".npy");
      write_file(path, [&](Sink& sink) {
        write_npy(random.randn({1, config.heads, config.queries, config.dim}, DType::f32), sink);
      });
      arguments.push_back("--" + std::string(tensor));
      arguments.push_back(path);
    }
    arguments.emplace_back("-o");
    arguments.push_back("output=" + folder_.path(name + "-output.npy"));
    return with_common_flags(std::move(arguments), true);
  }

  std::vector<std::string> with_common_flags(std::vector<std::string> arguments, bool attends) const {
    arguments.emplace_back("-q");
    if (!attends) return arguments;
    for (const std::string& argument : {std::string("--threads"), std::to_string(options_.threads),
                                        std::string("--kernel"), std::string(options_.kernels->name)})
      arguments.push_back(argument);
    return arguments;
  }

  StageResult process(const std::string& name, std::vector<std::string> arguments, std::size_t times) const {
    const bool attends = arguments.front() == "compute";
    const std::vector<std::string> all = with_common_flags(std::move(arguments), attends);
    StageResult stage{.name = name};
    stage.timing = time_runs(options_.warmup, times * options_.runs, [&] { stage.peak_bytes = run_child(all); });
    return stage;
  }

  StageResult reading(const std::string& name, const std::string& path) const {
    StageResult stage{.name = name};
    bool is_mapped = false;
    const auto read = [&] {
      const FileBytes file = FileBytes::open(path);
      const Input input = read_input(file, *format_of_path(path), {});
      const Tensor& tensor = input.tensors.at("embeddings").tensor;
      stage.bytes = file.bytes().size();
      stage.elements = tensor.size();
      // Numbers may stay in the file, which nothing reads before they are used.
      const auto* const data = static_cast<const char*>(tensor.data());
      is_mapped = data >= file.bytes().data() && data < file.bytes().data() + file.bytes().size();
      if (!is_mapped) return;
      const std::span<const float> values = tensor.values<float>();
      [[maybe_unused]] const volatile float sum = std::accumulate(values.begin(), values.end(), 0.0F);
    };
    const bool measured = reset_peak_memory();
    read();
    if (measured) stage.peak_bytes = peak_memory();
    set_overhead(stage, *stage.bytes + (is_mapped ? 0 : *stage.elements * sizeof(float)));
    stage.timing = time_runs(options_.warmup, options_.runs, read);
    return stage;
  }

  template <class Encode>
  StageResult writing(const std::string& name, const Tensor& tensor, const Encode& encode) const {
    StageResult stage{.name = name};
    stage.timing = time_runs(options_.warmup, options_.runs, [&] {
      CountingSink sink;
      encode(sink);
      stage.bytes = sink.bytes();
    });
    stage.elements = tensor.size();
    return stage;
  }

  static void set_overhead(StageResult& stage, std::uint64_t data_bytes) {
    if (stage.peak_bytes) stage.overhead_bytes = *stage.peak_bytes - std::min(*stage.peak_bytes, data_bytes);
  }

  RestOfRun sizes_;
  StageOptions options_;
  ScratchFolder folder_;
};

}  // namespace

std::vector<StageGroup> rest_of_run(const RestOfRun& sizes, const StageOptions& options) {
  const auto stages = std::make_shared<Stages>(sizes, options);
  return {{"processes", [stages] { return stages->small_processes(); }},
          {"reading JSON", [stages] { return stages->read_json(); }},
          {"reading NPY", [stages] { return stages->read_npy(); }},
          {"writing JSON and CSV", [stages] { return stages->write_texts(); }},
          {"attention as a process", [stages] { return stages->whole_attention(); }},
          {"weights to PNG", [stages] { return stages->picture(); }},
          {"memory of a process", [stages] { return stages->memory(); }}};
}

}  // namespace attn::cli
