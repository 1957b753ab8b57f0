// Positions of a grid of patches, stretched to another grid.
#pragma once

#include "attn/tensor.hpp"

namespace attn::model {

/// A table of positions (rows·columns, d) as one of another grid, by cubic interpolation between the middles of cells,
/// as torch.nn.functional.interpolate has it with align_corners=False: with `smooth` that of antialias=True, whose
/// function has the parameter −0.5 and widens where the grid shrinks; else −0.75.
Tensor stretched_positions(const Tensor& table, std::size_t rows, std::size_t columns, std::size_t new_rows,
                           std::size_t new_columns, bool smooth);

}  // namespace attn::model
