// attn visualize: weights of any file to pictures.
#include <algorithm>
#include <set>

#include "cli/commands/command.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/flags/rollout_flags.hpp"
#include "cli/flags/weight_inputs.hpp"
#include "cli/flags/weight_reading_flags.hpp"
#include "cli/output/pictures.hpp"
#include "cli/output/weight_readings_output.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

class VisualizeCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    inputs_.add(flags);
    FlagGroup group = flags.group("Input");
    group.text("--compare", compare_, "FILE", "Draw FILE beside INPUT, on one colour scale");
    group.text("--diff", diff_, "FILE", "Draw INPUT − FILE");
    outputs_.add(flags, false, [](const OutputFormat& format) {
      return format.kind == OutputKind::picture || format.kind == OutputKind::text;
    });
    readings_.add(flags);
    pictures_.add(flags);
    rollout_.add(flags);
    common_.add(flags, false);
  }

  int run(Environment& environment) override {
    Heatmap heatmap{{}, pictures_.style()};
    if (compare_ && diff_) throw usage_error("--diff", "goes without --compare");
    if (diff_ && pictures_.parts().overlays())
      throw usage_error("--overlay", "goes without --diff: what covers a picture is not negative");
    rollout_.check(pictures_.selection());
    outputs_.open(environment, {}, OutputKind::text);
    readings_.check(outputs_.targets(), pictures_.parts(), !compare_ && !diff_);
    const Stopwatch reading;
    heatmap.panels = panels(inputs_.read(environment, read_options()), environment);
    if (heatmap.style.columns == 0) set_columns(heatmap);
    if (compare_) add_comparison(heatmap, environment);
    if (diff_) subtract(heatmap, environment);
    pictures_.parts().set_titles(heatmap.panels);
    common_.report(environment, "read " + inputs_.name(), reading);
    const Stopwatch drawing;
    const bool has_picture = std::any_of(outputs_.targets().begin(), outputs_.targets().end(),
                                         [](const Target& target) { return target.kind == OutputKind::picture; });
    if (const std::string pooled = has_picture && common_.verbose() ? pooling_text(heatmap) : ""; !pooled.empty())
      environment.note("the picture is pooled: " + pooled);
    for (const Target& target : outputs_.targets()) {
      if (target.kind == OutputKind::picture)
        write_picture(target, heatmap);
      else if (readings_.given())
        target.sink->write(readings_text_);
      else
        target.sink->write(
            made_for(target, [&] { return render_for_terminal(heatmap, environment, common_.color(environment)); }));
    }
    outputs_.commit();
    common_.report(environment, "drew " + counted(heatmap.panels.size(), "matrix", "matrices"), drawing);
    return 0;
  }

 private:
  ReadOptions read_options() const { return {.dtype = DType::f32, .max_memory = common_.max_memory()}; }

  std::vector<Panel> panels(LabelledTensor read, Environment& environment) {
    rollout_.apply(read.tensor, common_.max_memory());
    // Steps after a prompt that is not there: rows are numbered as the keys are.
    if (read.first_row != 0 && read.row_labels.empty())
      read.row_labels = query_labels({}, read.first_row, read.tensor.extent(-2));
    std::vector<Panel> panels = panels_of(read.tensor, pictures_.selection(), read.row_labels, read.column_labels);
    for (Panel& panel : panels) {
      if (rollout_.given()) RolloutFlags::name(panel);
      if (read.masked.size() != 0) panel.masked = read.masked.clone();
    }
    if (readings_.given()) read_weights(panels, read.first_row, environment);
    for (const std::string& note : pictures_.parts().apply(panels))
      if (!common_.quiet()) environment.note(note);
    return panels;
  }

  void read_weights(const std::vector<Panel>& panels, std::size_t first_query, Environment& environment) {
    for (const Panel& panel : panels) {
      Panel merged = panel_with_words(panel);
      if (!readings_text_.empty()) readings_text_ += "\n";
      readings_text_ +=
          readings_text(merged, pictures_.parts().rows_of(merged), {readings_.stats(), readings_.top(), first_query});
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

  std::vector<Panel> panels_of_file(const std::string& path, Environment& environment) {
    return panels(inputs_.read_file(FileBytes::open(path), read_options()), environment);
  }

  // Several heads of several layers stand in a grid with a row a layer.
  static void set_columns(Heatmap& heatmap) {
    std::set<std::optional<std::size_t>> layers;
    for (const Panel& panel : heatmap.panels) layers.insert(panel.place.layer);
    const std::size_t columns = heatmap.panels.size() / layers.size();
    if (layers.size() > 1 && columns > 1 && columns * layers.size() == heatmap.panels.size())
      heatmap.style.columns = columns;
  }

  // The file's name without folders and extension, as a title.
  static std::string title_of(const std::string& path) {
    if (path == standard_input) return "-";
    const std::string name = path.substr(path.find_last_of('/') + 1);
    return name.substr(0, name.find_last_of('.'));
  }

  void add_comparison(Heatmap& heatmap, Environment& environment) {
    std::vector<Panel> others = panels_of_file(*compare_, environment);
    const auto name_panels = [](std::vector<Panel>& of, const std::string& name) {
      for (Panel& panel : of) panel.title = panel.title.empty() ? name : name + ", " + panel.title;
    };
    name_panels(heatmap.panels, title_of(inputs_.name()));
    name_panels(others, title_of(*compare_));
    // A pair stands side by side: two columns, or for single panels one row.
    if (heatmap.panels.size() == others.size()) {
      std::vector<Panel> pairs;
      for (std::size_t i = 0; i < others.size(); ++i) {
        pairs.push_back(std::move(heatmap.panels[i]));
        pairs.push_back(std::move(others[i]));
      }
      heatmap.panels = std::move(pairs);
      heatmap.style.columns = 2;
      return;
    }
    for (Panel& panel : others) heatmap.panels.push_back(std::move(panel));
  }

  void subtract(Heatmap& heatmap, Environment& environment) {
    const std::vector<Panel> others = panels_of_file(*diff_, environment);
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
    }
    // Differences have a middle: a diverging map around 0.
    if (!pictures_.cmap_given()) heatmap.style.colormap = "RdBu_r";
    if (!heatmap.style.vmin) heatmap.style.vmin = -greatest;
    if (!heatmap.style.vmax) heatmap.style.vmax = greatest;
  }

  WeightInputs inputs_;
  std::optional<std::string> compare_, diff_;
  OutputFlags outputs_;
  PictureFlags pictures_;
  WeightReadingFlags readings_;
  std::string readings_text_;  // of --stats and --top
  RolloutFlags rollout_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_visualize() { return std::make_unique<VisualizeCommand>(); }

}  // namespace attn::cli
