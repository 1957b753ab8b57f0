// Masks of documents: alignment, stored masks, padding, and what a reader should know of them.
#include "attention/document/document_mask.hpp"

#include <algorithm>
#include <utility>

#include "attention/document/mask_conventions.hpp"
#include "attention/document/row_structure.hpp"
#include "attn/conventions.hpp"
#include "core/option_name.hpp"

namespace attn {

DocumentMask document_mask(const Input& input, const Dims& dims, const AttentionOptions& options) {
  DocumentMask made;
  const Alignment alignment =
      options.pipeline.like != nullptr ? options.pipeline.like->alignment : Alignment::upper_left;
  const bool from_lengths = input.key_lengths && dims.past == 0;
  const bool bottom_right =
      alignment == Alignment::bottom_right || (alignment == Alignment::key_lengths && from_lengths);
  Mask flags = options.pipeline.mask;
  if (options.pipeline.causal)
    flags = (bottom_right ? Mask::parse("causal:bottom-right", option_name("causal")) : Mask::causal()) & flags;
  made.mask = flags;
  MaskShape shape{.batch = dims.batch, .heads = dims.heads, .queries = dims.queries, .keys = dims.keys};
  shape.offsets = {static_cast<std::int64_t>(dims.past)};
  shape.cached_keys = dims.past;
  shape.masks_are_of_new_keys = options.pipeline.mask_of_new;
  shape.rank3_is_batch = !dims.axes.heads;
  if (const SourcedTensor* stored = find_tensor(input, "mask"); stored != nullptr)
    made.mask = made.mask & Mask::stored(kept_keys(*stored, dims, options), stored->where);
  lay_rows(shape, made.mask, input);
  if (from_lengths) {
    shape.offsets.clear();
    for (const std::int64_t length : *input.key_lengths)
      shape.offsets.push_back(std::max<std::int64_t>(0, length - static_cast<std::int64_t>(dims.queries)));
  }
  if (!flags.unrestricted()) made.text = flags.text();
  if (input.segments && !flags.has_atom("segments"))
    made.notes.push_back("the ids of " + input.where("segments") + " mask nothing by themselves; " +
                         option_name("mask") + " segments keeps documents apart");
  if (dims.queries != dims.keys && dims.past == 0 && !input.key_lengths && flags.has_atom("causal"))
    made.notes.push_back("causal: query i attends keys up to i (upper left, as in PyTorch), for " +
                         std::to_string(dims.queries) + " queries and " + std::to_string(dims.keys) +
                         " keys; causal:bottom-right lets the last query attend the last key");
  if (bottom_right)
    for (std::size_t b = 0; b < dims.batch; ++b)
      made.alibi_offsets.push_back(
          (input.key_lengths ? (*input.key_lengths)[b] : static_cast<std::int64_t>(dims.keys)) -
          static_cast<std::int64_t>(dims.queries));
  if (input.prefix_lengths && !flags.has_atom("prefix"))
    made.notes.push_back("the numbers of " + input.where("prefix_lengths") + " mask nothing by themselves; " +
                         option_name("mask") + " 'causal | prefix' is causal with prefixes that all see");
  for (std::string& note : made.mask.notes(shape)) made.notes.push_back(std::move(note));
  made.bound = made.mask.bind(std::move(shape));
  return made;
}

}  // namespace attn
