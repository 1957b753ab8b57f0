// A checkpoint's layer, to projections of a document and to AttentionOptions.
#include <algorithm>

#include "attention/document/row_structure.hpp"
#include "attn/error.hpp"
#include "attn/model.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

constexpr double most_length = 4503599627370496;  // 2^52

// The positions of an input's keys: RoPE's schemes hang on them. Of those that it gives, one more than the greatest.
std::size_t length_of(const Input& input) {
  std::size_t length = 0;
  for (const char* const name : {"position_ids", "key_position_ids"})
    if (const auto found = input.numbers.find(name); found != input.numbers.end())
      for (const double position : found->second.tensor.values<double>())
        if (position >= 0 && position < most_length) length = std::max(length, static_cast<std::size_t>(position) + 1);
  if (length != 0) return length;
  for (const char* const name : {"key", "embeddings", "query"}) {
    const auto found = input.tensors.find(name);
    if (found == input.tensors.end() || found->second.tensor.rank() < 2) continue;
    length = found->second.tensor.extent(-2);
    break;
  }
  const auto past = input.tensors.find("past_key");
  if (past != input.tensors.end() && past->second.tensor.rank() >= 2) length += past->second.tensor.extent(-2);
  const std::vector<std::int64_t> starts = first_positions(input);
  if (starts.empty()) return length;
  const auto least =
      static_cast<std::size_t>(std::max<std::int64_t>(0, *std::min_element(starts.begin(), starts.end())));
  return length - std::min(length, least);
}

Mask window_mask(const AttentionLayer& layer) {
  const std::int64_t before = *layer.window - 1, after = layer.window_on_both_sides ? before : -1;
  return Mask::parse("window:" + std::to_string(before) + "," + std::to_string(after), option_name("weights"));
}

// A document may say what the layer has, and nothing else; an option replaces both.
void check_count(const std::optional<std::int64_t>& said, const std::optional<std::int64_t>& there,
                 const std::string& where) {
  if (said && there && *said != *there)
    throw data_error(where, "is " + std::to_string(*said) + ", but the layer has " + std::to_string(*there));
}

}  // namespace

void give_projections(Input& input, const AttentionLayer& layer) {
  input.projections.clear();
  for (const auto& [name, stored] : layer.projections)
    input.projections[name] = {Tensor::view_of(stored.tensor, stored.tensor.shape()), stored.where};
}

AttentionOptions with_conventions(const AttentionLayer& layer, const Input& input, const AttentionOptions& given,
                                  bool lifts_causal) {
  AttentionOptions options = given;
  PipelineOptions& pipeline = options.pipeline;
  if (!options.heads.query) {
    check_count(input.num_heads, layer.heads, input.where("num_heads"));
    options.heads.query = layer.heads;
  }
  if (!options.heads.key_value) {
    check_count(input.num_kv_heads, layer.kv_heads, input.where("num_kv_heads"));
    options.heads.key_value = layer.kv_heads;
  }
  const bool has_scale =
      pipeline.scale || !pipeline.head_scales.empty() || input.scale || input.numbers.contains("scale");
  if (!has_scale) pipeline.scale = layer.scale;
  if (!pipeline.softcap) pipeline.softcap = layer.softcap;
  if (layer.causal && !lifts_causal) pipeline.mask = Mask::causal() & pipeline.mask;
  if (layer.window) pipeline.mask = pipeline.mask & window_mask(layer);
  if (layer.chunk)
    pipeline.mask = pipeline.mask & Mask::parse("block:" + std::to_string(*layer.chunk), option_name("weights"));
  if (layer.has_alibi && !pipeline.alibi) {
    pipeline.alibi = true;
    pipeline.alibi_slopes = layer.alibi_slopes;
  }
  if (pipeline.sinks.empty()) pipeline.sinks = layer.sinks;
  pipeline.relative_bias = layer.relative_bias;
  if (!options.layer.clip) options.layer.clip = layer.clip;
  // The weights of this norm are among the projections. An epsilon of the options replaces the layer's.
  if (layer.has_qk_norm && given.layer.qk_norm && given.layer.qk_norm->euclidean)
    throw usage_error(option_name("norm_qk"), "the layer has a norm of queries and keys of its own");
  if (layer.has_qk_norm) {
    const double epsilon = options.layer.qk_norm ? options.layer.qk_norm->epsilon : layer.epsilon;
    options.layer.qk_norm = layer.qk_norm;
    options.layer.qk_norm->epsilon = epsilon;
  }
  options.layer.temperature = layer.temperature;
  if (layer.has_value_norm) options.layer.value_norm = layer.epsilon;
  if (!options.layer.rope && options.layer.turns && layer.rope && layer.rope->dims != 0)
    options.layer.rope = Rope{.theta = layer.rope->theta,
                              .interleaved = layer.rope->interleaved,
                              .dims = layer.rope->dims,
                              .frequencies = rope_frequencies(*layer.rope, length_of(input)),
                              .magnitude = layer.rope->magnitude,
                              .offset = options.layer.rope_offset,
                              .sections = layer.rope->sections,
                              .layout = layer.rope->layout};
  return options;
}

std::string reach_note(const AttentionLayer& layer, const Input& input, const AttentionOptions& given) {
  if (!layer.rope || layer.rope->dims == 0 || layer.rope->reach <= 0 || given.layer.rope || !given.layer.turns)
    return "";
  const double end = static_cast<double>(length_of(input)) + static_cast<double>(given.layer.rope_offset);
  if (end <= layer.rope->reach) return "";
  return "there are " + shortest(end) + " positions, and the model is made for " + shortest(layer.rope->reach) +
         ": RoPE goes on, by angles that it was not trained for";
}

}  // namespace attn
