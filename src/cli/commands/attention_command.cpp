// attn compute, and attn multihead: the same run with other numbers in it.
#include <algorithm>
#include <set>

#include "attn/attention.hpp"
#include "attn/conventions.hpp"
#include "attn/json_writer.hpp"
#include "cli/commands/command.hpp"
#include "cli/flags/attention_flags.hpp"
#include "cli/flags/checkpoint_flags.hpp"
#include "cli/flags/dropout_flags.hpp"
#include "cli/flags/emitted_outputs.hpp"
#include "cli/flags/expect_flags.hpp"
#include "cli/flags/file_flags.hpp"
#include "cli/flags/init_flags.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/layout_flags.hpp"
#include "cli/flags/model_flags.hpp"
#include "cli/flags/multihead_flags.hpp"
#include "cli/flags/qk_norm_flags.hpp"
#include "cli/flags/reading_flags.hpp"
#include "cli/flags/shared_flags.hpp"
#include "cli/flags/text_flags.hpp"
#include "cli/flags/unused_flags.hpp"
#include "cli/flags/values.hpp"
#include "cli/output/line_notes.hpp"
#include "cli/output/pictures.hpp"
#include "cli/output/pooled_pictures.hpp"
#include "cli/output/result_output.hpp"
#include "cli/output/shared_output.hpp"
#include "cli/output/token_list.hpp"
#include "cli/steps/steps.hpp"
#include "core/held_memory.hpp"
#include "core/progress.hpp"

namespace attn::cli {
namespace {

constexpr int not_met = 3;  // the exit code of --expect

// With --verbose: a note of each kind of run before it is done, as a model has of its layers.
class PlanNotes {
 public:
  PlanNotes(Environment& environment, bool verbose, const std::string& places) {
    if (!verbose) return;
    constexpr std::size_t most = 8;
    hear_plans([&environment, places, told = std::set<std::string>()](const std::string& plan) mutable {
      if (told.size() < most && told.insert(plan).second) environment.note("will compute " + plan + "; to " + places);
    });
  }
  ~PlanNotes() { hear_plans(nullptr); }
  PlanNotes(const PlanNotes&) = delete;
  PlanNotes& operator=(const PlanNotes&) = delete;
};

class AttentionCommand : public Command {
 public:
  explicit AttentionCommand(bool multihead) : multihead_(multihead) {}

  void add_flags(FlagSet& flags) override {
    input_.add(flags, multihead_ ? InputFlags::Draws::embeddings : InputFlags::Draws::operands);
    files_.add(flags);
    attention_.add(flags, multihead_);
    if (multihead_) {
      text_.add(flags);
      checkpoint_.add(flags);
      model_.add(flags);
      init_.add(flags);
      multihead_flags_.add(flags);
    } else {
      layout_.add(flags);
    }
    qk_norm_.add(flags, multihead_);
    dropout_.add(flags);
    reading_.add(flags);
    outputs_.add(flags, true, [](const OutputFormat& format) { return format.kind != OutputKind::markdown; });
    shared_.add(flags);
    flags.group("Output").text("--precision", precision_, "N", "Decimals of numbers in text (default: 4)");
    expect_.add(flags);
    pictures_.add(flags, !multihead_);  // multihead has layers of checkpoints
    common_.add(flags, true);
  }

  int run(Environment& environment) override {
    common_.show_progress(environment);
    pictures_.note_on(environment, common_.quiet());
    const MemoryLimit limit(common_.max_memory());
    ResultStyle style = result_style();
    if (!common_.quiet()) style.note = [&environment](const std::string& text) { environment.note(text); };
    const ReadOptions read = files_.options(common_.dtype(), common_.max_memory(), style.note);
    checkpoint_.check(environment.given);
    text_.check(text_use(), input_.is_named() ? "INPUT" : reads_image_alone() ? "--image" : input_.source_flag());
    const AttentionOptions asked = options_of_flags(read);
    if (!may_run_model()) model_.check(runs_model(), checkpoint_, asked);
    if (may_run_model()) input_.read_texts([this] { return Tokenizer::is_in(checkpoint_.tokenizer_place()); });
    if (runs_model()) refuse_for_models();
    outputs_.set_nameless(attention_.emitted_alone());
    outputs_.open(environment, tensor_names(), reading_.piped(), shared_.given());
    if (attention_.emit_given()) refuse_several_in_one(outputs_.targets());
    if (shared_.lists_missing()) return list_missing_parts(environment, outputs_.targets());
    shared_.check(asked, expect_, runs_model());
    if (shared_.given() && layout_.given()) throw usage_error("--layout", "does not go with --shared");
    if (input_.drawn().is_random() && layout_.given())
      throw usage_error("--layout", "is of arrays that are read; --random draws (batch, heads, tokens, width)");
    if (checkpoint_.lists()) return list(environment, read, style.note);
    reading_.check(outputs_);
    expect_.read(tensor_names(), attention_.emitted_alone(), common_.arithmetic(), read, input_.path());
    const AttentionOptions options = options_of_run(read, asked);
    if (common_.verbose())
      for (const std::string& note : convention_notes(options)) environment.note(note);
    const PlanNotes plans(environment, common_.verbose(), outputs_.places());
    input_.drawn().set_heads(options.heads.query, options.heads.key_value);
    if (!runs_model() && input_.is_lines(environment, gives_lines(environment)))
      return run_lines(environment, read, options);
    return run_document(environment, {style, read, asked.wanted.emit}, options);
  }

