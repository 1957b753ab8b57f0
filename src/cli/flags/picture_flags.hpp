// How pictures look, for every command that makes one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "attn/selection.hpp"
#include "attn/terminal.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/part_flags.hpp"

namespace attn::cli {

class PictureFlags {
 public:
  /// `layers`: also --layer, for matrices that may have an axis of layers.
  void add(FlagSet& flags, bool layers = true);

  /// Throws Error (usage) for a value that cannot be; call it before any work.
  HeatmapStyle style() const;
  Selection selection() const;
  /// The same for a page, whose reader chooses: everything, unless the flags say less.
  Selection page_selection() const;
  /// Lets pictures tell what people should know of them, each thing once; call it before `style`.
  void note_on(Environment& environment, bool quiet);
  /// Tells one of them itself.
  void note(const std::string& text) const {
    if (note_) note_(text);
  }
  bool scale_per_all() const { return scale_per_ == "all"; }
  /// What was asked for that a page of matrices has no use for; empty if there is nothing.
  std::string page_note() const;
  /// What is to be done with the panels of the selection.
  const PartFlags& parts() const { return parts_; }
  bool cmap_given() const { return cmap_.has_value(); }

 private:
  Selection selection_or(Selection selection) const;

  std::optional<std::string> cmap_, format_, title_, x_label_, y_label_, colorbar_label_, vmin_, vmax_, size_, dpi_,
      theme_, max_labels_, head_, batch_, layer_, pool_, center_, scale_per_, grid_columns_, page_precision_;
  std::vector<std::string> fonts_;
  std::function<void(const std::string&)> note_;
  PartFlags parts_;
  bool annotate_ = false, robust_ = false, log_ = false;
};

/// Labels of a panel's rows and columns, where there is one for each.
void set_labels(Panel& panel, const std::vector<std::string>& row_labels,
                const std::vector<std::string>& column_labels);

/// The selected matrices of a tensor with their labels; labels that do not fit a matrix are left out.
std::vector<Panel> panels_of(const Tensor& tensor, const Selection& selection,
                             const std::vector<std::string>& row_labels, const std::vector<std::string>& column_labels);

/// How a picture of this heatmap pools: "a pixel is the mean of 64 × 64 cells"; empty if it does not.
std::string pooling_text(const Heatmap& heatmap);

/// What pictures in text have room for, on the run's terminal or in a pipe or a file, with colour or without.
TerminalStyle terminal_style(const Environment& environment, bool on_terminal, bool color);

}  // namespace attn::cli
