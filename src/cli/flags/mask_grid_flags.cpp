// Finds the sizes of a mask's grid, and what a document lays over it.
#include "cli/flags/mask_grid_flags.hpp"

#include <algorithm>
#include <limits>

#include "attention/document/row_structure.hpp"
#include "attn/error.hpp"
#include "attn/read.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/values.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

// More than anyone's scores have, and few enough that positions can be added up.
std::int64_t position(const std::string& text, const char* flag, std::int64_t least) {
  constexpr std::int64_t most = std::int64_t{1} << 48;
  const std::int64_t n = parse_whole(text, flag, least);
  if (n > most) throw usage_error(flag, "must be " + std::to_string(most) + " or less");
  return n;
}

const Tensor* find(const Input& input, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto at = input.tensors.find(name); at != input.tensors.end()) return &at->second.tensor;
  return nullptr;
}

std::int64_t extent(const Tensor& tensor, int axis) { return static_cast<std::int64_t>(tensor.extent(axis)); }

// The sizes that a document's members have, as far as they tell.
struct Sizes {
  std::optional<std::int64_t> queries, keys;
  std::int64_t batch = 1, heads = 1, past = 0;
  bool has_heads = false;
};

void check_rank(const Input& input, const char* name) {
  const Tensor* tensor = find(input, {name});
  if (tensor != nullptr && (tensor->rank() < 2 || tensor->rank() > 4))
    throw data_error(input.tensors.at(name).where,
                     "the shape " + shape_text(tensor->shape()) + " is not of rank 2, 3 or 4");
}

Sizes sizes_of(const Input& input, bool of_new) {
  for (const char* name : {"embeddings", "query", "key", "past_key"}) check_rank(input, name);
  Sizes sizes;
  const Tensor *query = find(input, {"query", "embeddings"}), *key = find(input, {"key", "embeddings"});
  if (const Tensor* past = find(input, {"past_key"}); past != nullptr) sizes.past = extent(*past, -2);
  if (query != nullptr) {
    sizes.queries = extent(*query, -2);
    if (query->rank() > 2) sizes.batch = extent(*query, 0);
    if (query->rank() == 4) sizes.heads = extent(*query, 1);
    sizes.has_heads = query->rank() == 4;
  }
  if (key != nullptr) sizes.keys = extent(*key, -2) + sizes.past;
  if (input.num_heads || !input.projections.empty()) {
    sizes.has_heads = true;
    if (query == nullptr || query->rank() < 4) sizes.heads = input.num_heads.value_or(1);
  }
  // Without operands, labels and the mask itself have these sizes too.
  const Tensor* mask = find(input, {"mask", "bias"});
  const auto set_unless_known = [](std::optional<std::int64_t>& size, std::size_t count) {
    if (!size && count > 0) size = static_cast<std::int64_t>(count);
  };
  set_unless_known(sizes.queries, input.tokens.size());
  set_unless_known(sizes.keys, input.key_tokens.size());
  if (input.segments)
    set_unless_known(sizes.keys, input.segments->size() / std::max<std::size_t>(1, input.segment_rows.value_or(1)));
  if (mask != nullptr && mask->rank() >= 2) {
    set_unless_known(sizes.queries, mask->extent(-2));
    set_unless_known(sizes.keys, mask->extent(-1) + (of_new ? static_cast<std::size_t>(sizes.past) : 0));
  }
  if (!sizes.queries && sizes.keys) sizes.queries = *sizes.keys - sizes.past;
  return sizes;
}

// A bias's −inf as a mask of its shape.
Tensor kept_by(const Tensor& bias) {
  Tensor kept(DType::u8, bias.shape());
  const auto from = bias.values<float>();
  std::transform(from.begin(), from.end(), kept.values<std::uint8_t>().begin(), [](float number) {
    return static_cast<std::uint8_t>(number != -std::numeric_limits<float>::infinity());
  });
  return kept;
}

// The batch that lists of rows are for, where no tensor says it.
std::int64_t batch_of_rows(const Input& input) {
  for (const auto* numbers : {&input.key_lengths, &input.key_starts, &input.prefix_lengths})
    if (*numbers) return static_cast<std::int64_t>((*numbers)->size());
  return static_cast<std::int64_t>(input.segment_rows.value_or(1));
}

}  // namespace

void MaskGridFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Mask");
  group.text("--queries", queries_, "L", "Number of queries (default: the input's)");
  group.text("--keys", keys_, "S", "Number of keys (default: the input's, else L + offset)");
  group.text("--offset", offset_, "N",
             "Position of the first query among the keys (default: the cache's length, else 0)");
  group.text("--text", text_, "TEXT", "Label queries and keys: words separated by spaces");
  group.text("--input", input_, input_of("FILE", read_endings()),
             "Take sizes, tokens, segments, paddings, prefixes, cache, mask and bias of a document");
  rows_.add(group);
  group.text("--mask-of", mask_of_, "all|new",
             "Keys that masks read from files and documents have: all, or those after the cached ones (default: all)");
}

MaskGrid MaskGridFlags::grid(Environment& environment, const ReadOptions& read) const {
  Input input;
  if (input_) {
    const FileBytes file = open_document(environment, input_);
    const Format& format = format_of(file);
    if (format.kind == FormatKind::lines) throw usage_error("--input", "a mask is of one document, not of JSON Lines");
    input = read_input(file, format, read);
  }
  if (text_) input.tokens = words_of(*text_);
  rows_.add_members(input, read);
  const bool of_new = mask_of_ && parse_choice(*mask_of_, "--mask-of", {"all", "new"}) == 1;
  Sizes sizes = sizes_of(input, of_new);
  if (queries_) sizes.queries = position(*queries_, "--queries", 0);
  if (!sizes.queries) throw usage_error("--queries", "is needed: the number of queries");
  if (find(input, {"query", "embeddings"}) == nullptr) sizes.batch = batch_of_rows(input);
  const std::int64_t queries = *sizes.queries;

  MaskGrid grid;
  MaskShape& shape = grid.shape;
  shape.batch = static_cast<std::size_t>(sizes.batch);
  shape.heads = static_cast<std::size_t>(sizes.heads);
  shape.queries = static_cast<std::size_t>(queries);
  shape.rank3_is_batch = !sizes.has_heads;
  shape.offsets = {sizes.past};
  shape.cached_keys = static_cast<std::size_t>(sizes.past);
  shape.masks_are_of_new_keys = of_new;
  if (offset_) {
    shape.offsets = {position(*offset_, "--offset", -(std::int64_t{1} << 48))};
  } else if (input.key_lengths && sizes.past == 0 && !input.key_lengths->empty()) {
    shape.offsets.clear();
    for (const std::int64_t length : *input.key_lengths)
      shape.offsets.push_back(std::max<std::int64_t>(0, length - queries));
  }
  const std::int64_t furthest = *std::max_element(shape.offsets.begin(), shape.offsets.end());
  std::int64_t keys = queries + std::max<std::int64_t>(0, furthest);
  if (keys_) {
    keys = position(*keys_, "--keys", 0);
  } else if (sizes.keys && (!queries_ || find(input, {"key", "embeddings"}) != nullptr)) {
    keys = *sizes.keys;
  }
  shape.keys = static_cast<std::size_t>(keys);
  if (text_ && input.tokens.size() != shape.queries && input.tokens.size() != shape.keys)
    throw usage_error("--text", counted(input.tokens.size(), "token") + " for " +
                                    counted(shape.queries, "query", "queries") + " and " + counted(shape.keys, "key"));

  grid.has_stored_mask = input.tensors.contains("mask");
  if (const auto mask = input.tensors.find("mask"); mask != input.tensors.end())
    grid.own = grid.own & Mask::stored(std::move(mask->second.tensor), mask->second.where);
  if (const auto bias = input.tensors.find("bias"); bias != input.tensors.end())
    grid.own = grid.own & Mask::stored(kept_by(bias->second.tensor), bias->second.where, true);
  lay_rows(shape, grid.own, input);
  grid.key_tokens = input.key_tokens.empty() ? input.tokens : std::move(input.key_tokens);
  grid.tokens = std::move(input.tokens);
  return grid;
}

}  // namespace attn::cli
