// Fused projections: one tensor of queries, keys and values, taken apart.
#pragma once

#include <array>
#include <cstddef>

#include "attn/tensor.hpp"
#include "io/checkpoints/architectures.hpp"

namespace attn::io {

/// The widths of the projections: heads × columns of a head.
struct Widths {
  std::size_t query = 0, key_value = 0;
  std::size_t head = 0;  ///< columns of a head
};

/// Query, key and value of a fused weight (rank 2) or bias (rank 1), as (out, in), with Layout::columns as (in, out).
/// The tensor must have the shape that layout and widths give.
std::array<Tensor, 3> take_apart(Tensor fused, Layout layout, const Widths& widths);

}  // namespace attn::io
