// attn compute, and attn multihead: the same run with other numbers in it.
#include <algorithm>

#include "attn/attention.hpp"
#include "attn/conventions.hpp"
#include "cli/commands/command.hpp"
#include "cli/flags/attention_flags.hpp"
#include "cli/flags/checkpoint_flags.hpp"
#include "cli/flags/dropout_flags.hpp"
#include "cli/flags/expect_flags.hpp"
#include "cli/flags/init_flags.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/multihead_flags.hpp"
#include "cli/flags/statistics_flags.hpp"
#include "cli/flags/values.hpp"
#include "cli/output/pooled_pictures.hpp"
#include "cli/output/result_output.hpp"
#include "cli/steps/steps.hpp"

namespace attn::cli {
namespace {

constexpr int not_met = 3;  // the exit code of --expect

class AttentionCommand : public Command {
 public:
  explicit AttentionCommand(bool multihead) : multihead_(multihead) {}

  void add_flags(FlagSet& flags) override {
    input_.add(flags, multihead_ ? InputFlags::Draws::embeddings : InputFlags::Draws::operands);
    attention_.add(flags, multihead_);
    if (multihead_) {
      checkpoint_.add(flags);
      init_.add(flags);
      multihead_flags_.add(flags);
    }
    dropout_.add(flags);
    reading_.add(flags);
    outputs_.add(flags, {OutputKind::document, OutputKind::tensor, OutputKind::picture, OutputKind::text});
    flags.group("Output").text("--precision", precision_, "N", "Decimals of numbers in text (default: 4)");
    expect_.add(flags);
    pictures_.add(flags, !multihead_);  // multihead has layers of checkpoints
    common_.add(flags, true);
  }

  int run(Environment& environment) override {
    ResultStyle style = result_style(environment);
    const ReadOptions read{.dtype = common_.dtype(), .max_memory = common_.max_memory()};
    checkpoint_.check();
    AttentionOptions options = attention_.options(common_);
    multihead_flags_.set(options);
    init_.check();
    dropout_.set(options, input_);
    const std::vector<Stage> emit = attention_.emit();
    reading_.apply(options);
    outputs_.open(environment, tensor_names(), reading_.piped());
    if (checkpoint_.lists()) {
      const std::pair<const char*, bool> of_results[] = {{"--expect", expect_.given()},
                                                         {"--steps", reading_.steps()},
                                                         {"--stats", options.stats},
                                                         {"--top", options.top != 0}};
      for (const auto& [flag, given] : of_results)
        if (given) throw usage_error(flag, "does not go with --list");
      return checkpoint_.list(outputs_, read, environment.flags), 0;
    }
    reading_.check(outputs_);
    expect_.read(tensor_names(), common_.arithmetic(), read);
    options.emit = stages_to_compute(emit);
    if (checkpoint_.given()) {
      if (init_.given()) throw usage_error("--init", "draws projections, but --weights gives them");
      checkpoint_.load(read, options);
    }
    if (common_.verbose())
      for (const std::string& note : convention_notes(options)) environment.note(note);
    input_.set_heads(options.heads, options.kv_heads);
    if (input_.is_lines(environment, gives_lines(environment))) return run_lines(environment, read, options);

    const Stopwatch reading;
    Input input = input_.read(environment, read);
    if (checkpoint_.given()) checkpoint_.apply(input, options);
    init_.draw(input, options, input_);
    common_.report(environment, "read " + input.source, reading);
    style.split_heads = multihead_ || options.heads || input.num_heads;
    if (options.query_range) style.first_query = options.query_range->begin;
    PooledPictures pictures(style.heatmap, style.selection, style.averages, style.first_query);
    if (std::any_of(outputs_.targets().begin(), outputs_.targets().end(), shows_weights))
      options.pictures = &pictures.request();
    const Stopwatch computing;
    Result result = multihead_ ? multihead(input, options) : compute(input, options);
    init_.describe(result);
    checkpoint_.describe(result);
    common_.report(environment,
                   "computed with " + std::string(options.kernels->name) + " on " + counted(options.threads, "thread"),
                   computing);
    if (checkpoint_.given()) result.notes.insert(result.notes.begin(), checkpoint_.note());
    if (!common_.quiet())
      for (const std::string& note : result.notes) environment.note(note);
    // Before anything is written: a reader that has gone must not hide what is not met.
    const bool met = expect_.check(environment, result, common_.quiet());
    const Stopwatch writing;
    const bool pooled = pictures.take(result);
    if (pooled && common_.verbose()) environment.note("the picture is pooled: " + pooling_text(pictures.heatmap()));
    const auto write = [&](Target& target) {
      if (reading_.steps() && target.kind == OutputKind::text && target.tensor.empty()) {
        const std::string walk =
            multihead_ ? multihead_steps(input, options, style.table) : compute_steps(input, options, style.table);
        const std::string readings = readings_text(result, style);
        target.sink->write(walk + (readings.empty() ? "" : "\n" + readings));
      } else if (pooled && shows_weights(target)) {
        target.sink->write(made_for(target, [&] { return render_png(pictures.heatmap()); }));
      } else {
        write_result_to(target, result, names_of(emit), style);
      }
    };
    try {
      for (Target& target : outputs_.targets()) write(target);
      outputs_.commit();
    } catch (const BrokenPipe&) {
      if (met) throw;
    }
    common_.report(environment, "wrote the output", writing);
    return met ? 0 : not_met;
  }

