// What the mask of a document hides in the pictures of its tensors.
#pragma once

#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"
#include "attn/formats.hpp"
#include "attn/heatmap.hpp"
#include "attn/read_options.hpp"
#include "attn/selection.hpp"

namespace attn::cli {

/// True of the tensors that a mask shows in: scores are shown as they were before it, and `mask` is the mask itself.
bool shows_mask(std::string_view tensor);

/// Sets what is hidden, but not where the rule for empty rows put a number, or NaN.
void set_masked(Panel& panel, Tensor masked);

/// The tensor `mask` of a document as 1 where it hides a cell of a tensor of `shape`; no elements if there is no such
/// tensor, or one that does not broadcast to the shape.
Tensor read_masked(const FileBytes& file, const Format& format, const Shape& shape, const ReadOptions& options);

/// The same of scores that a mask has been laid over, without it: 1 where a score is −inf; no elements if none is.
Tensor minus_infinities(const Tensor& scores);

/// Marks the cells that `masked`, as `read_masked` gives it, hides in the panels of a selection: of a reduction, those
/// that are hidden in all that it reduces.
void mark_masked(std::vector<Panel>& panels, const Tensor& masked, const Selection& selection);

}  // namespace attn::cli
