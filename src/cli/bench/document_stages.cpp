// Times the three stages of each run one after the other.
#include "cli/bench/document_stages.hpp"

#include <utility>

#include "attn/error.hpp"
#include "attn/write.hpp"
#include "cli/bench/counting_sink.hpp"
#include "cli/flags/input_flags.hpp"
#include "core/peak_memory.hpp"

namespace attn::cli {
namespace {

class DocumentRun {
 public:
  DocumentRun(std::string path, ReadOptions read, AttentionOptions options)
      : path_(std::move(path)), read_(std::move(read)), options_(std::move(options)) {
    // As compute reads it, if there is nothing to project.
    parse();
    read_.keeps_narrow = input_.projections.empty();
    input_ = {};
  }

  void parse() {
    result_ = {};
    const FileBytes file = FileBytes::open(path_);
    const Format& format = format_of(file);
    if (format.kind == FormatKind::lines) throw usage_error("--input", "takes one document, not JSON Lines");
    file_bytes = file.bytes().size();
    input_ = read_input(file, format, read_);
    numbers_in = 0;
    for (const auto& [name, sourced] : input_.tensors) numbers_in += sourced.tensor.size();
    for (const auto& [name, sourced] : input_.projections) numbers_in += sourced.tensor.size();
  }

  void compute_result() {
    result_ = input_.projections.empty() ? compute(input_, options_) : multihead(input_, options_);
  }

  void write() {
    CountingSink sink;
    write_result_json(result_, sink);
    written_bytes = sink.bytes();
    numbers_out = 0;
    for (const NamedTensor& named : result_.tensors) numbers_out += named.tensor.size();
  }

  std::uint64_t file_bytes = 0, numbers_in = 0, written_bytes = 0, numbers_out = 0;

 private:
  std::string path_;
  ReadOptions read_;
  AttentionOptions options_;
  Input input_;
  Result result_;
};

}  // namespace

std::vector<StageResult> document_stages(const std::string& path, const ReadOptions& read,
                                         const AttentionOptions& options, std::size_t warmup, std::size_t runs) {
  DocumentRun run(path, read, options);
  const std::vector<std::function<void()>> works{[&] { run.parse(); }, [&] { run.compute_result(); },
                                                 [&] { run.write(); }};
  std::vector<StageResult> stages{{.name = "parse"}, {.name = "compute"}, {.name = "write"}};
  // A run of its own: asking for the peak takes time.
  for (std::size_t i = 0; i < works.size(); ++i) {
    const bool measured = reset_peak_memory();
    works[i]();
    if (measured) stages[i].peak_bytes = peak_memory();
  }
  const std::vector<Timing> timings = time_in_turn(warmup, runs, works);
  for (std::size_t i = 0; i < works.size(); ++i) stages[i].timing = timings[i];
  stages[0].bytes = run.file_bytes;
  stages[0].elements = run.numbers_in;
  stages[2].bytes = run.written_bytes;
  stages[2].elements = run.numbers_out;
  return stages;
}

}  // namespace attn::cli