 private:
  ResultStyle result_style(const Environment& environment) const {
    ResultStyle style{pictures_.style(), pictures_.selection(), {}};
    style.projects = multihead_;
    style.averages = attention_.averages();
    if (precision_) style.table.precision = static_cast<int>(parse_whole(*precision_, "--precision", 0));
    if (style.table.precision > 17) throw usage_error("--precision", "must be 17 or less");
    style.table.color = common_.color(environment);
    return style;
  }

  std::vector<std::string_view> tensor_names() const {
    std::vector<std::string_view> names;
    for (const StageInfo& info : stages())
      if (multihead_ || !info.multihead_only) names.push_back(info.name);
    return names;
  }

  static std::vector<std::string> names_of(const std::vector<Stage>& wanted) {
    std::vector<std::string> names;
    for (const StageInfo& info : stages())
      if (std::count(wanted.begin(), wanted.end(), info.stage) != 0) names.emplace_back(info.name);
    return names;
  }

  // A picture of the weights, which need not all be there.
  static bool shows_weights(const Target& target) {
    return target.kind == OutputKind::picture && (target.tensor.empty() || target.tensor == default_tensor);
  }

  // What some target shows: nothing else is computed.
  std::vector<Stage> stages_to_compute(const std::vector<Stage>& emit) {
    std::vector<Stage> wanted;
    const auto want = [&](Stage stage) {
      if (std::count(wanted.begin(), wanted.end(), stage) == 0) wanted.push_back(stage);
    };
    for (const Target& target : outputs_.targets()) {
      if (shows_weights(target)) continue;  // see PooledPictures
      const bool shows_all = target.kind == OutputKind::document || target.kind == OutputKind::text;
      if (!target.tensor.empty()) {
        want(stage_of(target.tensor, "-o"));
      } else if (shows_all) {
        for (const Stage stage : emit) want(stage);
      } else {
        want(stage_of(default_tensor, "-o"));
      }
    }
    for (const std::string& name : expect_.tensors()) want(stage_of(name, "--expect"));
    return wanted;
  }

  // Whether a document by itself gives the same bytes as a line of JSON Lines.
  bool gives_lines(const Environment& environment) {
    const Target& target = outputs_.targets().front();
    return outputs_.targets().size() == 1 && target.sink == &environment.out && !target.on_terminal &&
           target.kind == OutputKind::document && target.format->name.starts_with("json") && target.tensor.empty() &&
           !expect_.given() && !common_.verbose();
  }

  int run_lines(Environment& environment, const ReadOptions& read, const AttentionOptions& options) {
    if (expect_.given()) throw usage_error("--expect", "is of one result: it does not go with JSON Lines");
    outputs_.use_json_for_lines();
    if (outputs_.targets().size() != 1 || outputs_.targets()[0].kind != OutputKind::document ||
        outputs_.targets()[0].format->name.substr(0, 4) != "json")
      throw usage_error("INPUT", "JSON Lines give JSON Lines: on standard output, or in one -o FILE.jsonl");
    Target& target = outputs_.targets()[0];
    const std::vector<std::string> emitted = names_of(options.emit);
    const Format json = *format_of_name("json");
    target.format = &json;
    const auto note = [&](const std::string& text) {
      if (!common_.quiet()) environment.note(text);
    };
    std::vector<std::string> first_notes;  // of the document, if it is the only one
    bool all_good = true, is_first = true;
    const auto begin = [&] {
      if (is_first && checkpoint_.given()) note(checkpoint_.note());
      is_first = false;
    };
    const auto failed = [&](std::size_t line, const std::string& message) {
      begin();
      all_good = false;
      JsonWriter writer(*target.sink);
      writer.begin_object().key("error").begin_object();
      writer.key("line").value(static_cast<std::uint64_t>(line)).key("message").value(message);
      writer.end_object().end_object().finish();
    };
    const bool are_lines = input_.read_lines(
        environment, read,
        [&](Input input) {
          AttentionOptions own = options;
          if (checkpoint_.given()) checkpoint_.apply(input, own);
          init_.draw(input, own, input_);
          Result result = multihead_ ? multihead(input, own) : compute(input, own);
          init_.describe(result);
          checkpoint_.describe(result);
          if (is_first) first_notes = result.notes;
          begin();
          write_result_to(target, result, emitted, {});
        },
        failed);
    if (!are_lines)
      for (const std::string& text : first_notes) note(text);
    outputs_.commit();
    return all_good ? 0 : 1;
  }

  bool multihead_;
  InputFlags input_;
  AttentionFlags attention_;
  CheckpointFlags checkpoint_;
  InitFlags init_;
  MultiheadFlags multihead_flags_;
  DropoutFlags dropout_;
  ReadingFlags reading_;
  OutputFlags outputs_;
  ExpectFlags expect_;
  PictureFlags pictures_;
  CommonFlags common_;
  std::optional<std::string> precision_;
};

}  // namespace

std::unique_ptr<Command> make_compute() { return std::make_unique<AttentionCommand>(false); }
std::unique_ptr<Command> make_multihead() { return std::make_unique<AttentionCommand>(true); }

}  // namespace attn::cli
