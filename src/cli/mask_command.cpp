// attn mask: a mask expression as a matrix, a picture or statistics.
#include <CLI/CLI.hpp>

#include "attn/mask.hpp"
#include "cli/attention_flags.hpp"
#include "cli/command.hpp"
#include "cli/common_flags.hpp"
#include "cli/help.hpp"
#include "cli/outputs.hpp"
#include "cli/picture_flags.hpp"
#include "cli/values.hpp"
#include "core/memory.hpp"
#include "core/number.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t stats_tile = 64;

// How the matrix is written: 0 and 1, false and true, or 0 and −inf.
enum class Form { ints, booleans, additive };

class MaskCommand : public Command {
 public:
  void add_flags(CLI::App& app) override {
    app.add_option("EXPR", expression_, "Mask expression, such as 'causal & window:3,0 | padding:9'")->type_name("");
    const std::string group = "Mask";
    const auto text = [&](const char* flag, std::optional<std::string>& value, const char* type, const char* meaning) {
      app.add_option(flag, value, meaning)->type_name(type)->group(group);
    };
    text("--queries", queries_, "L", "Number of queries");
    text("--keys", keys_, "S", "Number of keys (default: L + offset)");
    text("--offset", offset_, "N", "Position of the first query among the keys (default: 0)");
    text("--as", form_, "int|bool|additive", "Give 0 and 1, false and true, or 0 and minus infinity (default: int)");
    app.add_flag("--stats", stats_, "Count instead: density, empty rows, full, partial and empty tiles")->group(group);
    text("--text", text_, "TEXT", "Label queries and keys: words separated by spaces");
    outputs_.add(app, {OutputKind::document, OutputKind::tensor, OutputKind::picture, OutputKind::text});
    pictures_.add(app);
    common_.add(app, false);
    std::string atoms = "Atoms, joined by & | ! and parentheses (i the query, k the key, p = i + offset):\n";
    for (const MaskAtomHelp& atom : mask_atoms())
      atoms += help_entry("  " + std::string(atom.form), std::string(atom.meaning));
    app.footer(atoms + "\n");
  }

  int run(Environment& environment) override {
    if (!expression_) throw usage_error("EXPR", "there is no expression; 'attn mask --help' lists the atoms");
    const HeatmapStyle style = pictures_.style();
    const Form form = form_ ? static_cast<Form>(parse_choice(*form_, "--as", {"int", "bool", "additive"})) : Form::ints;
    const Mask mask = Mask::parse(*expression_, "EXPR", load_mask_file);
    const BoundMask bound = mask.bind(shape());
    outputs_.open(environment, {"mask"});
    if (stats_) return write_stats(mask, bound);
    const std::size_t queries = bound.shape().queries, keys = bound.shape().keys;
    const std::size_t element = form == Form::additive ? sizeof(float) : 1;
    if (static_cast<double>(queries) * static_cast<double>(keys) * static_cast<double>(element) >
        static_cast<double>(common_.max_memory()))
      throw data_error("--max-memory", "a mask of " + std::to_string(queries) + " × " + std::to_string(keys) +
                                           " passes the limit of " + size_text(common_.max_memory()) +
                                           "; --stats needs no matrix");
    const Stopwatch watch;
    Tensor matrix(DType::u8, {queries, keys});
    bound.fill(0, 0, matrix.values<std::uint8_t>());
    for (Target& target : outputs_.targets()) write(target, mask, matrix, form, style, environment);
    outputs_.commit();
    common_.report(environment, "filled and wrote " + std::to_string(queries) + " × " + std::to_string(keys), watch);
    return 0;
  }

 private:
  MaskShape shape() {
    if (text_) labels_ = words_of(*text_);
    if (!queries_ && !text_) throw usage_error("--queries", "is needed: the number of queries");
    const std::int64_t queries = queries_ ? extent(*queries_, "--queries") : static_cast<std::int64_t>(labels_.size());
    const std::int64_t offset = offset_ ? extent(*offset_, "--offset") : 0;
    const std::int64_t keys = keys_ ? extent(*keys_, "--keys") : queries + offset;
    MaskShape shape;
    shape.queries = static_cast<std::size_t>(queries);
    shape.keys = static_cast<std::size_t>(keys);
    shape.offsets = {offset};
    return shape;
  }

  // More than anyone's scores have, and few enough that positions can be added up.
  static std::int64_t extent(const std::string& text, const char* flag) {
    constexpr std::int64_t most = std::int64_t{1} << 48;
    const std::int64_t n = parse_whole(text, flag, 0);
    if (n > most) throw usage_error(flag, "must be " + std::to_string(most) + " or less");
    return n;
  }

