// Checks of a MaskShape.
#include "mask/grid_shape.hpp"

#include "attn/error.hpp"
#include "core/text.hpp"
#include "mask/node.hpp"

namespace attn::mask_detail {

void check_shape(const MaskShape& shape) {
  constexpr auto most = static_cast<std::size_t>(largest_number);
  if (shape.queries > most || shape.keys > most)
    throw usage_error("", "a mask of " + std::to_string(shape.queries) + " by " + std::to_string(shape.keys) +
                              " is larger than attn can count");
  if (shape.offsets.size() != 1 && shape.offsets.size() != shape.batch)
    throw data_error("offset", counted(shape.offsets.size(), "offset") + " for a batch of " +
                                   std::to_string(shape.batch) + "; one is needed, or one for each item");
  for (const std::int64_t offset : shape.offsets)
    if (offset < -largest_number || offset > largest_number)
      throw usage_error("offset", std::to_string(offset) + " is larger than attn can count");
  if (shape.key_lengths.empty()) return;
  if (shape.key_lengths.size() != shape.batch)
    throw data_error("key_lengths", counted(shape.key_lengths.size(), "length") + " for a batch of " +
                                        std::to_string(shape.batch) + "; one for each item is needed");
  for (const std::int64_t length : shape.key_lengths)
    if (length < 0 || length > key_count(shape))
      throw data_error("key_lengths",
                       std::to_string(length) + " is not from 0 to the number of keys, " + std::to_string(shape.keys));
}

void check_covered(const MaskShape& shape, const std::string& where, const std::string& structure, std::int64_t covered,
                   bool exactly) {
  const std::int64_t keys = key_count(shape);
  if (covered < keys || (exactly && covered != keys))
    throw usage_error(where, structure + ", but the number of keys is " + std::to_string(shape.keys));
  if (shape.queries == 0 || shape.offsets.empty()) return;
  const std::int64_t last = query_count(shape) - 1 + *std::max_element(shape.offsets.begin(), shape.offsets.end());
  if (last >= covered)
    throw usage_error(where,
                      structure + ", but the last query is at position " + std::to_string(last) + " (counted from 0)");
}

}  // namespace attn::mask_detail
