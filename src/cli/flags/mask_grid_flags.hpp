// The grid that attn mask lays an expression over, from flags and a document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/mask.hpp"
#include "attn/read_options.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/row_flags.hpp"

namespace attn::cli {

/// A grid with its labels, and the mask that the input has of its own.
struct MaskGrid {
  MaskShape shape;
  Mask own;                      ///< the document's mask, key lengths, and biases of −inf
  bool has_stored_mask = false;  ///< the document's, among them
  std::vector<std::string> tokens, key_tokens;
};

class MaskGridFlags {
 public:
  void add(FlagSet& flags);
  bool has_input() const { return input_.has_value(); }

  /// Flags come before the document. Where compute would run the document, the grid and `own` are those of its scores.
  /// Throws Error: (usage) without a number of queries, (data) for a document whose parts do not fit each other.
  MaskGrid grid(Environment& environment, const ReadOptions& read) const;

 private:
  std::optional<std::string> queries_, keys_, offset_, text_, input_, mask_of_;
  RowFlags rows_;
};

}  // namespace attn::cli
