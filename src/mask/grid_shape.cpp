// Checks of a MaskShape.
#include "mask/grid_shape.hpp"

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "mask/node.hpp"

namespace attn::mask_detail {

namespace {

// One number a batch item, or none at all.
void check_numbers(const MaskShape& shape, const char* member, const std::vector<std::int64_t>& numbers,
                   const char* noun, std::int64_t most) {
  if (numbers.empty()) return;
  if (numbers.size() != shape.batch)
    throw data_error(member, counted(numbers.size(), noun) + " for a batch of " + std::to_string(shape.batch) +
                                 "; one for each item is needed");
  for (const std::int64_t number : numbers)
    if (number < 0 || number > most)
      throw data_error(member,
                       std::to_string(number) + " is not from 0 to the number of keys, " + std::to_string(most));
}

}  // namespace

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
  check_numbers(shape, "key_lengths", shape.key_lengths, "length", key_count(shape));
  check_numbers(shape, "key_starts", shape.key_starts, "start", key_count(shape));
  check_numbers(shape, "prefix_lengths", shape.prefix_lengths, "length", key_count(shape));
}

std::string note_of_origin(const MaskShape& shape, const std::string& atom) {
  const auto is_padded = [](std::int64_t start) { return start > 0; };
  if (shape.positions != PositionsFrom::unsaid ||
      std::none_of(shape.key_starts.begin(), shape.key_starts.end(), is_padded))
    return "";
  return atom + " counts from key 0, which is padding in some rows; " + option_name("positions") +
         " from-start counts from each row's first key, and from-zero says that this is meant";
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
