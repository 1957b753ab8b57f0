// attn visualize: weights of any file to pictures.
#include <algorithm>

#include "attn/formats.hpp"
#include "attn/stages.hpp"
#include "cli/commands/command.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/output/pictures.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

class VisualizeCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    flags.positional("INPUT", path_,
                     "Result document or bare tensor as " + format_titles() + "; '-' or nothing is standard input");
    FlagGroup group = flags.group("Input");
    group.text("--tensor", tensor_, "NAME", "Tensor to draw (default: " + std::string(stage_name(shown_stage)) + ")");
    group.text("--tokens", tokens_, "FILE", "Read the labels from FILE: one a line, or a JSON array");
    group.text("--compare", compare_, "FILE", "Draw FILE beside INPUT, on one colour scale");
    group.text("--diff", diff_, "FILE", "Draw INPUT − FILE");
    outputs_.add(flags, false, [](const OutputFormat& format) {
      return format.kind == OutputKind::picture || format.kind == OutputKind::text;
    });
    pictures_.add(flags);
    common_.add(flags, false);
  }

  int run(Environment& environment) override {
    pictures_.style();  // refuses what cannot be, before any work
    if (compare_ && diff_) throw usage_error("--diff", "goes without --compare");
    outputs_.open(environment, {}, OutputKind::text);
    std::vector<std::string> labels;
    if (tokens_) labels = read_labels(FileBytes::open(*tokens_));

    const Stopwatch reading;
    FileBytes file = open_input(environment, path_);
    const auto heatmap_of = [&](const Selection& selection) {
      Heatmap heatmap{panels(file, labels, selection), pictures_.style()};
      if (compare_) add_comparison(heatmap, file, labels, selection);
      if (diff_) subtract(heatmap, labels, selection);
      return heatmap;
    };
    const std::vector<Target>& targets = outputs_.targets();
    Heatmap heatmap, page;
    if (!std::all_of(targets.begin(), targets.end(), is_page)) heatmap = heatmap_of(pictures_.selection());
    if (std::any_of(targets.begin(), targets.end(), is_page)) page = heatmap_of(pictures_.page_selection());
    note_of_pages(environment, targets, pictures_, common_.quiet());
    common_.report(environment, "read " + file.name(), reading);
    const Stopwatch drawing;
    const bool has_picture =
        std::any_of(outputs_.targets().begin(), outputs_.targets().end(),
                    [](const Target& target) { return target.kind == OutputKind::picture && !is_page(target); });
    if (const std::string pooled = has_picture && common_.verbose() ? pooling_text(heatmap) : ""; !pooled.empty())
      environment.note("the picture is pooled: " + pooled);
    for (const Target& target : outputs_.targets()) {
      if (target.kind == OutputKind::picture)
        write_picture(target, is_page(target) ? page : heatmap);
      else
        target.sink->write(
            made_for(target, [&] { return render_for_terminal(heatmap, environment, common_.color(environment)); }));
    }
    outputs_.commit();
    common_.report(environment,
                   "drew " + counted(std::max(heatmap.panels.size(), page.panels.size()), "matrix", "matrices"),
                   drawing);
    return 0;
  }

 private:
  std::vector<Panel> panels(const FileBytes& file, const std::vector<std::string>& labels,
                            const Selection& selection) const {
    const LabelledTensor read =
        read_labelled(file, format_of_input(file), tensor_.value_or(std::string(stage_name(shown_stage))),
                      {.dtype = DType::f32, .max_memory = common_.max_memory()});
    if (tokens_) {
      const std::size_t rows = read.tensor.rank() < 2 ? 0 : read.tensor.extent(-2),
                        columns = rows == 0 ? 0 : read.tensor.extent(-1);
      if (labels.size() != rows && labels.size() != columns)
        throw data_error(*tokens_, "has " + std::to_string(labels.size()) + " labels for " + std::to_string(rows) +
                                       " rows and " + std::to_string(columns) + " columns");
      return panels_of(read.tensor, selection, labels, labels);
    }
    return panels_of(read.tensor, selection, read.row_labels, read.column_labels);
  }

  // The file's name without folders and extension, as a title.
  static std::string title_of(const std::string& path) {
    if (path == standard_input) return "-";
    const std::string name = path.substr(path.find_last_of('/') + 1);
    return name.substr(0, name.find_last_of('.'));
  }

  void add_comparison(Heatmap& heatmap, const FileBytes& file, const std::vector<std::string>& labels,
                      const Selection& selection) const {
    std::vector<Panel> others = panels(FileBytes::open(*compare_), labels, selection);
    const auto name_panels = [](std::vector<Panel>& of, const std::string& name) {
      for (Panel& panel : of) {
        panel.title = panel.title.empty() ? name : name + ", " + panel.title;
        panel.place.document = name;
      }
    };
    name_panels(heatmap.panels, title_of(file.name()));
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

  void subtract(Heatmap& heatmap, const std::vector<std::string>& labels, const Selection& selection) const {
    const std::vector<Panel> others = panels(FileBytes::open(*diff_), labels, selection);
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

  std::optional<std::string> path_, tensor_, tokens_, compare_, diff_;
  OutputFlags outputs_;
  PictureFlags pictures_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_visualize() { return std::make_unique<VisualizeCommand>(); }

}  // namespace attn::cli
