// What a layer has, by the names and shapes of its tensors and config.json.
#include "io/checkpoint_layer.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/utf8.hpp"
#include "io/checkpoint_config.hpp"
#include "io/checkpoint_layouts.hpp"

namespace attn::io {
namespace {

constexpr std::array<std::string_view, 2> torch_weights{"in_proj_weight", "in_proj_bias"};

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

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice)
    : files_(files), chosen_(choose_layer(files, choice)), row_(*chosen_.group.row), config_(model_config(files)) {
  attention_ = numbered(chosen_.group.attention, chosen_.number);
  layer_.source = files.name();
  layer_.architecture = row_.name;
  layer_.number = chosen_.number;
  layer_.has_config = config_.has_value();
  if (config_) refuse_unsupported(*config_);
  find_tensors();
  find_unused();
  find_heads(choice);
  find_conventions();
}

std::string LayerReader::norm_path() const { return chosen_.group.prefix + numbered(row_.norm, chosen_.number); }

Shape LayerReader::shape(const std::string& tensor) const { return files_.entry(tensor).shape; }

// Notes a tensor as one of the layer's. False if it is not there; an error if it must be.
bool LayerReader::need(const std::string& tensor, bool required) {
  if (files_.contains(tensor)) {
    layer_.tensors.push_back(tensor);
    return true;
  }
  if (!required) return false;
  const std::vector<std::string>& names = files_.names();
  throw data_error(files_.name(), "lacks '" + printable(tensor) + "' of " + std::string(row_.name) +
                                      did_you_mean(tensor, std::vector<std::string_view>(names.begin(), names.end())));
}

void LayerReader::find_tensors() {
  for (const std::string& refused : words(row_.refused))
    if (files_.contains(path(refused))) throw data_error(files_.where(path(refused)), "is not supported");
  if (row_.layout == Layout::torch) return find_torch_tensors();
  if (row_.layout == Layout::as_document) return find_document_tensors();
  const bool switched_off = config_ && !row_.bias_switch.empty() && !config_->truth(row_.bias_switch).value_or(true);
  const bool biased = row_.biases != Biases::none && !switched_off;
  for (const std::string_view part : {row_.query, row_.key, row_.value}) {
    if (part.empty()) continue;
    need(path(part) + ".weight", true);
    need(path(part) + ".bias", biased);
  }
  need(path(row_.output) + ".weight", true);
  need(path(row_.output) + ".bias", biased && row_.biases == Biases::all);
  if (row_.normalises_query_and_key)
    layer_.has_qk_norm = need(path("q_norm.weight"), true) && need(path("k_norm.weight"), true);
  if (row_.sinks) layer_.has_sinks = need(path("sinks"), true);
  if (row_.relative_bias) {
    // Of the layer itself (UMT5), else of the first, which lends it to all.
    const std::string table = "relative_attention_bias.weight";
    bias_table_ = files_.contains(path(table)) ? path(table) : numbered(chosen_.group.attention, 0) + table;
    layer_.has_relative_bias = need(bias_table_, true);
  }
  if (!row_.norm.empty()) layer_.has_norm = need(norm_path() + ".weight", false);
  if (layer_.has_norm) need(norm_path() + ".bias", row_.norm_kind == InputNorm::Kind::layer);
}

void LayerReader::find_torch_tensors() {
  if (!need(path(torch_weights[0]), false))
    for (const char* weight : {"q_proj_weight", "k_proj_weight", "v_proj_weight"}) need(path(weight), true);
  need(path(torch_weights[1]), false);
  need(path("out_proj.weight"), true);
  for (const char* optional : {"out_proj.bias", "bias_k", "bias_v"}) need(path(optional), false);
}

void LayerReader::find_document_tensors() {
  for (const char* name : {"W_q", "W_k", "W_v", "W_o", "b_q", "b_k", "b_v", "b_o"}) need(name, false);
  for (const char* name : {"q_norm.weight", "k_norm.weight", "bias_k", "bias_v"}) need(name, false);
  for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"})
    for (const char* kind : {".weight", ".bias"}) need(std::string(part) + kind, false);
}

// Other tensors below the attention's path.
void LayerReader::find_unused() {
  if (attention_.empty()) return;
  std::set<std::string> known(layer_.tensors.begin(), layer_.tensors.end());
  for (const std::string& name : words(row_.ignored)) known.insert(path(name));
  for (const std::string& name : files_.names())
    if (name.starts_with(attention_) && known.count(name) == 0) layer_.unused.push_back(name);
}

// Some tensors have a place for each head.
std::optional<std::int64_t> LayerReader::heads_by_tensors() const {
  const auto extent = [this](const std::string& name, std::size_t axis) -> std::optional<std::int64_t> {
    const Shape of = shape(name);
    return axis < of.size() && of[axis] > 0 ? std::optional(static_cast<std::int64_t>(of[axis])) : std::nullopt;
  };
  if (layer_.has_sinks) return extent(path("sinks"), 0);
  if (layer_.has_relative_bias) return extent(bias_table_, 1);
  if (layer_.has_qk_norm && row_.layout == Layout::apart) {
    const auto columns = extent(path("q_norm.weight"), 0), width = extent(path(row_.query) + ".weight", 0);
    if (columns && width && *width % *columns == 0) return *width / *columns;
  }
  return std::nullopt;
}

void LayerReader::find_heads(const CheckpointChoice& choice) {
  layer_.heads = choice.heads;
  layer_.kv_heads = choice.kv_heads;
  // A module's own parameters say nothing of heads; the document may.
  if (row_.layout == Layout::torch || row_.layout == Layout::as_document) return;
  const auto said = [&](std::string_view name) -> std::optional<std::int64_t> {
    const auto number = config_ ? config_->integer(name) : std::nullopt;
    if (number && *number < 1) throw data_error(config_->where(name), "is less than 1");
    return number;
  };
  if (!layer_.heads) layer_.heads = said(row_.heads_name);
  if (!layer_.heads) layer_.heads = heads_by_tensors();
  if (!layer_.heads)
    throw usage_error("--heads", config_ ? "is needed: " + config_->where(row_.heads_name) + " is missing"
                                         : "is needed: there is no config.json beside " + layer_.source +
                                               " that says the number of heads");
  const std::int64_t heads = *layer_.heads;
  const Shape query = shape(path(row_.query) + ".weight"), output = shape(path(row_.output) + ".weight");
  if (query.size() != 2) throw data_error(files_.where(path(row_.query) + ".weight"), "is no matrix");
  if (output.size() != 2) throw data_error(files_.where(path(row_.output) + ".weight"), "is no matrix");
  // All heads side by side are what the output projection takes.
  const std::size_t together = row_.layout == Layout::columns ? output[0] : output[1];
  if (together == 0 || together % size_of(heads) != 0)
    throw data_error(
        files_.where(path(row_.output) + ".weight"),
        "has the shape " + shape_text(output) + ", which is no multiple of " + std::to_string(heads) + " heads");
  layer_.head_dim = static_cast<std::int64_t>(together / size_of(heads));
  if (const auto columns = said(row_.head_dim_name); columns && !choice.heads && *columns != *layer_.head_dim)
    throw data_error(files_.where(path(row_.output) + ".weight"),
                     "has the shape " + shape_text(output) + ", but config.json says " + std::to_string(heads) +
                         " heads of " + std::to_string(*columns) + " columns");
  if (!layer_.kv_heads && !choice.heads) layer_.kv_heads = said("num_key_value_heads");
  if (!layer_.kv_heads) {
    const std::size_t columns = size_of(*layer_.head_dim);
    layer_.kv_heads = heads;
    if (row_.layout == Layout::apart)
      layer_.kv_heads = static_cast<std::int64_t>(shape(path(row_.key) + ".weight")[0] / columns);
    if (row_.layout == Layout::rows && query[0] > together)
      layer_.kv_heads = static_cast<std::int64_t>((query[0] - together) / 2 / columns);
  }
  if (*layer_.kv_heads < 1 || heads % *layer_.kv_heads != 0)
    throw data_error(
        files_.where(path(row_.query) + ".weight"),
        std::to_string(*layer_.kv_heads) + " key/value heads do not divide " + std::to_string(heads) + " heads");
  check_widths();
}

void LayerReader::check(const std::string& tensor, const Shape& expected) const {
  const Shape found = shape(tensor);
  if (found == expected) return;
  throw data_error(files_.where(tensor), "has the shape " + shape_text(found) + ", but " +
                                             std::to_string(*layer_.heads) + " heads and " +
                                             std::to_string(*layer_.kv_heads) + " key/value heads of " +
                                             std::to_string(*layer_.head_dim) + " columns, in layers of width " +
                                             std::to_string(expected.back()) + ", need " + shape_text(expected));
}

void LayerReader::check_widths() const {
  const std::size_t columns = size_of(*layer_.head_dim), query = size_of(*layer_.heads) * columns,
                    key = size_of(*layer_.kv_heads) * columns;
  const std::string fused = path(row_.query) + ".weight", output = path(row_.output) + ".weight";
  const bool by_columns = row_.layout == Layout::columns;
  const auto said = config_ ? config_->integer(row_.width_name) : std::nullopt;
  const std::size_t width = said && *said > 0 ? size_of(*said) : shape(fused)[by_columns ? 0 : 1];
  switch (row_.layout) {
    case Layout::apart:
      check(fused, {query, width});
      check(path(row_.key) + ".weight", {key, width});
      check(path(row_.value) + ".weight", {key, width});
      break;
    case Layout::columns:
      if (shape(fused) != Shape{width, 3 * query})
        throw data_error(files_.where(fused), "has the shape " + shape_text(shape(fused)) + "; " +
                                                  shape_text({width, 3 * query}) + " is expected");
      break;
    default: check(fused, {query + 2 * key, width});
  }
  if (shape(output) != (by_columns ? Shape{query, width} : Shape{width, query}))
    throw data_error(files_.where(output), "has the shape " + shape_text(shape(output)) +
                                               ", but the layer is of width " + std::to_string(width));
  const auto of_size = [&](const std::string& tensor, std::size_t size) {
    if (shape(tensor) != Shape{size})
      throw data_error(files_.where(tensor),
                       "has the shape " + shape_text(shape(tensor)) + "; " + shape_text({size}) + " is expected");
  };
  if (layer_.has_sinks) of_size(path("sinks"), size_of(*layer_.heads));
  if (layer_.has_qk_norm)
    for (const char* norm : {"q_norm.weight", "k_norm.weight"}) of_size(path(norm), columns);
  if (layer_.has_norm) of_size(norm_path() + ".weight", width);
  for (const std::string_view part : {row_.query, row_.key, row_.value}) {
    const std::string bias = path(part) + ".bias";
    if (!part.empty() && files_.contains(bias)) of_size(bias, shape(path(part) + ".weight")[by_columns ? 1 : 0]);
  }
  if (layer_.has_relative_bias) {
    const Shape table = shape(bias_table_);
    if (table.size() != 2 || table[0] < 4 || table[1] != size_of(*layer_.heads))
      throw data_error(files_.where(bias_table_), "has the shape " + shape_text(table) + ", which is not (buckets, " +
                                                      std::to_string(*layer_.heads) + ") of 4 buckets or more");
  }
}

void LayerReader::find_conventions() {
  layer_.epsilon = row_.epsilon;
  layer_.rotary = row_.rotary;
  layer_.causal = row_.causal || (row_.relative_bias && chosen_.group.prefix.ends_with("decoder."));
  if (row_.unscaled) layer_.scale = 1;
  if (!config_) return;
  layer_.causal = layer_.causal || (!row_.relative_bias && config_->truth("is_decoder").value_or(false));
  layer_.epsilon = config_->number(row_.epsilon_name).value_or(row_.epsilon);
  if (!layer_.head_dim) return;
  const std::int64_t number = layer_.number.value_or(0);
  layer_.window = read_window(*config_, row_, number);
  layer_.scale = read_scale(*config_, row_, *layer_.head_dim, number);
  if (!row_.softcap.empty()) layer_.softcap = config_->number(row_.softcap).value_or(0);
  if (row_.rotary) layer_.rope = read_rope(*config_, row_, *layer_.head_dim, layer_.window.has_value());
}

// ---- numbers ----------------------------------------------------------------------------------

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
void LayerReader::read_fused(const std::string& suffix) {
  const std::string stored = path(row_.query) + suffix;
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
      for (const char* suffix : {".weight", ".bias"}) {
        add(std::string("q_proj") + suffix, path(row_.query) + suffix);
        add(std::string("k_proj") + suffix, path(row_.key) + suffix);
        add(std::string("v_proj") + suffix, path(row_.value) + suffix);
      }
      break;
    default:
      for (const char* suffix : {".weight", ".bias"}) read_fused(suffix);
  }
  const bool by_columns = row_.layout == Layout::columns;
  add(by_columns ? "W_o" : "out_proj.weight", path(row_.output) + ".weight");
  add(by_columns ? "b_o" : "out_proj.bias", path(row_.output) + ".bias");
}

InputNorm LayerReader::read_norm() {
  if (row_.norm.empty())
    throw usage_error("--norm", "layers of " + std::string(row_.name) + " have no norm before their attention");
  if (!layer_.has_norm) need(norm_path() + ".weight", true);
  InputNorm norm;
  norm.kind = row_.norm_kind;
  norm.epsilon = layer_.epsilon;
  norm.weight = numbers(norm_path() + ".weight", row_.norms_add_one ? 1 : 0);
  if (files_.contains(norm_path() + ".bias")) norm.bias = numbers(norm_path() + ".bias");
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
    if (config_) bias.max_distance = config_->integer("relative_attention_max_distance").value_or(bias.max_distance);
    // Buckets of one distance each.
    const auto exact = static_cast<std::int64_t>(bias.buckets / (bias.bidirectional ? 4 : 2));
    if (bias.max_distance <= exact)
      throw data_error(config_->where("relative_attention_max_distance"),
                       "is not more than the " + std::to_string(exact) + " distances that have a bucket each");
    layer_.relative_bias = std::move(bias);
  }
  if (norm) layer_.norm = read_norm();
  return std::move(layer_);
}

}  // namespace attn::io
