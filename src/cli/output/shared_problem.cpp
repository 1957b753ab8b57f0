// What tells two problems apart: metadata, and digests of all that metadata only name.
#include <string_view>
#include <type_traits>
#include <variant>

#include "cli/output/shared_output.hpp"
#include "core/digest.hpp"
#include "core/number.hpp"

namespace attn::cli {
namespace {

using Facts = io::Facts;

std::string text_of(std::monostate) { return "none"; }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(double value) { return shortest(value); }
std::string text_of(const std::string& value) { return value; }
std::string text_of(const std::vector<MetadataScalar>& values) {
  std::string text;
  for (const MetadataScalar& value : values)
    text += (text.empty() ? "" : ",") + std::visit([](const auto& held) { return text_of(held); }, value);
  return text;
}

template <class T>
std::string digest_of(const std::vector<T>& numbers) {
  static_assert(std::is_arithmetic_v<T>);
  return digest({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)});
}

std::string digest_of(const Tensor& tensor) {
  return std::string(dtype_name(tensor.dtype())) + " " + shape_text(tensor.shape()) + " " +
         digest({static_cast<const char*>(tensor.data()), tensor.bytes()});
}

// Numbers that the run has beside the document; those of no length say nothing.
template <class T>
void add_numbers(Facts& facts, const char* name, const std::vector<T>& numbers) {
  if (!numbers.empty()) facts.emplace_back(name, digest_of(numbers));
}

void add_input(Facts& facts, const Input& input) {
  for (const auto& [group, tensors] :
       {std::pair{"", &input.tensors}, {"projections ", &input.projections}, {"numbers ", &input.numbers}})
    for (const auto& [name, of] : *tensors) facts.emplace_back(group + name, digest_of(of.tensor));
  for (const auto& [name, list] : {std::pair{"key_lengths", &input.key_lengths},
                                   {"key_starts", &input.key_starts},
                                   {"prefix_lengths", &input.prefix_lengths},
                                   {"segments", &input.segments}})
    if (*list) facts.emplace_back(name, digest_of(**list));
}

void add_layer(Facts& facts, const RunSummary& summary, const LayerOptions& layer) {
  if (const auto& norm = summary.qk_norm; norm) {
    add_numbers(facts, "weight of the queries' norm", norm->query_weight);
    add_numbers(facts, "weight of the keys' norm", norm->key_weight);
    add_numbers(facts, "bias of the queries' norm", norm->query_bias);
    add_numbers(facts, "bias of the keys' norm", norm->key_bias);
    if (norm->own_heads) facts.emplace_back("heads of the norm", "their own");
  }
  if (summary.layer && summary.layer->rope) add_numbers(facts, "rope_frequencies", summary.layer->rope->frequencies);
  if (layer.temperature) facts.emplace_back("temperature_shift", shortest(layer.temperature->shift));
  add_numbers(facts, "masked_heads", layer.masked_heads);
}

}  // namespace

Facts problem_facts(const RunAhead& ahead, const Input& input, const AttentionOptions& options,
                    const std::vector<Tensor>& mask_files) {
  Facts facts;
  for (const auto& [name, value] : ahead.metadata)
    if (name != "query_range")
      facts.emplace_back(name, std::visit([](const auto& held) { return text_of(held); }, value));
  const PipelineOptions& pipeline = options.pipeline;
  if (pipeline.mask_means_drop) facts.emplace_back("mask_means", "drop");
  if (pipeline.mask_of_new) facts.emplace_back("mask_of", "new");
  for (const Tensor& mask : mask_files) facts.emplace_back("mask's file", digest_of(mask));
  add_numbers(facts, "sinks", pipeline.sinks);
  add_numbers(facts, "alibi_slopes", pipeline.alibi_slopes);
  if (const auto& bias = pipeline.relative_bias; bias)
    facts.emplace_back("relative_bias", digest_of(bias->table) + " " + std::to_string(bias->buckets) + " " +
                                            text_of(bias->bidirectional) + " " + std::to_string(bias->max_distance));
  add_layer(facts, ahead.summary, options.layer);
  add_input(facts, input);
  return facts;
}

}  // namespace attn::cli
