// TABLE of the input document's members.
#include "io/members.hpp"

#include <algorithm>
#include <array>

#include "attn/error.hpp"
#include "core/leading_axes.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::io {
namespace {

constexpr std::array<Member, 30> members{{
    {"tokens", "tokens", MemberKind::texts},
    {"key_tokens", "key_tokens", MemberKind::texts},
    {"embeddings", "embeddings", MemberKind::number},
    {"query", "query", MemberKind::number},
    {"key", "key", MemberKind::number},
    {"value", "value", MemberKind::number},
    {"q", "query", MemberKind::number},
    {"k", "key", MemberKind::number},
    {"v", "value", MemberKind::number},
    {"mask", "mask", MemberKind::mask},
    {"bias", "bias", MemberKind::bias, Stage::scores},
    {"past_key", "past_key", MemberKind::number, Stage::present_key},
    {"past_value", "past_value", MemberKind::number, Stage::present_value},
    {"token_ids", "token_ids", MemberKind::ids},
    {"type_ids", "type_ids", MemberKind::ids},
    {"text", "text", MemberKind::text},
    {"text_pair", "text_pair", MemberKind::text},
    {"key_lengths", "key_lengths", MemberKind::integers},
    {"key_starts", "key_starts", MemberKind::integers},
    {"prefix_lengths", "prefix_lengths", MemberKind::integers},
    {"positions", "positions", MemberKind::positions},
    {"segments", "segments", MemberKind::integer_rows},
    {"projections", "projections", MemberKind::projections},
    {"num_heads", "num_heads", MemberKind::integer},
    {"num_kv_heads", "num_kv_heads", MemberKind::integer},
    {"scale", "scale", MemberKind::scale},
    {"scale_by", "scale_by", MemberKind::exact},
    {"position_ids", "position_ids", MemberKind::exact},
    {"key_position_ids", "key_position_ids", MemberKind::exact},
    {"metadata", "metadata", MemberKind::metadata},
}};

// The stage whose axes the tensor of a document has; null for one that is like no stage.
const StageInfo* stage_like(const std::string& name) {
  if (const StageInfo* const own = find_stage(name); own != nullptr) return own;
  const Member* const member = find_member(name);
  return member != nullptr && member->like ? &stage_info(*member->like) : nullptr;
}

void require_labels(const std::vector<std::string>& labels, std::size_t extent, const std::string& where,
                    const std::string& counted_extent) {
  if (!labels.empty() && labels.size() != extent)
    throw data_error(where, "has " + counted(labels.size(), "label") + " for " + counted_extent);
}

}  // namespace

TensorKind tensor_kind(MemberKind kind) {
  if (kind == MemberKind::mask) return TensorKind::mask;
  return kind == MemberKind::bias ? TensorKind::bias : TensorKind::number;
}

const Member* find_member(std::string_view name) {
  const auto* const found =
      std::find_if(members.begin(), members.end(), [name](const Member& member) { return member.name == name; });
  return found == members.end() ? nullptr : found;
}

bool is_of_result(std::string_view name) {
  return find_member(name) == nullptr &&
         (find_stage(name) != nullptr || name == "stats" || name.starts_with(stats_prefix));
}

void throw_unknown_member(const std::string& where, std::string_view name) {
  if (is_of_result(name)) throw data_error(where, "is of a result, and no input");
  std::vector<std::string_view> names;
  for (const Member& member : members) names.push_back(member.name);
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) {
    hint = "; members are";
    for (const std::string_view known : names) hint.append(known == names.front() ? " " : ", ").append(known);
  }
  throw data_error(where, "unknown member" + hint);
}

std::vector<std::string>& texts_of(Input& input, std::string_view name) {
  return name == "tokens" ? input.tokens : input.key_tokens;
}

std::optional<std::string>& text_of(Input& input, std::string_view name) {
  return name == "text" ? input.text : input.text_pair;
}

std::optional<std::vector<std::int64_t>>& integers_of(Input& input, std::string_view name) {
  if (name == "key_starts") return input.key_starts;
  return name == "prefix_lengths" ? input.prefix_lengths : input.key_lengths;
}

PositionsFrom positions_of(std::string_view text, const std::string& where) {
  if (text == "from-start") return PositionsFrom::start;
  if (text == "from-zero") return PositionsFrom::zero;
  throw data_error(where, "'" + printable(text) + "' is neither 'from-start' nor 'from-zero'");
}

std::optional<std::int64_t>& integer_of(Input& input, std::string_view name) {
  return name == "num_heads" ? input.num_heads : input.num_kv_heads;
}

