// The axes before a matrix, in the places where pictures look for them.
#pragma once

#include <span>

#include "attn/stages.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// The shape of a tensor whose axes before the last two are `leading`, as selections take it: layers, batch items and
/// heads before a matrix, of which one that is missing before another is put in.
Shape shape_for_pictures(std::span<const Axis> leading, const Shape& shape);

}  // namespace attn
