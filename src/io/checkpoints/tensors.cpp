// The numbers of a layer: projections under the documents' names, norms, sinks, relative positions.
#include <array>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "io/checkpoints/config.hpp"
#include "io/checkpoints/layer.hpp"
#include "io/checkpoints/layouts.hpp"

namespace attn::io {
namespace {

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

void LayerReader::add_bias(const std::string& name, std::string_view part) {
  if (biased_.contains(part)) add(name, path(part) + ".bias");
}

// Weights or biases of queries, keys and values.
void LayerReader::read_fused(const std::string& suffix) {
  const std::string stored = path(row_.query) + suffix;
  if (suffix == ".bias" && !biased_.contains(row_.query)) return;
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
    case Layout::latent: read_latent(); break;
    case Layout::apart:
      for (const auto& [name, part] :
           {std::pair{"q_proj", row_.query}, std::pair{"k_proj", row_.key}, std::pair{"v_proj", row_.value}}) {
        add(std::string(name) + ".weight", path(part) + ".weight");
        add_bias(std::string(name) + ".bias", part);
      }
      break;
    default:
      for (const char* suffix : {".weight", ".bias"}) read_fused(suffix);
  }
  const bool by_columns = row_.layout == Layout::columns;
  add(by_columns ? "W_o" : "out_proj.weight", path(row_.output) + ".weight");
  add_bias(by_columns ? "b_o" : "out_proj.bias", row_.output);
}

// As a row of the numbers of one head after the other's, unless it is for each head.
void LayerReader::read_qk_norm(const std::string& name, std::string_view stored, std::size_t heads) {
  const bool is_apart = stored.find('N') != std::string_view::npos;
  std::vector<double> row;
  for (std::size_t head = 0; head < (is_apart ? heads : 1); ++head) {
    const std::vector<double> part = numbers(path(numbered(stored, static_cast<std::int64_t>(head))) + ".weight");
    row.insert(row.end(), part.begin(), part.end());
  }
  Tensor weight = Tensor::of<double>({row.size()}, row).as(layer_.projections.begin()->second.tensor.dtype());
  if (row_.qk_norm.kind == Norm::rms_less_one) add_one(weight);
  layer_.projections[name] = {std::move(weight), files_.where(path(numbered(stored, 0)) + ".weight")};
}

InputNorm LayerReader::read_norm() {
  if (row_.norm_before(chosen_.number).empty() || !norms_come_first(config_, row_))
    throw usage_error(option_name("norm"),
                      row_.norm_in_first
                          ? "layers of " + std::string(row_.name) + " have no norm before their attention"
                          : "the first layer of " + std::string(row_.name) + " has no norm before its attention");
  if (!layer_.has_norm) need(norm_tensor(".weight"), true);
  InputNorm norm = norm_of(norm_kind_, layer_.epsilon);
  if (norm_kind_ == Norm::layer_unweighted) {
    norm.weight.assign(shape(path(row_.query) + ".weight")[row_.layout == Layout::columns ? 0 : 1], 1);
    return norm;
  }
  norm.weight = numbers(norm_tensor(".weight"), adds_one(norm_kind_) ? 1 : 0);
  if (has_bias(norm_kind_)) norm.bias = numbers(norm_tensor(".bias"));
  return norm;
}

AttentionLayer LayerReader::read(std::uint64_t max_memory, bool norm) {
  budget_ = MemoryBudget(max_memory);
  read_projections();
  if (layer_.has_qk_norm && row_.qk_norm.kind == Norm::layer) {
    layer_.qk_norm.query_bias = numbers(path(row_.qk_norm.query) + ".bias");
    layer_.qk_norm.key_bias = numbers(path(row_.qk_norm.key) + ".bias");
  }
  if (layer_.has_qk_norm && row_.qk_norm.weighted) {
    read_qk_norm("q_norm.weight", row_.qk_norm.query, size_of(*layer_.heads));
    read_qk_norm("k_norm.weight", row_.qk_norm.key, size_of(*layer_.kv_heads));
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
