// Flags of parts, in the order in which they act on a panel.
#include "cli/flags/part_flags.hpp"

#include "attn/parts.hpp"

namespace attn::cli {

void PartFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Parts of pictures");
  group.text("--rows", rows_, "SELECT", "Rows to draw: N, A:B (half-open), tokens, or a list of these (default: all)");
  group.text("--cols", columns_, "SELECT", "Columns to draw, likewise");
}

bool PartFlags::given() const { return rows_ || columns_; }

void PartFlags::choose(Panel& panel) const {
  if (!rows_ && !columns_) return;
  const auto rows = parse_places(rows_.value_or("all"), panel.rows(), panel.row_labels, "--rows");
  const auto columns = parse_places(columns_.value_or("all"), panel.columns(), panel.column_labels, "--cols");
  keep_places(panel, rows, columns);
}

std::vector<std::string> PartFlags::apply(std::vector<Panel>& panels) const {
  for (Panel& panel : panels) choose(panel);
  return {};
}

}  // namespace attn::cli