void label_axes(LabelledTensor& labelled, const std::string& name, const std::vector<std::string>& tokens,
                const std::vector<std::string>& key_tokens, const std::string& place) {
  const std::vector<std::string>& keys = key_tokens.empty() ? tokens : key_tokens;
  const Shape& shape = labelled.tensor.shape();
  if (shape.size() < 2) return;
  const std::size_t rows = shape[shape.size() - 2], columns = shape[shape.size() - 1];
  // Of steps after a prompt that is not there, the rows are the last of the tokens.
  if (labelled.first_row != 0 && key_tokens.empty() && tokens.size() == columns) {
    labelled.column_labels = tokens;
    labelled.row_labels.assign(tokens.begin() + static_cast<std::ptrdiff_t>(labelled.first_row), tokens.end());
    return;
  }
  const StageInfo* const stage = stage_like(name);
  if (stage != nullptr && stage->is_matrix()) {
    require_labels(tokens, rows, place + "#/tokens", counted(rows, "query", "queries"));
    require_labels(keys, columns, place + (key_tokens.empty() ? "#/tokens" : "#/key_tokens"), counted(columns, "key"));
    labelled.row_labels = tokens;
    labelled.column_labels = keys;
    return;
  }
  if (stage != nullptr && !stage->has_columns()) return;
  const bool of_keys = stage != nullptr && labels_of(stage->rows()) == AxisLabels::keys;
  const std::vector<std::string>& labels = of_keys ? keys : tokens;
  if (labels.size() == rows) labelled.row_labels = labels;
}

namespace {

// Batch items or heads of a selection, which are counted from 0 like any others.
void tell_numbers(LabelledTensor& labelled, const char* what, const std::vector<std::int64_t>& numbers,
                  std::size_t from_end) {
  const Shape& shape = labelled.tensor.shape();
  if (numbers.size() < 2 || shape.size() < from_end || shape[shape.size() - from_end] != numbers.size()) return;
  bool counts = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) counts = counts && numbers[i] == static_cast<std::int64_t>(i);
  if (counts) return;
  const std::string list = listed(numbers, [](std::int64_t number) { return std::to_string(number); });
  labelled.notes.push_back("the " + std::string(what) + " are numbered from 0 here: they were taken from numbers " +
                           list);
}

}  // namespace

void place_axes(LabelledTensor& labelled, const std::string& name, const ResultFacts& facts, const std::string& place) {
  labelled.mask = facts.mask;
  tell_numbers(labelled, "heads", facts.of_heads, 3);
  tell_numbers(labelled, "batch items", facts.of_batch, 4);
  const Shape& shape = labelled.tensor.shape();
  const StageInfo* const stage = stage_like(name);
  const bool has_matrices = stage != nullptr && stage->has_columns();
  if (has_matrices && !stage->is_matrix() && !facts.layout.empty())
    throw data_error(place, "'" + name + "' has its tokens before its heads, as the layout in the metadata is " +
                                printable(facts.layout) + "; a CSV file of it has the heads first, and is drawn");
  const bool is_of_layers = has_matrices && stage->axes.front() == Axis::layer;
  const std::vector<std::int64_t>& layers = facts.layers;
  const bool has_layers = shape.size() >= 4 && !layers.empty() && layers.size() == shape.front() &&
                          std::is_sorted(layers.begin(), layers.end()) && (is_of_layers || shape.size() > 4);
  if (has_layers) labelled.layers = layers;
  if (!has_matrices || shape.size() < 2 || shape.size() > 4) return;
  std::vector<Axis> leading;
  if (has_layers) {
    leading = {Axis::layer, Axis::batch};
  } else if (shape.size() == 4) {
    leading = {Axis::batch, Axis::head};
  } else if (shape.size() == 3) {
    // Where there are several batch items, every tensor has an axis of them.
    const bool is_batch = facts.batch > 1 && static_cast<std::uint64_t>(facts.batch) == shape.front();
    leading = {is_batch ? Axis::batch : Axis::head};
  }
  Shape placed = shape_for_pictures(leading, shape);
  if (facts.layer && is_of_layers && !has_layers) {
    while (placed.size() < 4) placed.insert(placed.begin(), 1);
    placed.insert(placed.begin(), 1);
    labelled.layers = {*facts.layer};
  }
  labelled.tensor.reshape(placed);
}

std::string only_matrix(const std::string& place, const std::vector<std::string>& matrices,
                        const std::vector<std::string>& names, const ReadOptions& options) {
  const std::string weights(stage_name(shown_stage));
  const Member* const member = matrices.size() == 1 ? find_member(matrices.front()) : nullptr;
  const bool is_input = member != nullptr && member->kind != MemberKind::mask && member->kind != MemberKind::bias;
  if (matrices.size() != 1 || is_input)
    throw data_error(place, not_among(weights, names) +
                                (matrices.empty() ? "" : "; " + option_name("tensor") + " says which is drawn"));
  if (options.note)
    options.note(place + ": has no '" + weights + "'; '" + printable(matrices.front()) + "' is drawn, its only matrix");
  return matrices.front();
}

std::string labelled_as(const std::string& name) {
  return find_stage(name) == nullptr && find_member(name) == nullptr ? std::string(stage_name(shown_stage)) : name;
}

std::string not_among(std::string_view name, const std::vector<std::string>& names) {
  std::string text = "holds no tensor '" + printable(name) + "'";
  text += did_you_mean(name, {names.begin(), names.end()});
  constexpr std::size_t most = 20;
  text += names.empty() ? "; it holds none" : "; it holds ";
  text += joined(std::span(names).first(std::min(names.size(), most)), printable);
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

}  // namespace attn::io