 private:
  // What runs of one document need besides their options.
  struct DocumentRun {
    ResultStyle& style;
    const ReadOptions& read;
    const std::vector<Stage>& shown;  // in documents and text
  };

  // As the flags have it: all that is emitted is asked for.
  AttentionOptions options_of_flags(const ReadOptions& read) {
    AttentionOptions options = attention_.options(common_, read);
    multihead_flags_.set(options, checkpoint_.given());
    qk_norm_.set(options);
    init_.check(input_.drawn());
    dropout_.set(options, input_);
    options.wanted.emit = attention_.emit();
    reading_.apply(options);
    return options;
  }

  // The same for what the targets show and --expect compares, and with the heads of the checkpoint's layer.
  AttentionOptions options_of_run(const ReadOptions& read, const AttentionOptions& asked) {
    AttentionOptions options = asked;
    options.wanted.stats = options.wanted.stats || expect_.wants_stats();
    if (!checkpoint_.given()) return options;
    if (init_.given()) throw usage_error("--init", "draws projections, but --weights gives them");
    // Draws are made for the heads that it has.
    if (input_.drawn().is_random()) options.heads = checkpoint_.load(read, options);
    return options;
  }

  int list(Environment& environment, const ReadOptions& read, const std::function<void(const std::string&)>& note) {
    const Stopwatch watch;
    if (checkpoint_.lists_tokens()) {
      list_tokens(outputs_, checkpoint_.tokenizer_place(), text_.source(environment, input_.text()), note);
    } else {
      checkpoint_.list(outputs_, read, environment.flags);
    }
    common_.report(environment, "listed what is in " + checkpoint_.path(), watch);
    return 0;
  }

  // The flags name a text and a model that reads it.
  bool runs_model() const {
    return checkpoint_.given() && !checkpoint_.lists() && (input_.text() || text_.has_ids() || model_.reads_image()) &&
           input_.has_no_source();
  }

  // A document may be for the model, or for a layer of it.
  bool may_run_model() const {
    return checkpoint_.given() && !checkpoint_.lists() && input_.has_document() && !runs_model();
  }

  bool reads_image_alone() const { return model_.reads_image() && !input_.text() && !text_.has_ids(); }

  TextUse text_use() const {
    if (checkpoint_.lists_tokens() || (runs_model() && !reads_image_alone())) return TextUse::flags;
    if (may_run_model()) return TextUse::documents;
    return checkpoint_.given() ? TextUse::elsewhere : TextUse::none;
  }

  // The tokenizer and the model's own embeddings are in their place.
  void refuse_for_models() const {
    if (const char* const flag = input_.unused_by_models())
      throw usage_error(flag, "is not for whole models, which have tokens and embeddings of their own");
  }

  Input read_document(Environment& environment, const ReadOptions& read) {
    if (!runs_model()) {
      ReadOptions of_document = read;
      of_document.keeps_narrow = !multihead_;  // which projects keys and values
      of_document.holds_results = expect_.holds_input();
      return input_.read(environment, of_document);
    }
    if (model_.reads_image()) {
      if (input_.text() || text_.has_ids())
        throw usage_error("--image", "is read in the place of a text: it does not go with --text or --ids");
      Input image;
      image.source = "--image";
      input_.add_members(image, read);
      return image;
    }
    Input input = model_.documents().of_flags(checkpoint_, text_.source(environment, input_.text()));
    input_.add_members(input, read);
    return input;
  }

