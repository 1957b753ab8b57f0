// Flags of parts, in the order in which they act on a panel.
#include "cli/flags/part_flags.hpp"

#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "attn/image.hpp"
#include "attn/parts.hpp"
#include "attn/words.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/image_file.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

// Patches are square as a rule: another form of grid than of picture may be a mistake.
std::string stretch_note(const Image& image, GridSize grid) {
  const double ratio = static_cast<double>(image.width) * static_cast<double>(grid.rows) /
                       (static_cast<double>(image.height) * static_cast<double>(grid.columns));
  if (ratio > 0.99 && ratio < 1.01) return "";
  return "--overlay: " + std::to_string(image.width) + " × " + std::to_string(image.height) +
         " pixels are stretched onto " + counted(grid.rows, "row") + " and " + counted(grid.columns, "column") +
         " of cells";
}

}  // namespace

void PartFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Parts of pictures");
  group.toggle("--merge-words", merge_words_, "Merge sub-words (##, Ġ, ▁): columns are summed, rows averaged");
  group.text("--rows", rows_, "SELECT", "Rows to draw: N, A:B (half-open), tokens, or a list of these (default: all)");
  group.text("--cols", columns_, "SELECT", "Columns to draw, likewise");
  group.toggle("--renormalize", renormalize_, "Let the rows of what is drawn sum to 1 again");
  group.text("--reshape", reshape_, "HxW",
             "Draw what the rows give each key, on average, as a grid of H rows and W columns");
  group.text("--titles", titles_, "A,B",
             "Titles of the matrices, in order; in visualize, of two files that are compared");
  group.text("--overlay", overlay_, file_of("FILE", image_endings()), "Lay that grid over a picture, a PNG or JPEG");
}

bool PartFlags::given() const {
  return merge_words_ || rows_ || columns_ || renormalize_ || reshape_ || overlay_ || titles_;
}

void PartFlags::check() const {
  if (overlay_ && !reshape_) throw usage_error("--overlay", "goes with --reshape, which says what covers the picture");
  grid();
  titles();
}

std::vector<std::string> PartFlags::titles() const {
  return titles_ ? split_quoted(*titles_, "--titles") : std::vector<std::string>();
}

void PartFlags::set_titles(std::vector<Panel>& panels) const {
  if (!titles_) return;
  const std::vector<std::string> titles = this->titles();
  if (titles.size() != panels.size())
    throw usage_error("--titles", "has " + counted(titles.size(), "title") + ", and there are " +
                                      counted(panels.size(), "matrix", "matrices") + " to draw");
  for (std::size_t p = 0; p < panels.size(); ++p) panels[p].title = titles[p];
}

std::optional<GridSize> PartFlags::grid() const {
  if (!reshape_) return std::nullopt;
  const std::vector<std::string> sides = split(*reshape_, 'x');
  if (sides.size() != 2) throw usage_error("--reshape", "'" + *reshape_ + "' is not a grid such as 14x14");
  const auto side = [](const std::string& text) { return static_cast<std::size_t>(parse_whole(text, "--reshape", 1)); };
  return GridSize{side(sides[0]), side(sides[1])};
}

void PartFlags::set_axis_titles(HeatmapStyle& style) const {
  if (!reshape_) return;
  style.x_label = "Key column";
  style.y_label = "Key row";
}

void PartFlags::merge(Panel& panel) const {
  if (merge_words_) merge_words(panel);
}

std::vector<std::size_t> PartFlags::rows_of(const Panel& panel) const {
  return parse_places(rows_.value_or("all"), panel.rows(), panel.row_labels, "--rows");
}

void PartFlags::choose(Panel& panel) const {
  if (!rows_ && !columns_) return;
  const auto columns = parse_places(columns_.value_or("all"), panel.columns(), panel.column_labels, "--cols");
  keep_places(panel, rows_of(panel), columns);
}

std::vector<std::string> PartFlags::apply(std::vector<Panel>& panels) const {
  std::vector<std::string> notes;
  std::size_t empty = 0;
  for (Panel& panel : panels) {
    merge(panel);
    choose(panel);
    if (renormalize_) empty += renormalize_rows(panel);
    if (const std::optional<GridSize> cells = grid()) reshape_keys(panel, *cells);
  }
  if (empty != 0)
    notes.push_back("--renormalize: " + counted(empty, "row") +
                    (empty == 1 ? " sums to 0 and stays as it is" : " sum to 0 and stay as they are"));
  if (overlay_) {
    const std::shared_ptr<const Image> image = read_image(*overlay_);
    for (Panel& panel : panels) panel.background = image;
    if (const std::string note = stretch_note(*image, *grid()); !note.empty()) notes.push_back(note);
  }
  return notes;
}

}  // namespace attn::cli
