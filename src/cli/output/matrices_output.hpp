// The numbers of the matrices that pictures are of.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attn/document.hpp"
#include "attn/heatmap.hpp"
#include "attn/selection.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

/// Whether the target takes numbers: a document or a tensor.
bool takes_numbers(const Target& target);

/// Throws Error (usage, at the flag) for a selection of a tensor of this shape that has no place for each of its
/// matrices: one is chosen twice, or layers do not ascend.
void check_numbers(const Selection& selection, const Shape& shape);

/// Matrices as one tensor, (layers, batch, heads, L, S) without the first axes of length one. What was chosen or
/// reduced of each axis is in the metadata.
class Matrices {
 public:
  /// `panels` are all of one shape, by layer, then batch item, then head, as `panels_of` gives them of a selection that
  /// has been checked. `name` is the tensor's. `metadata` is what the caller says of them.
  Matrices(std::span<const Panel> panels, const std::string& name, const Selection& selection,
           const std::vector<std::pair<std::string, MetadataValue>>& metadata);

  /// As a document with labels, the tensor, `mask` where cells are hidden, and metadata; or the tensor alone. Throws
  /// Error (data) where the target has no room for it.
  void write(const Target& target) const;

 private:
  Result result_;
  std::vector<std::vector<std::int64_t>> numbers_;  ///< of the places on the axes before the matrix
};

}  // namespace attn::cli