  // 0 where attended, −inf elsewhere: a bias.
  static Tensor additive(const Tensor& matrix) {
    Tensor bias(DType::f32, matrix.shape());
    const auto from = matrix.values<std::uint8_t>();
    const auto to = bias.values<float>();
    for (std::size_t at = 0; at < from.size(); ++at) to[at] = from[at] ? 0.0F : -std::numeric_limits<float>::infinity();
    return bias;
  }

  void write(Target& target, const Mask& mask, const Tensor& matrix, Form form, const HeatmapStyle& style,
             const Environment& environment) {
    switch (target.kind) {
      case OutputKind::document: return write_document(target, mask, matrix, form);
      case OutputKind::tensor: {
        const auto labels = [&](int axis) {
          return labels_.size() == matrix.extent(axis) ? labels_ : std::vector<std::string>{};
        };
        return write_tensor(form == Form::additive ? additive(matrix) : matrix.clone(), labels(0), labels(1),
                            *target.format, *target.sink);
      }
      case OutputKind::picture: return target.sink->write(render_png(picture(matrix, style)));
      case OutputKind::text:
      case OutputKind::markdown:
        return target.sink->write(render_for_terminal(picture(matrix, style), environment, common_.color(environment)));
    }
  }

  Heatmap picture(const Tensor& matrix, HeatmapStyle style) {
    if (!style.vmin && !style.logarithmic) style.vmin = 0;
    if (!style.vmax) style.vmax = 1;
    return {panels_of(matrix.as(DType::f32), pictures_.selection(), labels_, labels_), std::move(style)};
  }

  void write_document(Target& target, const Mask& mask, const Tensor& matrix, Form form) const {
    if (target.format->name != "json") {
      Result result;
      result.tensors.push_back(
          {form == Form::additive ? "bias" : "mask", form == Form::additive ? additive(matrix) : matrix.clone()});
      result.metadata = {{"expression", mask.text()}};
      return write_result(result, *target.format, *target.sink);
    }
    JsonWriter json(*target.sink);
    head(json, mask, matrix.extent(0), matrix.extent(1));
    json.key(form == Form::additive ? "bias" : "mask");
    if (form == Form::additive) {
      json.tensor(additive(matrix));
    } else {
      json.tensor(matrix, form == Form::booleans);
    }
    json.end_object().finish();
  }

  static void head(JsonWriter& json, const Mask& mask, std::size_t queries, std::size_t keys) {
    json.begin_object().key("expression").value(mask.text());
    json.key("queries").value(static_cast<std::uint64_t>(queries)).key("keys").value(static_cast<std::uint64_t>(keys));
  }

  int write_stats(const Mask& mask, const BoundMask& bound) {
    const MaskStats stats = bound.stats(stats_tile, stats_tile);
    const std::size_t queries = bound.shape().queries, keys = bound.shape().keys;
    const auto count = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
    for (Target& target : outputs_.targets()) {
      if (target.kind == OutputKind::text) {
        target.sink->write("expression  " + mask.text() + "\n" + "queries     " + std::to_string(queries) + "\n" +
                           "keys        " + std::to_string(keys) + "\n" + "attended    " +
                           std::to_string(stats.attended) + " (" + fixed(100 * stats.density, 2) + " %)\n" +
                           "empty rows  " + std::to_string(stats.empty_rows) + "\n" + "tiles       " +
                           std::to_string(stats.tiles.full) + " full, " + std::to_string(stats.tiles.partial) +
                           " partial, " + std::to_string(stats.tiles.empty) + " empty, of " +
                           std::to_string(stats.tile_rows) + " × " + std::to_string(stats.tile_columns) + "\n");
        continue;
      }
      if (target.kind != OutputKind::document || target.format->name != "json")
        throw usage_error("--stats", "gives counts, as json or text");
      JsonWriter json(*target.sink);
      head(json, mask, queries, keys);
      json.key("stats").begin_object();
      json.key("attended").value(stats.attended).key("density").value(stats.density);
      json.key("empty_rows").value(count(stats.empty_rows)).key("tiles").begin_object();
      json.key("rows").value(count(stats.tile_rows)).key("columns").value(count(stats.tile_columns));
      json.key("full").value(count(stats.tiles.full)).key("partial").value(count(stats.tiles.partial));
      json.key("empty").value(count(stats.tiles.empty));
      json.end_object().end_object().end_object().finish();
    }
    outputs_.commit();
    return 0;
  }

  std::optional<std::string> expression_, queries_, keys_, offset_, form_, text_;
  bool stats_ = false;
  std::vector<std::string> labels_;
  OutputFlags outputs_;
  PictureFlags pictures_;
  CommonFlags common_;
};

}  // namespace

std::unique_ptr<Command> make_mask() { return std::make_unique<MaskCommand>(); }

}  // namespace attn::cli