  // Gives a document what the tokenizer, the checkpoint and --init have for it. Returns the options of its run.
  AttentionOptions complete(Input& input, const AttentionOptions& options, const ReadOptions& read) {
    layout_.read(input);
    AttentionOptions own = options;
    const bool stacks = (is_for_model(input) || runs_model()) && ModelFlags::stacks(checkpoint_);
    own.wanted.emit = stages_to_compute(options.wanted.emit, stacks);
    const std::vector<Stage> least = stages_to_compute({Stage::output}, stacks);
    // What shows one tensor would show another one then.
    const auto is_nameless = [](const Target& target) { return target.tensor.empty() && holds_one(target); };
    const auto is_matrix = [](Stage stage) { return stage_info(stage).is_matrix(); };
    own.wanted.emit_may_shrink = !reading_.steps() && std::none_of(least.begin(), least.end(), is_matrix) &&
                                 std::none_of(outputs_.targets().begin(), outputs_.targets().end(), is_nameless);
    if (runs_model()) {
      model_.complete(input, checkpoint_, text_, own, read);
      return own;
    }
    if (is_for_model(input) && !checkpoint_.given())
      throw data_error(input.token_ids ? input.token_ids->where : input.text_where,
                       multihead_ ? "is for a whole model: --weights names it"
                                  : "is for a whole model, which attn multihead --weights runs");
    if (is_for_model(input)) refuse_for_models();
    if (multihead_) model_.check(is_for_model(input), checkpoint_, own);
    if (may_run_model()) model_.documents().complete(input, checkpoint_, text_);
    if (is_for_model(input)) {
      model_.complete(input, checkpoint_, text_, own, read);
      return own;
    }
    if (checkpoint_.given()) {
      if (!checkpoint_.is_loaded()) own.heads = checkpoint_.load(read, options);
      own = checkpoint_.apply(input, own);
    }
    init_.draw(input, own, input_.drawn());
    return own;
  }

  Result result_of(const Input& input, const AttentionOptions& options, const ReadOptions& read) {
    const Progress progress("computing");
    if (is_for_model(input) || runs_model()) return model_.run(checkpoint_, input, options, read);
    Result result = multihead_ ? multihead(input, options) : compute(input, options);
    init_.describe(result);
    checkpoint_.describe(result);
    layout_.describe(result);
    return result;
  }

  int run_document(Environment& environment, const DocumentRun& run, const AttentionOptions& options) {
    const Stopwatch reading;
    Input input;
    AttentionOptions own;
    {
      const Progress progress("reading");
      input = read_document(environment, run.read);
      own = complete(input, options, run.read);
    }
    common_.report(environment, "read " + input.source, reading);
    if (shared_.given()) return run_part(environment, run.read, input, std::move(own));
    const bool stacks = input.token_ids && ModelFlags::stacks(checkpoint_);
    const auto is_pooled = [&](const Target& target) { return !stacks && pools(target); };
    PooledPictures pictures(run.style.heatmap, run.style.selection, own.wanted.average,
                            [this] { return model_.layer() ? model_.layer() : checkpoint_.layer_number(); });
    if (std::any_of(outputs_.targets().begin(), outputs_.targets().end(), is_pooled))
      own.wanted.pictures = &pictures.request();
    for (const Target& target : outputs_.targets())
      if (shows_steps(target)) set_table_style(run.style.text.table, target, environment);
    if (reading_.steps()) own = walked(std::move(own), input, run.style);
    const Stopwatch computing;
    Result result = result_of(input, own, run.read);
    report_result(environment, result, own, computing);
    layout_.arrange(result);
    const bool met = expect_.check(environment, result, common_.quiet());
    if (!reading_.stats()) result.stats.clear();  // which were compared
    const Stopwatch writing;
    const bool pooled = pictures.take(result);
    note_of_pages(environment, outputs_.targets(), pictures_, common_.quiet());
    note_unused(environment, has_of(input, own));
    if (pooled && common_.verbose()) environment.note("the picture is pooled: " + pooling_text(pictures.heatmap()));
    outputs_.write([&](Target& target) {
      set_table_style(run.style.text.table, target, environment);
      layout_.arrange(result, target);
      if (shows_steps(target)) {
        target.sink->write(steps_text(input, result, own, run.style));
      } else if (pooled && is_pooled(target)) {
        write_picture(target, pictures.heatmap());
      } else {
        write_result_to(target, result, run.shown, run.style);
      }
    });
    common_.report(environment, "wrote the output", writing);
    return met ? 0 : not_met;
  }

