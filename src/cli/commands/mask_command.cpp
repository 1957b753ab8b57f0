// attn mask: a mask expression as a matrix, a picture or statistics.
#include <algorithm>

#include "attn/json_writer.hpp"
#include "attn/mask.hpp"
#include "cli/commands/command.hpp"
#include "cli/flags/attention_flags.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/file_flags.hpp"
#include "cli/flags/mask_grid_flags.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/flags/unused_flags.hpp"
#include "cli/flags/values.hpp"
#include "cli/help.hpp"
#include "cli/output/mask_output.hpp"
#include "cli/output/pictures.hpp"
#include "cli/text_blocks.hpp"
#include "core/held_memory.hpp"
#include "core/number.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t stats_tile = 64;

class MaskCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    flags.positional("EXPR", expression_, "Mask expression, such as 'causal & window:3,0 | padding:9'",
                     ValueType("EXPR", ValueType::Kind::mask, {}));
    grid_.add(flags);
    files_.add(flags);
    FlagGroup group = flags.group("Mask");
    group.text("--as", form_, "int|bool|additive",
               "Give 0 and 1, false and true, or 0 and minus infinity (default: int)");
    group.toggle("--stats", stats_, "Count instead: density, empty rows, full, partial and empty tiles");
    outputs_.add(flags, true, [](const OutputFormat& format) { return format.kind != OutputKind::markdown; });
    pictures_.add(flags);
    common_.add_threads(flags);
    common_.add(flags, false, "Refuse matrices and inputs");
    std::string atoms = "Atoms, joined by & | ! and parentheses (i the query, k the key, p = i + offset):\n";
    for (const MaskAtomHelp& atom : mask_atoms())
      atoms += help_entry("  " + std::string(atom.form), std::string(atom.meaning));
    flags.footer(atoms + "\n");
  }

  int run(Environment& environment) override {
    common_.show_progress(environment);
    pictures_.note_on(environment, common_.quiet());
    if (!expression_ && !grid_.has_input())
      throw usage_error("EXPR", "there is no expression; 'attn mask --help' lists the atoms");
    const MemoryLimit limit(common_.max_memory());
    const HeatmapStyle style = pictures_.style();
    const MaskForm form =
        form_ ? static_cast<MaskForm>(parse_choice(*form_, "--as", {"int", "bool", "additive"})) : MaskForm::ints;
    const ReadOptions read = files_.options(DType::f32, common_.max_memory(), [&](const std::string& note) {
      if (!common_.quiet()) environment.note(note);
    });
    const Mask mask = expression_ ? Mask::parse(*expression_, "EXPR", mask_loader(read)) : Mask();
    const MaskGrid grid = grid_.grid(environment, read);
    const Mask combined = mask & grid.own;
    const BoundMask bound = combined.bind(grid.shape);
    if (!common_.quiet())
      for (const std::string& note : combined.notes(grid.shape)) environment.note(note);
    const std::size_t threads = common_.threads();
    outputs_.open(environment, {"mask"});
    note_of_pages(environment, outputs_.targets(), pictures_, common_.quiet());
    const bool reads_masks = grid.has_stored_mask || mask.has_atom("file");
    note_unused(environment, form,
                has_if(reads_masks && bound.shape().cached_keys != 0, RunHas::mask_on_cache) |
                    has_if(combined.has_atom("prefix"), RunHas::prefix));
    if (common_.verbose())
      environment.note("will " + std::string(stats_ ? "count" : "write") + " a mask of " +
                       std::to_string(bound.shape().queries) + " × " + std::to_string(bound.shape().keys) + " with " +
                       counted(threads, "thread") + "; to " + outputs_.places());
    const Stopwatch watch;
    if (stats_) {
      write_stats(mask.text(), bound, threads);
    } else {
      const MaskOutput output(mask.text(), bound, grid, form, common_.max_memory(), threads);
      // Nothing is half-written on standard output because another target does not fit.
      for (const Target& target : outputs_.targets())
        if (target.kind == OutputKind::document || target.kind == OutputKind::tensor) output.check_size();
      outputs_.write([&](const Target& target) { write(target, output, style, environment); });
    }
    common_.report(environment,
                   (stats_ ? "counted " : "wrote ") + std::to_string(bound.shape().queries) + " × " +
                       std::to_string(bound.shape().keys),
                   watch);
    return 0;
  }

 private:
  // Counts have no picture, and name nothing.
  void note_unused(Environment& environment, MaskForm form, RunHas::Set of_grid) const {
    if (common_.quiet()) return;
    const bool shows_form = form != MaskForm::booleans ||
                            std::any_of(outputs_.targets().begin(), outputs_.targets().end(), [](const Target& target) {
                              return target.kind == OutputKind::document && target.format->is_json;
                            });
    const auto is_colored = [&](const Target& target) { return common_.color(environment, target.on_terminal); };
    RunHas::Set has = stats_ ? 0 : outputs_of(environment, outputs_.targets(), RunHas::drawing, is_colored);
    if (!shows_form) has &= ~RunHas::cells;
    const bool names_rows = std::any_of(outputs_.targets().begin(), outputs_.targets().end(), [](const Target& target) {
      return target.kind != OutputKind::document && (target.format == nullptr || target.format->separator != '\0');
    });
    if (!names_rows) has &= ~RunHas::labels;
    if (environment.was_given("--robust") && (has & (RunHas::picture | RunHas::page | RunHas::drawing)) != 0 &&
        !environment.was_given("--log"))
      environment.note("--robust changes nothing here: the colours of a mask go from 0 to 1");
    note_unused_flags(environment, has | files_.read() | of_grid);
  }

  void write(const Target& target, const MaskOutput& output, const HeatmapStyle& style, Environment& environment) {
    const TerminalStyle terminal =
        terminal_style(environment, target.on_terminal, common_.color(environment, target.on_terminal));
    switch (target.kind) {
      case OutputKind::document:
      case OutputKind::tensor: return output.write(target);
      case OutputKind::picture: {
        const Heatmap heatmap = made_for(target, [&] {
          if (is_page(target)) return whole_picture(output, style, pictures_.page_selection(), environment);
          return picture(output, style, nullptr, environment);
        });
        const std::string pooling = common_.verbose() && !is_page(target) ? pooling_text(heatmap) : "";
        if (!pooling.empty()) environment.note("the picture is pooled: " + pooling);
        return write_picture(target, heatmap);
      }
      case OutputKind::text:
      case OutputKind::markdown:
        return target.sink->write(made_for(
            target, [&] { return render_terminal(picture(output, style, &terminal, environment), terminal); }));
    }
  }

  Heatmap picture(const MaskOutput& output, const HeatmapStyle& style, const TerminalStyle* terminal,
                  Environment& environment) const {
    if (!pictures_.parts().given()) return output.picture(style, pictures_.selection(), terminal);
    return whole_picture(output, style, pictures_.selection(), environment);
  }

  Heatmap whole_picture(const MaskOutput& output, const HeatmapStyle& style, const Selection& selection,
                        Environment& environment) const {
    Heatmap heatmap = output.whole_picture(style, selection);
    // A column of several keys may have more than 1.
    if (pictures_.parts().sums_columns() && !style.vmax) heatmap.style.vmax.reset();
    for (const std::string& note : pictures_.parts().apply(heatmap.panels))
      if (!common_.quiet()) environment.note(note);
    pictures_.parts().set_titles(heatmap.panels);
    return heatmap;
  }

  static std::string stats_text(const std::string& expression, const BoundMask& bound, const MaskStats& stats) {
    return "expression  " + expression + "\n" + "queries     " + std::to_string(bound.shape().queries) + "\n" +
           "keys        " + std::to_string(bound.shape().keys) + "\n" + "attended    " +
           std::to_string(stats.attended) + " (" + fixed(100 * stats.density, 2) + " %)\n" + "empty rows  " +
           std::to_string(stats.empty_rows) + "\n" + "tiles       " + std::to_string(stats.tiles.full) + " full, " +
           std::to_string(stats.tiles.partial) + " partial, " + std::to_string(stats.tiles.empty) + " empty, of " +
           std::to_string(stats.tile_rows) + " × " + std::to_string(stats.tile_columns) + "\n";
  }

  void write_stats(const std::string& expression, const BoundMask& bound, std::size_t threads) {
    const std::size_t queries = bound.shape().queries, keys = bound.shape().keys;
    const auto count = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
    for (const Target& target : outputs_.targets())
      if (target.kind != OutputKind::text && !is_json_document(target.format))
        throw usage_error("--stats", "gives counts, as json or text");
    const Progress progress("counting");
    const MaskStats stats = bound.stats(stats_tile, stats_tile, threads);
    outputs_.write([&](Target& target) {
      if (target.kind == OutputKind::text) {
        target.sink->write(folded(stats_text(expression, bound, stats), target.width, 12));
        return;
      }
      JsonWriter json(*target.sink);
      json.begin_object().key("expression").value(expression);
      json.key("queries").value(count(queries)).key("keys").value(count(keys));
      json.key("stats").begin_object();
      json.key("attended").value(stats.attended).key("density").value(stats.density);
      json.key("empty_rows").value(count(stats.empty_rows)).key("tiles").begin_object();
      json.key("rows").value(count(stats.tile_rows)).key("columns").value(count(stats.tile_columns));
      json.key("full").value(count(stats.tiles.full)).key("partial").value(count(stats.tiles.partial));
      json.key("empty").value(count(stats.tiles.empty));
      json.end_object().end_object().end_object().finish();
    });
  }

  std::optional<std::string> expression_, form_;
  bool stats_ = false;
  FileFlags files_;
  MaskGridFlags grid_;
  OutputFlags outputs_;
  PictureFlags pictures_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_mask() { return std::make_unique<MaskCommand>(); }

}  // namespace attn::cli
