// What a layer has, by the names and shapes of its tensors and config.json.
#include "io/checkpoints/layer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/config.hpp"

namespace attn::io {
namespace {

constexpr std::array<std::string_view, 2> torch_weights{"in_proj_weight", "in_proj_bias"};

// 2^(−8i/n) for i = 1 … n, where n is the power of two that is no less than the number of heads; of more slopes than
// heads every second one from the second on, then the others.
std::vector<double> mpt_slopes(std::int64_t heads) {
  std::int64_t power = 1;
  while (power < heads) power *= 2;
  std::vector<double> slopes;
  const auto add = [&](std::int64_t first, std::int64_t step) {
    for (std::int64_t i = first; i <= power; i += step)
      slopes.push_back(std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(power)));
  };
  if (power == heads) {
    add(1, 1);
  } else {
    add(2, 2);
    add(1, 2);
  }
  slopes.resize(static_cast<std::size_t>(heads));
  return slopes;
}

ChosenLayer chosen_layer(const CheckpointFiles& files, const CheckpointChoice& choice) {
  ChosenLayer chosen = choose_layer(files, choice);
  return choice.cross ? ChosenLayer{cross_of(chosen.group), chosen.number, true} : chosen;
}

}  // namespace

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice)
    : LayerReader(files, choice, chosen_layer(files, choice)) {}

LayerReader::LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice, ChosenLayer chosen)
    : files_(files),
      chosen_(std::move(chosen)),
      row_(*chosen_.group.row),
      config_(config_of(files, chosen_.group.prefix)) {
  stored_ = chosen_.group.stored_number(chosen_.number);
  attention_ = numbered(chosen_.group.attention, stored_);
  layer_.source = files.name();
  layer_.architecture = row_.name;
  layer_.number = chosen_.number;
  layer_.is_cross = chosen_.is_cross;
  layer_.has_cross = !chosen_.is_cross && (row_.cross != nullptr || row_.decoder != nullptr);
  layer_.has_config = config_.has_value();
  if (config_) refuse_unsupported(*config_, row_);
  const std::string type = config_ ? config_->text("model_type").value_or("") : "";
  is_of_row_ = is_model_type(row_, type);
  if (!type.empty() && !is_of_row_)
    layer_.warning = "'" + printable(type) + "' of " + config_->where("model_type") + " is " +
                     (is_known_type(type) ? "another model" : "no model that attn knows") +
                     ": its layer is computed by the rules of " + std::string(row_.name) + ", as " +
                     option_name("arch") + " says, and may do something else";
  find_tensors();
  find_heads(choice);
  check_qk_norm();
  find_unused(choice);
  find_conventions();
}

std::string LayerReader::norm_tensor(std::string_view suffix) const {
  const std::string norm = chosen_.group.prefix + numbered(norm_name_, stored_);
  // As TensorFlow names them, and transformers writes them for models that came from there.
  const std::string older = norm + (suffix == ".weight" ? ".gamma" : ".beta");
  return files_.contains(older) ? older : norm + std::string(suffix);
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
  const std::optional<bool> has_biases =
      config_ && !row_.bias_switch.empty() ? config_->truth(row_.bias_switch) : std::nullopt;
  Biases biases = row_.biases;
  if (has_biases)
    biases = !*has_biases ? row_.unswitched_biases : biases == Biases::none ? row_.switched_biases : biases;
  takes_biases_ = !is_of_row_ && has_biases.value_or(true);
  if (biases == Biases::stored) takes_biases_ = true;
  if (row_.layout == Layout::latent) {
    find_latent_tensors();
  } else {
    for (const std::string_view part : {row_.query, row_.key, row_.value}) {
      if (part.empty()) continue;
      need(path(part) + ".weight", true);
      need_bias(part, biases == Biases::query_key_value || biases == Biases::all);
    }
  }
  need(path(row_.output) + ".weight", true);
  need_bias(row_.output, biases == Biases::output || biases == Biases::all);
  find_qk_norm();
  if (row_.sinks) layer_.has_sinks = need(path("sinks"), true);
  if (!row_.relative_bias.empty()) {
    bias_table_ = chosen_.group.prefix + numbered(row_.relative_bias, stored_) + ".weight";
    layer_.has_relative_bias = need(bias_table_, true);
  }
  find_input_norm();
}

