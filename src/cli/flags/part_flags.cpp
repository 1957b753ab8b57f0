// Flags of parts, in the order in which they act on a panel.
#include "cli/flags/part_flags.hpp"

#include "attn/parts.hpp"
#include "attn/words.hpp"
#include "core/text.hpp"

namespace attn::cli {

void PartFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Parts of pictures");
  group.toggle("--merge-words", merge_words_, "Merge sub-words (##, Ġ, ▁): columns are summed, rows averaged");
  group.text("--rows", rows_, "SELECT", "Rows to draw: N, A:B (half-open), tokens, or a list of these (default: all)");
  group.text("--cols", columns_, "SELECT", "Columns to draw, likewise");
  group.toggle("--renormalize", renormalize_, "Let the rows of what is drawn sum to 1 again");
}

bool PartFlags::given() const { return merge_words_ || rows_ || columns_ || renormalize_; }

void PartFlags::choose(Panel& panel) const {
  if (!rows_ && !columns_) return;
  const auto rows = parse_places(rows_.value_or("all"), panel.rows(), panel.row_labels, "--rows");
  const auto columns = parse_places(columns_.value_or("all"), panel.columns(), panel.column_labels, "--cols");
  keep_places(panel, rows, columns);
}

std::vector<std::string> PartFlags::apply(std::vector<Panel>& panels) const {
  std::vector<std::string> notes;
  std::size_t empty = 0;
  for (Panel& panel : panels) {
    if (merge_words_) merge_words(panel);
    choose(panel);
    if (renormalize_) empty += renormalize_rows(panel);
  }
  if (empty != 0)
    notes.push_back("--renormalize: " + counted(empty, "row") +
                    (empty == 1 ? " sums to 0 and stays as it is" : " sum to 0 and stay as they are"));
  return notes;
}

}  // namespace attn::cli
