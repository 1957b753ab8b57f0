// Conventions: what attention libraries take for granted, each set under the library's name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/attention.hpp"

namespace attn {

/// Where queries stand among the keys, for the causal mask of `AttentionOptions::causal` and for ALiBi. All agree
/// where L and S are equal, and after a cache of all earlier keys.
enum class Alignment {
  upper_left,    ///< after the cached keys; without a cache at max(0, key length − L), or at 0
  key_lengths,   ///< the same, but at key length − L even where that is negative
  bottom_right,  ///< the last query at the last key: key length (or S) − L
};

/// One row of the table of presets.
struct Conventions {
  std::string_view name;    ///< what the option `like` takes
  std::string_view source;  ///< who does so
  Alignment alignment = Alignment::upper_left;
  EmptyRow empty_row = EmptyRow::zero;
  bool mask_means_drop = false;   ///< true in the document's mask drops a key
  bool merged_rank3 = false;      ///< masks and biases of rank 3 are (B·H, L, S), not (H, L, S)
  std::optional<double> sink;     ///< joins the sum of each row's softmax
  bool pads_short_masks = false;  ///< keys past the end of a mask or bias are masked; else that is an error
};

/// Every preset, in the order of the documentation.
std::span<const Conventions> conventions();
/// The preset of a name; throws Error (usage, at `where`) with the nearest name.
const Conventions& conventions_of(std::string_view name, const std::string& where);

/// Sets everything that a preset sets; what is changed afterwards wins over it.
void apply_conventions(AttentionOptions& options, const Conventions& like);

/// Whose conventions the options' preset has, and a line for each: what it is, and which flag wins over it. Nothing
/// without a preset.
std::vector<std::string> convention_notes(const AttentionOptions& options);

}  // namespace attn
