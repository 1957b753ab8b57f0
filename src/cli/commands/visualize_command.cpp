// attn visualize: weights of any file to pictures.
#include <algorithm>
#include <map>

#include "cli/commands/command.hpp"
#include "cli/difference.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/file_flags.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/masked_panels.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/flags/rollout_flags.hpp"
#include "cli/flags/unused_flags.hpp"
#include "cli/flags/weight_inputs.hpp"
#include "cli/flags/weight_reading_flags.hpp"
#include "cli/output/matrices_output.hpp"
#include "cli/output/pictures.hpp"
#include "cli/output/weight_readings_output.hpp"
#include "core/held_memory.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

class VisualizeCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    inputs_.add(flags);
    files_.add(flags);
    FlagGroup group = flags.group("Input");
    group.text("--compare", compare_, file_of("FILE", read_endings()), "Draw FILE beside INPUT, on one colour scale");
    group.text("--diff", diff_, file_of("FILE", read_endings()), "Draw INPUT − FILE");
    outputs_.add(
        flags, false, [](const OutputFormat& format) { return format.kind != OutputKind::markdown; }, true);
    readings_.add(flags);
    pictures_.add(flags);
    rollout_.add(flags);
    common_.add(flags, false);
  }

  int run(Environment& environment) override {
    common_.show_progress(environment);
    pictures_.note_on(environment, common_.quiet());
    const MemoryLimit limit(common_.max_memory());
    pictures_.style();  // refuses what cannot be, before any work
    if (compare_ && diff_) throw usage_error("--diff", "goes without --compare");
    if (diff_ && pictures_.parts().overlays())
      throw usage_error("--overlay", "goes without --diff: what covers a picture is not negative");
    rollout_.check(pictures_.selection());
    outputs_.open(environment, {}, OutputKind::text);
    readings_.check(outputs_.targets(), pictures_.parts(), !compare_ && !diff_);
    if (gives_numbers()) check_flags_of_numbers(environment);
    const Stopwatch reading;
    const std::vector<Target>& targets = outputs_.targets();
    LabelledTensor input = read_input(environment);
    if (compare_ || diff_) other_ = inputs_.read_other(other_name(), read_options());
    if (diff_) match_written_types(input.tensor, other_->tensor);
    prepare(input);
    if (other_) prepare(*other_);
    note_missing_mask(input.mask.empty() && other_ ? other_->mask : input.mask);
    Selection chosen = pictures_.selection();
    chosen.layers = input.layers;
    if (gives_numbers()) check_numbers(chosen, input.tensor.shape());
    Heatmap heatmap, page;
    if (std::any_of(targets.begin(), targets.end(), is_page))
      page = heatmap_of(input, pictures_.page_selection(), environment);
    if (!std::all_of(targets.begin(), targets.end(), is_page))
      heatmap = heatmap_of(input, pictures_.selection(), environment);
    std::optional<Matrices> matrices;
    if (gives_numbers()) matrices.emplace(heatmap.panels, inputs_.tensor_of(input), chosen, metadata_of(input));
    note_of_pages(environment, targets, pictures_, common_.quiet());
    if (!common_.quiet()) {
      const auto is_colored = [&](const Target& target) { return common_.color(environment, target.on_terminal); };
      const RunHas::Set text = readings_.given() ? RunHas::readings : RunHas::drawing;
      note_unused_flags(environment, outputs_of(environment, targets, text, is_colored) | files_.read() |
                                         has_if(input.tensor.rank() == 5, RunHas::layers) |
                                         has_if(gives_numbers(), RunHas::numbers) |
                                         has_if(inputs_.have_names(), RunHas::named_tensors));
    }
    common_.report(environment, "read " + inputs_.name(), reading);
    if (common_.verbose()) {
      const auto& panels = heatmap.panels.empty() ? page.panels : heatmap.panels;
      environment.note("will draw " + counted(panels.size(), "matrix", "matrices") + " of " +
                       std::to_string(panels.front().rows()) + " × " + std::to_string(panels.front().columns()) +
                       " from " + shape_text(input.tensor.shape()) + "; to " + outputs_.places());
    }
    const Stopwatch drawing;
    const bool has_picture = std::any_of(targets.begin(), targets.end(), [](const Target& target) {
      return target.kind == OutputKind::picture && !is_page(target);
    });
    if (const std::string pooled = has_picture && common_.verbose() ? pooling_text(heatmap) : ""; !pooled.empty())
      environment.note("the picture is pooled: " + pooled);
    outputs_.write([&](const Target& target) {
      if (takes_numbers(target))
        matrices->write(target);
      else if (target.kind == OutputKind::picture)
        write_picture(target, is_page(target) ? page : heatmap);
      else if (readings_.given())
        target.sink->write(readings_text_[target.width]);
      else
        target.sink->write(made_for(target, [&] {
          const bool color = common_.color(environment, target.on_terminal);
          return render_terminal(heatmap, terminal_style(environment, target.on_terminal, color));
        }));
    });
    common_.report(environment,
                   "drew " + counted(std::max(heatmap.panels.size(), page.panels.size()), "matrix", "matrices"),
                   drawing);
    return 0;
  }

 private:
  bool gives_numbers() const {
    return std::any_of(outputs_.targets().begin(), outputs_.targets().end(), takes_numbers);
  }

  // What has no place for each of its numbers.
  void check_flags_of_numbers(const Environment& environment) const {
    if (compare_) throw usage_error("--compare", "draws two inputs: numbers are of one, or of their --diff");
    for (const char* flag : {"--reshape", "--overlay"})
      if (environment.was_given(flag))
        throw usage_error(flag, "lays out a picture: numbers stay in their rows, in a run without it");
  }

  // What was done to the input besides the choice of its matrices.
  std::vector<std::pair<std::string, MetadataValue>> metadata_of(const LabelledTensor& input) const {
    std::vector<std::pair<std::string, MetadataValue>> metadata;
    if (diff_) metadata.emplace_back("subtracted", *diff_);
    if (rollout_.given()) metadata.emplace_back("rollout", rollout_.fusion());
    if (!input.mask.empty() && !rollout_.given()) metadata.emplace_back("mask", input.mask);
    return metadata;
  }

  LabelledTensor read_input(Environment& environment) {
    const Progress progress("reading " + inputs_.name());
    return inputs_.read(environment, read_options());
  }

  ReadOptions read_options() const {
    ReadOptions options =
        files_.options(DType::f32, common_.max_memory(), [this](const std::string& note) { pictures_.note(note); });
    options.keeps_wide = true;
    return options;
  }

  // Of a tensor's first axis, how many some target or the scale has need of.
  std::size_t layers_shown(const LabelledTensor& read) {
    const std::size_t count = read.tensor.rank() == 5 ? read.tensor.extent(0) : 0;
    if (count == 0 || pictures_.scale_per_all()) return count;
    std::size_t shown = 0;
    for (const Target& target : outputs_.targets()) {
      Selection selection = is_page(target) ? pictures_.page_selection() : pictures_.selection();
      selection.layers = read.layers;
      shown = std::max(shown, RolloutFlags::layers_of(selection, count));
    }
    return shown;
  }

  void prepare(LabelledTensor& read) {
    for (const std::string& note : read.notes) pictures_.note(note);
    if (rollout_.given()) {
      rollout_.apply(read.tensor, layers_shown(read), common_.max_memory());
      note_missing_layers(read.layers);
    }
    // Steps after a prompt that is not there: rows are numbered as the keys are.
    if (read.first_row != 0 && read.row_labels.empty())
      read.row_labels = query_labels({}, read.first_row, read.tensor.extent(-2));
  }

  // Without the mask, what it hid is 0 like any other weight. To differences it is.
  void note_missing_mask(const std::string& mask) const {
    const auto is_drawn = [this](const Target& target) {
      return target.kind == OutputKind::picture || (target.kind == OutputKind::text && !readings_.given());
    };
    if (mask.empty() || rollout_.given() || diff_ ||
        std::none_of(outputs_.targets().begin(), outputs_.targets().end(), is_drawn))
      return;
    pictures_.note("what was masked (" + mask +
                   ") is drawn as 0, as the input lacks the tensor 'mask'; a result of --emit weights,mask has it");
  }

  // A rollout is of all layers from the first on; what a file has may begin later, or leave some out.
  void note_missing_layers(const std::vector<std::int64_t>& layers) const {
    std::int64_t next = 0;
    if (std::all_of(layers.begin(), layers.end(), [&next](std::int64_t layer) { return layer == next++; })) return;
    pictures_.note("--rollout is of the layers that the input has: " +
                   attn::joined(layers, [](std::int64_t layer) { return std::to_string(layer); }));
  }

  Heatmap heatmap_of(const LabelledTensor& input, const Selection& selection, Environment& environment) {
    range_ = {};
    readings_text_.clear();
    Heatmap heatmap{panels_in(inputs_.name(), input, selection, environment), pictures_.style()};
    if (compare_) add_comparison(heatmap, selection, environment);
    if (diff_) subtract(heatmap, selection, environment);
    if (pictures_.scale_per_all()) heatmap.range = range_;
    if (!titles_name_files(heatmap.panels.size())) pictures_.parts().set_titles(heatmap.panels);
    return heatmap;
  }

  // Of two files, a message says in which one what was asked for does not exist.
  std::vector<Panel> panels_in(const std::string& file, const LabelledTensor& read, const Selection& selection,
                               Environment& environment) {
    try {
      return panels(read, selection, environment);
    } catch (const NoSuchPlace& error) {
      if (!other_) throw;
      throw Error(error.kind(), error.where(), error.what() + (", in " + file));
    }
  }

  std::vector<Panel> panels(const LabelledTensor& read, Selection selection, Environment& environment) {
    selection.layers = read.layers;
    if (pictures_.scale_per_all()) range_.include(scale_range(read.tensor, read.hidden, pictures_.style()));
    std::vector<Panel> panels = panels_of(read.tensor, selection, read.row_labels, read.column_labels);
    if (!rollout_.given()) mark_masked(panels, read.hidden, selection);
    for (Panel& panel : panels) {
      if (rollout_.given()) RolloutFlags::name(panel);
      if (read.masked.size() != 0) panel.masked = read.masked.clone();
    }
    if (readings_.given()) read_weights(panels, read.first_row, environment);
    for (const std::string& note : pictures_.parts().apply(panels)) pictures_.note(note);
    return panels;
  }

  void read_weights(const std::vector<Panel>& panels, std::size_t first_query, Environment& environment) {
    for (const Panel& panel : panels) {
      Panel merged = panel_with_words(panel);
      const std::vector<std::size_t> rows = pictures_.parts().rows_of(merged);
      std::map<std::size_t, std::string> texts;
      for (const Target& target : outputs_.targets()) texts[target.width];
      for (auto& [width, text] : texts) {
        text = readings_text(merged, rows, {readings_.stats(), readings_.top(), first_query, width});
        std::string& before = readings_text_[width];
        before += (before.empty() ? "" : "\n") + text;
      }
    }
    const Panel& first = panels.front();
    if (readings_.stats() && first.rows() != first.columns() && first_query == 0 && !common_.quiet())
      environment.note("--stats: distances count from the same place, query 0 from key 0, for " +
                       std::to_string(first.rows()) + " queries and " + std::to_string(first.columns()) + " keys");
  }

  // A copy, as the picture is made of the panel itself.
  Panel panel_with_words(const Panel& panel) const {
    Panel merged;
    merged.values = panel.values.clone();
    merged.title = panel.title;
    merged.row_labels = panel.row_labels;
    merged.column_labels = panel.column_labels;
    pictures_.parts().merge(merged);
    return merged;
  }

  // The file's name without folders and extension, and of FILE:NAME the tensor's name behind it, as a title.
  static std::string title_of(const std::string& path) {
    if (path == standard_input) return "-";
    const auto [file, member] = split_member(path);
    const std::string name = file.substr(file.find_last_of('/') + 1);
    return name.substr(0, name.find_last_of('.')) + (member.empty() ? "" : ":" + member);
  }

  // Two titles for a comparison of several matrices each are of the files.
  bool titles_name_files(std::size_t panels) const {
    return compare_ && panels != 2 && pictures_.parts().titles().size() == 2;
  }

  const std::string& other_name() const { return compare_ ? *compare_ : *diff_; }

  void add_comparison(Heatmap& heatmap, const Selection& selection, Environment& environment) {
    std::vector<Panel> others = panels_in(*compare_, *other_, selection, environment);
    const auto name_panels = [](std::vector<Panel>& of, const std::string& name) {
      for (Panel& panel : of) {
        panel.title = panel.title.empty() ? name : name + ", " + panel.title;
        panel.place.document = name;
      }
    };
    const std::vector<std::string> titles = pictures_.parts().titles();
    const bool have_titles = titles_name_files(heatmap.panels.size() + others.size());
    name_panels(heatmap.panels, have_titles ? titles[0] : title_of(inputs_.name()));
    name_panels(others, have_titles ? titles[1] : title_of(*compare_));
    // A pair stands side by side: two columns, or for single panels one row.
    if (heatmap.panels.size() == others.size()) {
      std::vector<Panel> pairs;
      for (std::size_t i = 0; i < others.size(); ++i) {
        pairs.push_back(std::move(heatmap.panels[i]));
        pairs.push_back(std::move(others[i]));
      }
      heatmap.panels = std::move(pairs);
      if (heatmap.style.columns == 0) heatmap.style.columns = 2;
      return;
    }
    for (Panel& panel : others) heatmap.panels.push_back(std::move(panel));
  }

  void subtract(Heatmap& heatmap, const Selection& selection, Environment& environment) {
    const std::vector<Panel> others = panels_in(*diff_, *other_, selection, environment);
    if (others.size() != heatmap.panels.size())
      throw data_error(*diff_, "has " + std::to_string(others.size()) + " matrices to draw, the input " +
                                   std::to_string(heatmap.panels.size()));
    double greatest = 0;
    for (std::size_t i = 0; i < others.size(); ++i) {
      Tensor& from = heatmap.panels[i].values;
      if (from.shape() != others[i].values.shape())
        throw data_error(*diff_, "has a matrix of shape " + shape_text(others[i].values.shape()) + ", the input " +
                                     shape_text(from.shape()));
      if (from.size() != 0) greatest = std::max(greatest, attn::subtract(from, others[i].values));
      keep_masked_in_both(heatmap.panels[i], others[i]);
      // The greatest of differences would be another number.
      if (std::string& title = heatmap.panels[i].title; !title.empty() && reduces_unevenly(selection))
        title += " − that of " + title_of(*diff_);
    }
    // Differences have a middle: a diverging map around 0.
    if (!pictures_.cmap_given()) heatmap.style.colormap = "RdBu_r";
    if (!heatmap.style.vmin) heatmap.style.vmin = -greatest;
    if (!heatmap.style.vmax) heatmap.style.vmax = greatest;
  }

  // The mean of differences is the difference of means; these are not.
  static bool reduces_unevenly(const Selection& selection) {
    const auto is_uneven = [](const std::string& axis) { return is_reduction(axis) && axis != "mean"; };
    return is_uneven(selection.head) || is_uneven(selection.batch) || is_uneven(selection.layer);
  }

  // What one of them masks and the other one does not is a difference.
  void keep_masked_in_both(Panel& panel, const Panel& other) const {
    if (other_->masked.size() != 0) return;  // what a file of steps has no cell for
    if (other.masked.size() == 0) panel.masked = {};
    if (panel.masked.size() == 0) return;
    const std::span<const std::uint8_t> also = other.masked.values<std::uint8_t>();
    const std::span<std::uint8_t> cells = panel.masked.values<std::uint8_t>();
    for (std::size_t k = 0; k < cells.size(); ++k) cells[k] &= also[k];
  }

  ValueRange range_;  // of all that was read, for one scale over it
  WeightInputs inputs_;
  FileFlags files_;
  std::optional<std::string> compare_, diff_;
  std::optional<LabelledTensor> other_;  // of --compare or --diff
  OutputFlags outputs_;
  PictureFlags pictures_;
  WeightReadingFlags readings_;
  std::map<std::size_t, std::string> readings_text_;  // of --stats and --top, by the terminal's width
  RolloutFlags rollout_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_visualize() { return std::make_unique<VisualizeCommand>(); }

}  // namespace attn::cli