  // One part of files that several runs write.
  int run_part(Environment& environment, const ReadOptions& read, const Input& input, AttentionOptions options) {
    if (is_for_model(input)) SharedFlags::refuse_models();
    SharedOutput shared(outputs_.targets(), *options.wanted.query_part);
    options.wanted.begins = [&](const RunAhead& ahead) {
      return shared.join(ahead, problem_facts(ahead, input, options, attention_.mask_files(read)));
    };
    const Stopwatch computing;
    Result result = result_of(input, options, read);
    if (!result.tensors.empty()) {
      report_result(environment, result, options, computing);
      const Stopwatch writing;
      shared.write(result);
      common_.report(environment, "wrote the rows", writing);
    }
    note_unused(environment, has_of(input, options));
    if (!common_.quiet())
      for (const std::string& note : shared.notes()) environment.note(note);
    return 0;
  }

  // What a document and its run have that flags act on.
  static RunHas::Set has_of(const Input& input, const AttentionOptions& options) {
    const std::vector<Stage>& stages = options.wanted.emit;
    const auto comes_after_dropout = [](Stage stage) {
      return stage == Stage::dropped || stage == Stage::concat || stage == Stage::output;
    };
    const bool has_mask = input.tensors.contains("mask"), is_model = is_for_model(input);
    return has_if(has_mask, RunHas::stored_mask) |
           has_if(input.tensors.contains("past_key") && (has_mask || options.pipeline.mask.has_atom("file")),
                  RunHas::mask_on_cache) |
           has_if(std::count(stages.begin(), stages.end(), Stage::output) != 0, RunHas::output) | RunHas::prefix |
           has_if(is_model, RunHas::labels) |  // its text is its input
           has_if(is_model || std::any_of(stages.begin(), stages.end(), comes_after_dropout), RunHas::dropped);
  }

  void note_unused(Environment& environment, RunHas::Set of_documents) const {
    if (common_.quiet()) return;
    note_unused_flags(
        environment,
        outputs_of(environment, outputs_.targets(), RunHas::tables) | draws_of(environment) | files_.read() |
            of_documents |
            has_if(shows_all(attention_.emit(), outputs_.targets(), expect_.tensors()), RunHas::all_tensors) |
            has_if(multihead_, RunHas::layers) | has_if(environment.was_given("--embed"), RunHas::labels));
  }

  // Fits text to where it goes.
  void set_table_style(TableStyle& style, const Target& target, const Environment& environment) const {
    style.color = common_.color(environment, target.on_terminal);
    style.of_256 = environment.colors != TerminalColors::all;
    style.width = target.width;
  }

  // How long it took, and what a reader should know of it.
  void report_result(Environment& environment, Result& result, const AttentionOptions& options,
                     const Stopwatch& computing) const {
    // On how many threads, the plan has said: small work has fewer than there may be.
    common_.report(environment, "computed with " + std::string(options.execution.kernels->name), computing);
    if (checkpoint_.given()) result.notes.insert(result.notes.begin(), checkpoint_note());
    if (!common_.quiet())
      for (const std::string& note : result.notes) environment.note(note);
  }

  const std::string& checkpoint_note() const { return model_.note().empty() ? checkpoint_.note() : model_.note(); }

  bool shows_steps(const Target& target) const {
    return reading_.steps() && target.kind == OutputKind::text && target.tensor.empty();
  }

  // The options of a run whose steps are to be shown; of a model, those of its first layer are made while it runs.
  AttentionOptions walked(AttentionOptions options, const Input& input, const ResultStyle& style) {
    if (!input.token_ids) return with_steps(std::move(options), input, multihead_);
    model_.watch_first_layer([this, &style](const Input& layer, const AttentionOptions& own, const std::string& line) {
      AttentionOptions kept = own;
      kept.wanted = {.query_range = own.wanted.query_range};
      kept = with_steps(std::move(kept), layer, true);
      layer_steps_ = line + multihead_steps(multihead(layer, kept), layer, kept, steps_style(style));
    });
    return options;
  }

  static StepsStyle steps_style(const ResultStyle& style) { return {style.text.table, style.text.selection.head}; }

  std::string steps_text(const Input& input, const Result& result, const AttentionOptions& options,
                         const ResultStyle& style) const {
    const std::string steps = input.token_ids ? layer_steps_
                              : multihead_    ? multihead_steps(result, input, options, steps_style(style))
                                              : compute_steps(result, options, steps_style(style));
    const std::string statistics = statistics_text(result, style.text);
    return steps + (statistics.empty() ? "" : "\n" + statistics);
  }

