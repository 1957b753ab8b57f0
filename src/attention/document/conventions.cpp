// The TABLE of presets: to add one, add its row here; man/attn-numerics.7 has their sources.
#include "attn/conventions.hpp"

#include <array>

#include "attention/document/result.hpp"
#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

constexpr std::array<Conventions, 7> presets{{
    {.name = "torch-sdpa", .source = "torch.nn.functional.scaled_dot_product_attention"},
    {.name = "torch-mha",
     .source = "torch.nn.MultiheadAttention",
     .empty_row = EmptyRow::nan,
     .mask_means_drop = true,
     .merged_rank3 = true},
    {.name = "onnx",
     .source = "the ONNX operator Attention",
     .alignment = Alignment::key_lengths,
     .pads_short_masks = true},
    {.name = "flash", .source = "flash-attention", .alignment = Alignment::bottom_right},
    {.name = "hf", .source = "eager attention of Hugging Face's transformers", .empty_row = EmptyRow::uniform},
    {.name = "textbook", .source = "Vaswani et al. (2017)", .empty_row = EmptyRow::nan},
    {.name = "softmax1", .source = "softmax1, \"softmax off by one\" (Miller 2023)", .sink = 0},
}};

std::string alignment_text(Alignment alignment) {
  switch (alignment) {
    case Alignment::upper_left: return option_name("causal") + " is causal: upper left, or after the cached keys";
    case Alignment::key_lengths:
      return option_name("causal") + " is causal, and causal:bottom-right where key lengths are given without a cache";
    case Alignment::bottom_right: return option_name("causal") + " is causal:bottom-right, and ALiBi counts from there";
  }
  return "";
}

std::string mask_text(bool means_drop) {
  const std::string option = " (" + option_name("mask_means");
  return means_drop ? "true in a mask drops the key" + option + " drop)"
                    : "true in a mask may attend" + option + " keep)";
}

}  // namespace

std::span<const Conventions> conventions() { return presets; }

const Conventions& conventions_of(std::string_view name, const std::string& where) {
  std::vector<std::string_view> names;
  for (const Conventions& preset : presets) {
    if (preset.name == name) return preset;
    names.push_back(preset.name);
  }
  throw usage_error(
      where, "there is no preset '" + std::string(name) + "'; there are " + joined(names) + did_you_mean(name, names));
}

void apply_conventions(AttentionOptions& options, const Conventions& like) {
  options.pipeline.like = &like;
  options.pipeline.mask_means_drop = like.mask_means_drop;
  options.pipeline.empty_row = like.empty_row;
  if (like.sink) options.pipeline.sinks = {*like.sink};
}

std::vector<std::string> convention_notes(const AttentionOptions& options) {
  if (options.pipeline.like == nullptr) return {};
  const Conventions& like = *options.pipeline.like;
  std::vector<std::string> notes;
  const auto add = [&](const std::string& text, const std::string& winner = "") {
    notes.push_back("like " + std::string(like.name) + ": " + text + (winner.empty() ? "" : "; " + winner + " wins"));
  };
  add("the conventions of " + std::string(like.source));
  const bool other_mask = options.pipeline.mask_means_drop != like.mask_means_drop;
  add(mask_text(like.mask_means_drop),
      other_mask ? option_name("mask_means") + (options.pipeline.mask_means_drop ? " drop" : " keep") : "");
  add(like.merged_rank3 ? "a mask of rank 3 is (B*H, L, S)"
                        : "a mask of rank 3 is (H, L, S), or (B, L, S) without heads");
  add(like.pads_short_masks ? "keys past the end of a mask are masked" : "a mask with fewer keys is an error");
  add(alignment_text(like.alignment));
  const std::string own_rule = option_name("empty_row") + " " + std::string(empty_row_name(options.pipeline.empty_row));
  add("a query without keys gets " + std::string(empty_row_name(like.empty_row)) + " (" + option_name("empty_row") +
          ")",
      options.pipeline.empty_row != like.empty_row ? own_rule : "");
  const bool has_scale = options.pipeline.scale || !options.pipeline.head_scales.empty();
  add("the scale is 1/sqrt(d), unless the document has one", has_scale ? option_name("scale") : "");
  if (like.sink)
    add("each row's sum has 1 more: a sink of 0 (" + option_name("sink") + " 0)",
        options.pipeline.sinks != std::vector{*like.sink} ? option_name("sink") : "");
  add("the softcap comes before bias, ALiBi and mask");
  return notes;
}

}  // namespace attn
