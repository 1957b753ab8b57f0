// The tensors that a run can emit: one table says all about each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/wanted.hpp"

namespace attn {

/// The tensors that a run can emit, in the documents' order.
enum class Stage : std::uint8_t {
  hidden,
  query,
  key,
  value,
  scores,
  capped,
  masked,
  mask,
  weights,
  dropped,
  concat,
  output,
  lse,
  present_key,
  present_value,
  hidden_last,
};

/// What an axis counts.
enum class Axis : std::uint8_t {
  layer,        ///< the layers of a model, where a run has several
  batch,        ///< batch items, where documents have them
  head,         ///< query heads, where heads have an axis: see HeadAxis
  kv_head,      ///< key/value heads, likewise
  query,        ///< the queries that are computed
  key,          ///< all keys
  new_key,      ///< all but the cached ones
  present_key,  ///< all but the appended ones
  depth,        ///< the columns of a query or a key
  value_depth,  ///< those of a value
  width,        ///< those of a hidden state
};
/// "layer", "batch", "head" (of both kinds), "query", "key" (of all kinds) or "column".
std::string_view axis_name(Axis axis);

/// Whose labels belong to the places of an axis.
enum class AxisLabels : std::uint8_t { none, queries, keys };
AxisLabels labels_of(Axis axis);

/// When the heads of a tensor have an axis, in runs whose tensors have such axes. Otherwise they lie side by side in
/// the last axis, except in averages.
enum class HeadAxis : std::uint8_t {
  always,
  unless_averaged,     ///< and then there is one matrix for all heads
  unless_unprojected,  ///< compute gives its operands back as the document has them
  unless_merged,       ///< heads that were split off a last axis go back into it
};

/// Which axes the tensors of a run have.
struct RunAxes {
  bool layers = false;    ///< of several layers of a model
  bool batch = false;     ///< documents have a batch axis
  bool heads = false;     ///< there are heads: the documents' own axis, or split off their last one
  bool merged = false;    ///< they were split off the last one
  bool projects = false;  ///< the operands are projections: the run is multihead's
  bool averages = false;  ///< the weights are the mean over the heads
};

/// Where a task keeps the view of a tensor that the engines write, head by head; null where it keeps none.
struct WantedViews {
  HeadsView<float> WantedResults<float>::*f32 = nullptr;
  HeadsView<double> WantedResults<double>::*f64 = nullptr;

  template <class T>
  constexpr auto of() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return f32;
    } else {
      return f64;
    }
  }
};

/// One row of the table of stages.
struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view meaning;
  std::span<const Axis> axes;  ///< all that it may have, in order
  HeadAxis head_axis = HeadAxis::always;
  WantedViews views = {};       ///< none: what the engines do not write, or not by heads
  bool is_mask = false;         ///< of bytes; all others have the run's dtype
  bool multihead_only = false;  ///< compute has no such tensor
  bool model_only = false;      ///< only runs of a whole model have such a tensor
  bool by_default = false;      ///< emitted unless a run is told what to emit

  /// Its axes in a run.
  std::vector<Axis> axes_in(const RunAxes& run) const;
  /// A (…, L, S) matrix, with a score or the like for every query and key: a run can do without.
  bool is_matrix() const;
  /// The axis of its rows: the one before the columns, or the last one if it has no columns.
  Axis rows() const { return axes[axes.size() - (has_columns() ? 2 : 1)]; }
  /// Its last axis is not its rows.
  bool has_columns() const { return axes.back() != Axis::query; }
  /// Has a row for each query that is computed, so that a range of queries cuts it.
  bool has_query_rows() const { return rows() == Axis::query; }
};

/// The TABLE.
std::span<const StageInfo> stages();
const StageInfo& stage_info(Stage stage);
std::string_view stage_name(Stage stage);
/// The row of a name; null if there is none.
const StageInfo* find_stage(std::string_view name);
/// The stage of a name; throws Error (usage, at `where`) with the nearest name.
Stage stage_of(std::string_view name, const std::string& where);
/// Those of compute, or with `multihead` all; those of them that are emitted by default.
std::vector<Stage> stages_of(bool multihead);
std::vector<Stage> default_stages();

/// What pictures and files of one tensor show where none is named, and what a tensor without a name is taken for.
inline constexpr Stage shown_stage = Stage::weights, nameless_stage = Stage::output;

}  // namespace attn
