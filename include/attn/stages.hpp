// The tensors that a run can emit: one table says all about each.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attn {

/// The tensors that a run can emit, in the documents' order.
enum class Stage {
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
};

/// One row of the table of stages.
struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view meaning;
  bool multihead_only = false;
  bool matrix = false;  ///< is (…, L, S)
};
std::span<const StageInfo> stages();
/// The stage of a name; throws Error (usage, at `where`) with the nearest name.
Stage stage_of(std::string_view name, const std::string& where);

}  // namespace attn
