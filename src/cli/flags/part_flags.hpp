// Which part of its matrices a picture shows: --rows, --cols and what is made of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "attn/picture.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class PartFlags {
 public:
  void add(FlagSet& flags);

  /// Throws Error (usage) for flags that cannot be followed whatever the matrices are.
  void check() const;
  /// Whether pictures need their matrices as a whole: not what is pooled on the way.
  bool given() const;
  /// Whether a cell may be the sum of several.
  bool sums_columns() const { return merge_words_; }
  /// Whether rows are not what they were: some of their weights are gone, or others.
  bool changes_rows() const { return columns_ || renormalize_ || reshape_; }
  /// The first of what `apply` does: sub-words become words.
  void merge(Panel& panel) const;
  /// The rows that are to be left of a merged panel, in order.
  std::vector<std::size_t> rows_of(const Panel& panel) const;
  /// Makes the panels what the flags ask for. Returns notes for the reader. Throws Error (usage) at the flag that
  /// cannot be followed.
  std::vector<std::string> apply(std::vector<Panel>& panels) const;
  /// Gives the panels of a picture the titles of --titles. Throws Error (usage) if there is not one for each.
  /// --titles; empty if there is none.
  std::vector<std::string> titles() const;
  void set_titles(std::vector<Panel>& panels) const;
  /// Axis titles of what is drawn, where no flag has any.
  void set_axis_titles(HeatmapStyle& style) const;
  bool overlays() const { return overlay_.has_value(); }

 private:
  std::optional<GridSize> grid() const;
  void choose(Panel& panel) const;

  std::optional<std::string> rows_, columns_, reshape_, overlay_, titles_;
  bool merge_words_ = false, renormalize_ = false;
};

}  // namespace attn::cli
