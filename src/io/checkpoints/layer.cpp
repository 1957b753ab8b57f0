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

ChosenLayer chosen_layer(const CheckpointFiles& files, const CheckpointChoice& choice) {
  ChosenLayer chosen = choose_layer(files, choice);
  return choice.cross ? ChosenLayer{cross_of(chosen.group), chosen.number, true} : chosen;
}

}  // namespace

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice)
    : LayerReader(files, choice, chosen_layer(files, choice)) {}

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
  is_of_row_ = config_ && is_model_type(row_, config_->text("model_type").value_or(""));
  find_tensors();
  find_heads(choice);
  check_qk_norm();
  find_unused();
  find_conventions();
}

std::string LayerReader::norm_path() const { return chosen_.group.prefix + numbered(row_.norm, stored_); }

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
  const std::optional<bool> has_biases =
      config_ && !row_.bias_switch.empty() ? config_->truth(row_.bias_switch) : std::nullopt;
  Biases biases = row_.biases;
  if (has_biases)
    biases = !*has_biases ? row_.unswitched_biases : biases == Biases::none ? row_.switched_biases : biases;
  takes_biases_ = !is_of_row_ && has_biases.value_or(true);
  for (const std::string_view part : {row_.query, row_.key, row_.value}) {
    if (part.empty()) continue;
    need(path(part) + ".weight", true);
    need_bias(part, biases == Biases::query_key_value || biases == Biases::all);
  }
  need(path(row_.output) + ".weight", true);
  need_bias(row_.output, biases == Biases::output || biases == Biases::all);
  find_qk_norm();
  if (row_.sinks) layer_.has_sinks = need(path("sinks"), true);
  if (!row_.relative_bias.empty()) {
    bias_table_ = chosen_.group.prefix + numbered(row_.relative_bias, stored_) + ".weight";
    layer_.has_relative_bias = need(bias_table_, true);
  }
  if (config_ && !norms_come_first(*config_, row_)) return;
  norm_kind_ = config_ ? read_norm_kind(*config_, row_, row_.norm_kind) : row_.norm_kind;
  if (row_.norm_before(chosen_.number).empty()) return;
  if (!config_ && !row_.norm_bias_switch.empty() && files_.contains(norm_path() + ".bias")) norm_kind_ = Norm::layer;
  layer_.has_norm = norm_kind_ == Norm::layer_unweighted || need(norm_path() + ".weight", false);
  if (layer_.has_norm && norm_kind_ == Norm::layer) need(norm_path() + ".bias", true);
}

// A bias that the model has not is no part of the layer, if config.json says so.
void LayerReader::need_bias(std::string_view part, bool required) {
  if ((required || takes_biases_) && need(path(part) + ".bias", required)) biased_.insert(part);
}

void LayerReader::find_qk_norm() {
  const QkNormNames& names = row_.qk_norm;
  if (names.query.empty()) return;
  const bool is_optional = !names.member.empty();
  if (is_optional && config_ && !config_->truth(names.member).value_or(false)) return;
  const bool is_there = need(path(numbered(names.query, 0)) + ".weight", !is_optional || config_);
  if (!is_there) return;
  layer_.has_qk_norm = true;
  layer_.qk_norm.centred = !is_rms(names.kind);
  layer_.qk_norm.own_heads = names.of == QkNormOf::own_head;
  need(path(numbered(names.key, 0)) + ".weight", true);
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
  const std::int64_t number = layer_.number.value_or(0);
  layer_.rotary = config_ ? read_rotary(*config_, row_, number) : row_.rotary;
  layer_.causal = row_.causal;
  if (row_.unscaled) layer_.scale = 1;
  if (!config_) return;
  if (!row_.causal_switch.empty()) layer_.causal = config_->truth(row_.causal_switch).value_or(row_.causal);
  layer_.epsilon = read_epsilon(*config_, row_.epsilon_name, row_.epsilon);
  if (!layer_.head_dim) return;
  layer_.window = read_window(*config_, row_, number);
  layer_.window_on_both_sides = row_.windows == Windows::both_sides;
  layer_.scale = read_scale(*config_, row_, *layer_.head_dim, number);
  layer_.softcap = read_softcap(*config_, row_);
  layer_.clip = read_clip(*config_, row_);
  if (layer_.rotary) layer_.rope = read_rope(*config_, row_, *layer_.head_dim, layer_.window.has_value());
}

}  // namespace attn::io
