// What is said of the shapes in which people write masks and biases.
#pragma once

#include <cstddef>
#include <string>

#include "attn/tensor.hpp"

namespace attn {

/// The extents of scores that shapes are told apart by.
struct ScoreExtents {
  std::size_t batch = 0, queries = 0, keys = 0;
};

/// For a shape that does not broadcast: "; …" with the shape that does, if the array is keys of each batch item, (B,
/// S), or a matrix of each, (B, L, S), where rank 3 has heads first (`rank3_is_heads`).
std::string advice_of_shape(const Shape& shape, const ScoreExtents& scores, bool rank3_is_heads);

/// For a shape that is (L, S) and (B, S) alike: how it was read. Else nothing. `what`: "the mask of in.json".
std::string note_of_rank2(const Shape& shape, const ScoreExtents& scores, const std::string& what);

}  // namespace attn
