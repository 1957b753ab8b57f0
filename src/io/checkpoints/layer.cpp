// What a layer has, by the names and shapes of its tensors and config.json.
#include "io/checkpoints/layer.hpp"

#include <array>
#include <set>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/config.hpp"

namespace attn::io {
namespace {

constexpr std::array<std::string_view, 2> torch_weights{"in_proj_weight", "in_proj_bias"};

}  // namespace

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice)
    : LayerReader(files, choice, choose_layer(files, choice)) {}

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice, ChosenLayer chosen)
    : files_(files), chosen_(std::move(chosen)), row_(*chosen_.group.row), config_(model_config(files)) {
  stored_ = chosen_.group.stored_number(chosen_.number);
  attention_ = numbered(chosen_.group.attention, stored_);
  layer_.source = files.name();
  layer_.architecture = row_.name;
  layer_.number = chosen_.number;
  layer_.is_cross = chosen_.is_cross;
  layer_.has_config = config_.has_value();
  if (config_) refuse_unsupported(*config_, row_);
  find_tensors();
  find_unused();
  find_heads(choice);
  find_conventions();
}

std::string LayerReader::norm_path() const { return chosen_.group.prefix + numbered(row_.norm, stored_); }

// Where config.json says that there is none, a bias is no part of the layer.
std::string LayerReader::bias_of(std::string_view part) const {
  return has_biases_.value_or(true) ? path(part) + ".bias" : "";
}

Shape LayerReader::shape(const std::string& tensor) const { return files_.entry(tensor).shape; }

// Notes a tensor as one of the layer's. False if it is not there; an error if it must be.
bool LayerReader::need(const std::string& tensor, bool required) {
  if (tensor.empty()) return false;
  if (files_.contains(tensor)) {
    layer_.tensors.push_back(tensor);
    return true;
  }
  if (!required) return false;
  // What is near to a bias is its weight.
  std::vector<std::string_view> names;
  if (!tensor.ends_with(".bias")) names.assign(files_.names().begin(), files_.names().end());
  throw data_error(files_.name(),
                   "lacks '" + printable(tensor) + "' of " + std::string(row_.name) + did_you_mean(tensor, names));
}

void LayerReader::find_tensors() {
  for (const std::string& refused : words(row_.refused))
    if (files_.contains(path(refused))) throw data_error(files_.where(path(refused)), "is not supported");
  if (row_.layout == Layout::torch) return find_torch_tensors();
  if (row_.layout == Layout::as_document) return find_document_tensors();
  // config.json may say that there are biases in an architecture that has none otherwise, and the other way round.
  if (config_ && !row_.bias_switch.empty()) has_biases_ = config_->truth(row_.bias_switch);
  const bool biased = has_biases_.value_or(row_.biases != Biases::none);
  for (const std::string_view part : {row_.query, row_.key, row_.value}) {
    if (part.empty()) continue;
    need(path(part) + ".weight", true);
    need(bias_of(part), biased);
  }
  need(path(row_.output) + ".weight", true);
  need(bias_of(row_.output), biased && row_.biases != Biases::query_key_value);
  if (row_.normalises_query_and_key)
    layer_.has_qk_norm = need(path("q_norm.weight"), true) && need(path("k_norm.weight"), true);
  if (row_.sinks) layer_.has_sinks = need(path("sinks"), true);
  if (!row_.relative_bias.empty()) {
    bias_table_ = chosen_.group.prefix + numbered(row_.relative_bias, stored_) + ".weight";
    layer_.has_relative_bias = need(bias_table_, true);
  }
  if (!row_.norm_before(chosen_.number).empty()) layer_.has_norm = need(norm_path() + ".weight", false);
  if (layer_.has_norm && has_norm_bias()) need(norm_path() + ".bias", row_.norm_kind == InputNorm::Kind::layer);
}

bool LayerReader::has_norm_bias() const {
  if (row_.norm_bias_switch.empty()) return true;
  const bool is_stored = files_.contains(norm_path() + ".bias");
  return config_ ? config_->truth(row_.norm_bias_switch).value_or(false) : is_stored;
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
    if (name.starts_with(attention_) && !known.contains(name)) layer_.unused.push_back(name);
}

void LayerReader::find_conventions() {
  layer_.epsilon = row_.epsilon;
  layer_.rotary = row_.rotary;
  layer_.causal = row_.causal;
  if (row_.unscaled) layer_.scale = 1;
  if (!config_) return;
  if (!row_.causal_switch.empty()) layer_.causal = config_->truth(row_.causal_switch).value_or(row_.causal);
  layer_.epsilon = config_->number(row_.epsilon_name).value_or(row_.epsilon);
  if (!layer_.head_dim) return;
  const std::int64_t number = layer_.number.value_or(0);
  layer_.window = read_window(*config_, row_, number);
  layer_.window_on_both_sides = row_.windows == Windows::both_sides;
  layer_.scale = read_scale(*config_, row_, *layer_.head_dim, number);
  if (!row_.softcap.empty()) layer_.softcap = config_->number(row_.softcap).value_or(0);
  if (row_.rotary) layer_.rope = read_rope(*config_, row_, *layer_.head_dim, layer_.window.has_value());
}

}  // namespace attn::io
