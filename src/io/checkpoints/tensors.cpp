// The numbers of a layer: projections under the documents' names, norms, sinks, relative positions.
#include <array>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "io/checkpoints/layer.hpp"
#include "io/checkpoints/layouts.hpp"

namespace attn::io {
namespace {

std::size_t size_of(std::int64_t number) { return static_cast<std::size_t>(number); }

// Norms whose weights are stored less 1.
void add_one(Tensor& weight) {
  if (weight.dtype() == DType::f64) {
    for (double& value : weight.values<double>()) value += 1;
  } else {
    for (float& value : weight.values<float>()) value += 1;
  }
}

}  // namespace

Tensor LayerReader::tensor(const std::string& name) { return files_.read(name, budget_); }

std::vector<double> LayerReader::numbers(const std::string& name, double add) {
  const Tensor wide = tensor(name).as(DType::f64);
  std::vector<double> values(wide.values<double>().begin(), wide.values<double>().end());
  for (double& value : values) value += add;
  return values;
}

void LayerReader::add(const std::string& name, const std::string& stored) {
  if (files_.contains(stored)) layer_.projections[name] = {tensor(stored), files_.where(stored)};
}

// Weights or biases of queries, keys and values.
void LayerReader::read_fused(const std::string& stored, const std::string& suffix) {
  if (!files_.contains(stored)) return;
  const std::size_t columns = size_of(*layer_.head_dim);
  std::array<Tensor, 3> parts = take_apart(
      tensor(stored), row_.layout, {size_of(*layer_.heads) * columns, size_of(*layer_.kv_heads) * columns, columns});
  const bool by_columns = row_.layout == Layout::columns;
  constexpr std::array<std::string_view, 3> letters{"q", "k", "v"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string letter(letters[i]);
    const std::string name = by_columns ? (suffix == ".bias" ? "b_" : "W_") + letter : letter + "_proj" + suffix;
    layer_.projections[name] = {std::move(parts[i]), files_.where(stored)};
  }
}

void LayerReader::read_projections() {
  switch (row_.layout) {
    case Layout::torch:
      for (const std::string& stored : layer_.tensors) add(stored.substr(attention_.size()), stored);
      // (1, 1, E) there.
      for (const char* const appended : {"bias_k", "bias_v"})
        if (const auto found = layer_.projections.find(appended); found != layer_.projections.end())
          found->second.tensor.reshape({found->second.tensor.size()});
      return;
    case Layout::as_document:
      for (const std::string& stored : layer_.tensors) add(stored, stored);
      return;
    case Layout::apart:
      for (const auto& [name, part] : {std::pair{"q_proj", row_.query}, {"k_proj", row_.key}, {"v_proj", row_.value}}) {
        add(name + std::string(".weight"), path(part) + ".weight");
        add(name + std::string(".bias"), bias_of(part));
      }
      break;
    default: read_fused(path(row_.query) + ".weight", ".weight"); read_fused(bias_of(row_.query), ".bias");
  }
  const bool by_columns = row_.layout == Layout::columns;
  add(by_columns ? "W_o" : "out_proj.weight", path(row_.output) + ".weight");
  add(by_columns ? "b_o" : "out_proj.bias", bias_of(row_.output));
}

InputNorm LayerReader::read_norm() {
  if (row_.norm_before(chosen_.number).empty())
    throw usage_error(option_name("norm"),
                      row_.norm.empty()
                          ? "layers of " + std::string(row_.name) + " have no norm before their attention"
                          : "the first layer of " + std::string(row_.name) + " has no norm before its attention");
  if (!layer_.has_norm) need(norm_path() + ".weight", true);
  InputNorm norm;
  norm.kind = row_.norm_kind;
  norm.epsilon = layer_.epsilon;
  norm.weight = numbers(norm_path() + ".weight", row_.norms_add_one ? 1 : 0);
  if (has_norm_bias() && files_.contains(norm_path() + ".bias")) norm.bias = numbers(norm_path() + ".bias");
  if (!norm.bias.empty() && norm.bias.size() != norm.weight.size())
    throw data_error(
        files_.where(norm_path() + ".bias"),
        "has " + std::to_string(norm.bias.size()) + " numbers, the weight " + std::to_string(norm.weight.size()));
  return norm;
}

AttentionLayer LayerReader::read(std::uint64_t max_memory, bool norm) {
  budget_ = MemoryBudget(max_memory);
  read_projections();
  if (layer_.has_qk_norm) {
    for (const char* const name : {"q_norm.weight", "k_norm.weight"}) {
      add(name, path(name));
      if (row_.norms_add_one) add_one(layer_.projections[name].tensor);
    }
  }
  if (layer_.has_sinks) layer_.sinks = numbers(path("sinks"));
  if (layer_.has_relative_bias) {
    const Shape table = shape(bias_table_);
    RelativeBias bias;
    bias.table = numbers(bias_table_);
    bias.buckets = table[0];
    bias.heads = table[1];
    bias.bidirectional = !layer_.causal;
    if (config_ && row_.buckets_by_config)
      bias.max_distance = config_->integer("relative_attention_max_distance").value_or(bias.max_distance);
    // Buckets of one distance each.
    const auto exact = static_cast<std::int64_t>(bias.buckets / (bias.bidirectional ? 4 : 2));
    if (bias.max_distance <= exact)
      throw data_error(config_ ? config_->where("relative_attention_max_distance") : files_.where(bias_table_),
                       "is not more than the " + std::to_string(exact) + " distances that have a bucket each");
    layer_.relative_bias = std::move(bias);
  }
  if (norm) layer_.norm = read_norm();
  return std::move(layer_);
}

}  // namespace attn::io
