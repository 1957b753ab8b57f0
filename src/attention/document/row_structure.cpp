// Members with one number a batch item, checked against the scores.
#include "attention/document/row_structure.hpp"

#include <string>

#include "attn/error.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

// One whole number for each batch item; `noun` is what it is: "key length".
void check_items(const Input& input, const std::string& member, const std::vector<std::int64_t>& numbers,
                 const std::string& noun, std::size_t batch, std::size_t most) {
  if (numbers.size() != batch)
    throw data_error(input.where(member), counted(numbers.size(), noun) + " for a batch of " + std::to_string(batch));
  for (std::size_t b = 0; b < batch; ++b)
    if (numbers[b] < 0 || numbers[b] > static_cast<std::int64_t>(most))
      throw data_error(input.where(member, b),
                       "the " + noun + " " + std::to_string(numbers[b]) + " is not in 0 … " + std::to_string(most));
}

void check_ends(const Input& input, std::size_t batch, std::size_t keys) {
  if (input.key_lengths) check_items(input, "key_lengths", *input.key_lengths, "key length", batch, keys);
  if (!input.key_starts) return;
  check_items(input, "key_starts", *input.key_starts, "key start", batch, keys);
  if (!input.key_lengths) return;
  for (std::size_t b = 0; b < batch; ++b)
    if ((*input.key_starts)[b] > (*input.key_lengths)[b])
      throw data_error(input.where("key_starts", b), "the key start " + std::to_string((*input.key_starts)[b]) +
                                                         " is past the key length " +
                                                         std::to_string((*input.key_lengths)[b]));
}

void check_segments(const Input& input, const MaskShape& shape) {
  const std::size_t rows = input.segment_rows.value_or(1), ids = input.segments->size();
  if (input.segment_rows && rows != shape.batch && rows != 1)
    throw data_error(input.where("segments"),
                     counted(rows, "row") + " of segment ids for a batch of " + std::to_string(shape.batch));
  if (ids != rows * shape.keys)
    throw data_error(input.where("segments"), std::to_string(rows == 0 ? ids : ids / rows) + " segment ids for " +
                                                  std::to_string(shape.keys) + " keys");
}

}  // namespace

void lay_rows(MaskShape& shape, Mask& mask, const Input& input) {
  check_ends(input, shape.batch, shape.keys);
  shape.positions = input.positions;
  if (input.key_lengths) {
    shape.key_lengths = *input.key_lengths;
    mask = mask & Mask::key_lengths();
  }
  if (input.key_starts) {
    shape.key_starts = *input.key_starts;
    mask = mask & Mask::key_starts();
  }
  if (input.prefix_lengths) {
    check_items(input, "prefix_lengths", *input.prefix_lengths, "prefix length", shape.batch, shape.keys);
    shape.prefix_lengths = *input.prefix_lengths;
  }
  if (input.segments) {
    check_segments(input, shape);
    shape.segments = *input.segments;
  }
}

TokenIds with_starts(const Input& input, const TokenIds& ids) {
  check_ends(input, ids.batch, ids.length);
  TokenIds started = ids;
  if (input.key_starts) started.starts = *input.key_starts;
  started.counts_from_start = input.positions == PositionsFrom::start;
  return started;
}

std::vector<std::int64_t> first_positions(const Input& input) {
  return input.positions == PositionsFrom::start ? input.key_starts.value_or(std::vector<std::int64_t>{})
                                                 : std::vector<std::int64_t>{};
}

}  // namespace attn
