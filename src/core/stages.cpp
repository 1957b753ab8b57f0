// The TABLE of stages: to add a tensor, add its row here and the code that computes it.
#include "attn/stages.hpp"

#include <algorithm>
#include <array>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

using enum Axis;

constexpr Axis queries[] = {layer, batch, head, query, depth};
constexpr Axis new_keys[] = {layer, batch, kv_head, new_key, depth};
constexpr Axis new_values[] = {layer, batch, kv_head, new_key, value_depth};
constexpr Axis matrix[] = {layer, batch, head, query, key};
constexpr Axis outputs[] = {layer, batch, head, query, value_depth};
constexpr Axis rows[] = {layer, batch, head, query};
constexpr Axis present_keys[] = {layer, batch, kv_head, present_key, depth};
constexpr Axis present_values[] = {layer, batch, kv_head, present_key, value_depth};

constexpr Axis states[] = {layer, batch, query, width};
constexpr Axis last_state[] = {batch, query, width};

constexpr std::array<StageInfo, 16> table{{
    {.stage = Stage::hidden,
     .name = "hidden",
     .meaning = "of a whole model: the state that enters the layer",
     .axes = states,
     .multihead_only = true,
     .model_only = true},
    {.stage = Stage::query,
     .name = "query",
     .meaning = "the queries; in multihead projected and split into heads",
     .axes = queries,
     .head_axis = HeadAxis::unless_unprojected},
    {.stage = Stage::key,
     .name = "key",
     .meaning = "the keys, likewise",
     .axes = new_keys,
     .head_axis = HeadAxis::unless_unprojected},
    {.stage = Stage::value,
     .name = "value",
     .meaning = "the values, likewise",
     .axes = new_values,
     .head_axis = HeadAxis::unless_unprojected},
    {.stage = Stage::scores,
     .name = "scores",
     .meaning = "QKᵀ·scale",
     .axes = matrix,
     .views = {&WantedResults<float>::scores, &WantedResults<double>::scores}},
    {.stage = Stage::capped,
     .name = "capped",
     .meaning = "after the softcap",
     .axes = matrix,
     .views = {&WantedResults<float>::capped, &WantedResults<double>::capped}},
    {.stage = Stage::masked,
     .name = "masked",
     .meaning = "after bias and mask; -inf where masked",
     .axes = matrix,
     .views = {&WantedResults<float>::masked, &WantedResults<double>::masked}},
    {.stage = Stage::mask,
     .name = "mask",
     .meaning = "1 where a query may attend a key, 0 where not",
     .axes = matrix,
     .is_mask = true},
    {.stage = Stage::weights,
     .name = "weights",
     .meaning = "softmax",
     .axes = matrix,
     .head_axis = HeadAxis::unless_averaged,
     .views = {&WantedResults<float>::weights, &WantedResults<double>::weights},
     .by_default = true},
    {.stage = Stage::dropped,
     .name = "dropped",
     .meaning = "the weights after dropout",
     .axes = matrix,
     .head_axis = HeadAxis::unless_averaged,
     .views = {&WantedResults<float>::dropped, &WantedResults<double>::dropped}},
    {.stage = Stage::concat,
     .name = "concat",
     .meaning = "the heads' outputs side by side",
     .axes = outputs,
     .head_axis = HeadAxis::unless_merged,
     .multihead_only = true},
    {.stage = Stage::output,
     .name = "output",
     .meaning = "weights·V; in multihead after the output projection",
     .axes = outputs,
     .head_axis = HeadAxis::unless_merged,
     .views = {&WantedResults<float>::output, &WantedResults<double>::output},
     .by_default = true},
    {.stage = Stage::lse, .name = "lse", .meaning = "log of the sum of exponentials of each row", .axes = rows},
    {.stage = Stage::present_key, .name = "present_key", .meaning = "cached and new keys", .axes = present_keys},
    {.stage = Stage::present_value,
     .name = "present_value",
     .meaning = "cached and new values",
     .axes = present_values},
    {.stage = Stage::hidden_last,
     .name = "hidden_last",
     .meaning = "of a whole model: the state after its last layer and norm",
     .axes = last_state,
     .multihead_only = true,
     .model_only = true},
}};

bool has_head_axis(HeadAxis rule, const RunAxes& run) {
  if (!run.heads) return false;
  switch (rule) {
    case HeadAxis::always: return true;
    case HeadAxis::unless_averaged: return !run.averages;
    case HeadAxis::unless_unprojected: return run.projects || !run.merged;
    case HeadAxis::unless_merged: return !run.merged;
  }
  return true;
}

}  // namespace

std::string_view axis_name(Axis axis) {
  switch (axis) {
    case layer: return "layer";
    case batch: return "batch";
    case head:
    case kv_head: return "head";
    case query: return "query";
    case key:
    case new_key:
    case present_key: return "key";
    case depth:
    case value_depth:
    case width: return "column";
  }
  return "";
}

AxisLabels labels_of(Axis axis) {
  if (axis == query) return AxisLabels::queries;
  return axis == key || axis == new_key || axis == present_key ? AxisLabels::keys : AxisLabels::none;
}

std::vector<Axis> StageInfo::axes_in(const RunAxes& run) const {
  std::vector<Axis> present;
  for (const Axis axis : axes) {
    const bool is_head = axis == head || axis == kv_head;
    const bool is_there = axis == layer   ? run.layers
                          : axis == batch ? run.batch
                                          : !is_head || has_head_axis(head_axis, run);
    if (is_there) present.push_back(axis);
  }
  return present;
}

bool StageInfo::is_matrix() const { return rows() == query && axes.back() == key; }

std::span<const StageInfo> stages() { return table; }

const StageInfo& stage_info(Stage stage) {
  return *std::find_if(table.begin(), table.end(), [stage](const StageInfo& info) { return info.stage == stage; });
}

std::string_view stage_name(Stage stage) { return stage_info(stage).name; }

const StageInfo* find_stage(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [name](const StageInfo& info) { return info.name == name; });
  return found == table.end() ? nullptr : found;
}

Stage stage_of(std::string_view name, const std::string& where) {
  if (const StageInfo* const found = find_stage(name); found != nullptr) return found->stage;
  std::vector<std::string_view> names;
  for (const StageInfo& info : table) names.push_back(info.name);
  const std::string near = did_you_mean(name, names);
  throw usage_error(
      where, "there is no tensor '" + std::string(name) + "'" + (near.empty() ? "; there are " + joined(names) : near));
}

std::vector<Stage> stages_of(bool multihead) {
  std::vector<Stage> list;
  for (const StageInfo& info : table)
    if (multihead || !info.multihead_only) list.push_back(info.stage);
  return list;
}

std::vector<Stage> default_stages() {
  std::vector<Stage> list;
  for (const StageInfo& info : table)
    if (info.by_default) list.push_back(info.stage);
  return list;
}

}  // namespace attn