  ResultStyle result_style() const {
    ResultStyle style{pictures_.style(),          pictures_.selection(),
                      pictures_.page_selection(), {.selection = pictures_.page_selection()},
                      pictures_.parts(),          {}};
    if (precision_) style.text.table.precision = static_cast<int>(parse_whole(*precision_, "--precision", 0));
    if (style.text.table.precision > 17) throw usage_error("--precision", "must be 17 or less");
    const std::string& heads = style.text.selection.head;
    style.text.leaves_out_merged = heads != "all" && !is_reduction(heads) && !attention_.emit_given();
    common_.check_color();
    return style;
  }

  std::vector<std::string_view> tensor_names() const {
    std::vector<std::string_view> names;
    for (const Stage stage : stages_of(multihead_)) names.push_back(stage_name(stage));
    return names;
  }

  // A picture of the weights that need not all be there; a page needs them.
  bool pools(const Target& target) const {
    return target.kind == OutputKind::picture && !is_page(target) &&
           (target.tensor.empty() || target.tensor == stage_name(shown_stage)) && !pictures_.parts().given();
  }

  // What some target shows: nothing else is computed. Of several layers nothing is pooled: see PooledPictures.
  std::vector<Stage> stages_to_compute(const std::vector<Stage>& emit, bool stacks) const {
    const auto is_pooled = [&](const Target& target) { return !stacks && pools(target); };
    return stages_shown(emit, outputs_.targets(), is_pooled, expect_.tensors());
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
    if (shared_.given()) throw usage_error("--shared", "is of one result: it does not go with JSON Lines");
    outputs_.use_json_for_lines();
    if (outputs_.targets().size() != 1 || outputs_.targets()[0].kind != OutputKind::document ||
        !outputs_.targets()[0].format->is_json)
      throw usage_error("INPUT", input_.is_texts()
                                     ? "a file of texts gives JSON Lines, on standard output or in one -o FILE.jsonl; "
                                       "--text - reads one text and gives every format"
                                     : "JSON Lines give JSON Lines: on standard output, or in one -o FILE.jsonl");
    LineNotes notes([&](const std::string& text) {
      if (!common_.quiet()) environment.note(text);
    });
    bool all_good = true, has_named_checkpoint = !checkpoint_.given();
    RunHas::Set has = 0;  // any of the documents
    const auto begin = [&] {
      if (has_named_checkpoint || checkpoint_note().empty()) return;  // that is opened by the first document for it
      has_named_checkpoint = true;
      notes.add(checkpoint_note());
      if (!checkpoint_.warning().empty()) notes.add("warning: " + checkpoint_.warning());
    };
    outputs_.write([&](Target& target) {
      const auto answer = [&](Input input) {
        const AttentionOptions own = complete(input, options, read);
        has |= has_of(input, own);
        auto result = std::make_shared<Result>(result_of(input, own, read));
        return [&, result, place = input.source, emit = own.wanted.emit] {
          begin();
          notes.add(place, result->notes);
          layout_.arrange(*result, target);
          write_result_to(target, *result, emit, {});
        };
      };
      const auto failed = [&](std::size_t line, const std::string& message) {
        begin();
        all_good = false;
        JsonWriter writer(*target.sink);
        writer.begin_object().key("error").begin_object();
        writer.key("line").value(static_cast<std::uint64_t>(line)).key("message").value(message);
        writer.end_object().end_object().finish();
      };
      notes.end(input_.read_lines(environment, read, answer, failed));
    });
    if (all_good) note_unused(environment, has);
    return all_good ? 0 : 1;
  }

  bool multihead_;
  InputFlags input_;
  FileFlags files_;
  AttentionFlags attention_;
  TextFlags text_;
  CheckpointFlags checkpoint_;
  ModelFlags model_;
  InitFlags init_;
  LayoutFlags layout_;
  MultiheadFlags multihead_flags_;
  QkNormFlags qk_norm_;
  DropoutFlags dropout_;
  ReadingFlags reading_;
  OutputFlags outputs_;
  SharedFlags shared_;
  ExpectFlags expect_;
  PictureFlags pictures_;
  CommonFlags common_;
  std::optional<std::string> precision_;
  std::string layer_steps_;  // of a model's first layer
};

}  // namespace

std::unique_ptr<Command> make_compute() { return std::make_unique<AttentionCommand>(false); }
std::unique_ptr<Command> make_multihead() { return std::make_unique<AttentionCommand>(true); }

}  // namespace attn::cli
