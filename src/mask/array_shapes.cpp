// Tells masks of padding and of batch items by their shapes.
#include "mask/array_shapes.hpp"

namespace attn {
namespace {

bool fits(std::size_t extent, std::size_t target) { return extent == target || extent == 1; }

Shape with_batch(const Shape& shape) {
  return shape.size() == 2 ? Shape{shape[0], 1, 1, shape[1]} : Shape{shape[0], 1, shape[1], shape[2]};
}

}  // namespace

std::string advice_of_shape(const Shape& shape, const ScoreExtents& scores, bool rank3_is_heads) {
  if (shape.size() < 2 || shape[0] != scores.batch || scores.batch < 2 || !fits(shape.back(), scores.keys)) return "";
  if (shape.size() == 2) return "; for keys of each batch item it is " + shape_text(with_batch(shape));
  if (shape.size() == 3 && rank3_is_heads && fits(shape[1], scores.queries))
    return "; for a matrix of each batch item it is " + shape_text(with_batch(shape));
  return "";
}

std::string note_of_rank2(const Shape& shape, const ScoreExtents& scores, const std::string& what) {
  if (shape.size() != 2 || scores.batch < 2 || shape[0] != scores.batch || scores.batch != scores.queries ||
      shape[1] != scores.keys)
    return "";
  return what + " has the shape " + shape_text(shape) +
         " and was read as (L, S), one for all batch items; for keys of each batch item it is " +
         shape_text(with_batch(shape));
}

}  // namespace attn