void LayerReader::find_input_norm() {
  const std::vector<std::string> norms = words(row_.norm);
  for (const std::string& name : norms) {
    norm_name_ = name;
    if (files_.contains(norm_tensor(".weight"))) break;
    norm_name_ = norms.front();
  }
  if (!norms_come_first(config_, row_)) return;
  norm_kind_ = config_ ? read_norm_kind(*config_, row_, row_.norm_kind) : row_.norm_kind;
  if (row_.norm_before(chosen_.number).empty()) return;
  if (!config_ && !row_.norm_bias_switch.empty() && files_.contains(norm_tensor(".bias"))) norm_kind_ = Norm::layer;
  layer_.has_norm = norm_kind_ == Norm::layer_unweighted || need(norm_tensor(".weight"), false);
  if (layer_.has_norm && has_bias(norm_kind_)) need(norm_tensor(".bias"), true);
}

// A bias that the model has not is no part of the layer, if config.json says so.
void LayerReader::need_bias(std::string_view part, bool required) {
  if ((required || takes_biases_) && need(path(part) + ".bias", required)) biased_.insert(part);
}

void LayerReader::find_qk_norm() {
  const QkNormNames& names = row_.qk_norm;
  if (names.query.empty() && names.weighted) return;
  const bool is_optional = !names.member.empty();
  if (is_optional && config_ && !config_->truth(names.member).value_or(names.by_default)) return;
  if (names.only_with_rope && config_ && !read_rotary(*config_, row_, layer_.number.value_or(0))) return;
  const bool is_there = !names.weighted || need(path(numbered(names.query, 0)) + ".weight", !is_optional || config_);
  if (!is_there) return;
  layer_.has_qk_norm = true;
  layer_.qk_norm.centred = !is_rms(names.kind);
  layer_.qk_norm.own_heads = names.of == QkNormOf::own_head;
  layer_.qk_norm.after_rope = names.after_rope;
  if (!names.weighted) return;
  need(path(numbered(names.key, 0)) + ".weight", true);
  if (names.kind != Norm::layer) return;
  for (const std::string_view name : {names.query, names.key}) need(path(numbered(name, 0)) + ".bias", true);
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
void LayerReader::find_unused(const CheckpointChoice& choice) {
  if (attention_.empty()) return;
  std::set<std::string> known(layer_.tensors.begin(), layer_.tensors.end());
  for (const std::string& name : words(row_.ignored)) known.insert(path(name));
  const auto may_be_ignored = [&choice](const std::string& name) {
    return std::any_of(choice.ignored.begin(), choice.ignored.end(), [&name](const std::string& one) {
      return one == "all" || name == one || name.ends_with("." + one) ||
             name.find("." + one + ".") != std::string::npos;
    });
  };
  for (const std::string& name : files_.names())
    if (name.starts_with(attention_) && !known.contains(name))
      (may_be_ignored(name) ? layer_.ignored : layer_.unused).push_back(name);
}

void LayerReader::find_conventions() {
  layer_.epsilon = row_.epsilon;
  const std::int64_t number = layer_.number.value_or(0);
  layer_.rotary = config_ ? read_rotary(*config_, row_, number) : row_.rotary;
  layer_.causal = row_.causal;
  layer_.has_value_norm = row_.value_norm;
  layer_.is_latent = row_.layout == Layout::latent;
  layer_.has_alibi = row_.alibi != Alibi::none;
  if (row_.alibi == Alibi::mpt && layer_.heads) layer_.alibi_slopes = mpt_slopes(*layer_.heads);
  if (row_.unscaled) layer_.scale = 1;
  if (!config_) return;
  if (row_.bidirectional && read_bidirectional(*config_, row_)) layer_.causal = false;
  if (!row_.causal_switch.empty()) layer_.causal = config_->truth(row_.causal_switch).value_or(row_.causal);
  if (lifts_causal(*config_, row_)) layer_.causal = false;
  // Some models of several parts heed it there, and others do not.
  if (const auto whole = files_.config(); whole && whole->place() != config_->place() && row_.causal)
    if (!whole->truth("is_causal").value_or(true))
      throw data_error(whole->where("is_causal"), "'false' is not supported outside of " + config_->place());
  layer_.epsilon = read_epsilon(*config_, row_.epsilon_name, usual_epsilon(*config_, row_));
  if (!layer_.head_dim) return;
  layer_.window = read_window(*config_, row_, number);
  layer_.window_on_both_sides = row_.windows == Windows::both_sides || (row_.causal && !layer_.causal);
  layer_.chunk = read_chunk(*config_, row_, number);
  layer_.temperature = read_temperature(*config_, row_, number);
  layer_.scale = read_scale(*config_, row_, *layer_.head_dim, number);
  layer_.softcap = read_softcap(*config_, row_);
  layer_.clip = read_clip(*config_, row_);
  if (layer_.rotary)
    layer_.rope =
        read_rope(*config_, row_, rope_columns_ != 0 ? rope_columns_ : *layer_.head_dim, layer_.window.has_value());
}

}  // namespace attn::io
