// Keys of a GGUF file's metadata to members of config.json, and a word on each key that changes numbers.
#include "io/checkpoints/gguf_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/names.hpp"

namespace attn::io {
namespace {

// Keys below the architecture's name that change no number of a layer: what training had, and what comes after the
// last hidden state.
constexpr std::array<std::string_view, 11> harmless{"vocab_size",
                                                    "feed_forward_length",
                                                    "embedding_length_out",
                                                    "tensor_data_layout",
                                                    "pooling_type",
                                                    "logit_scale",
                                                    "final_logit_softcapping",
                                                    "decoder_start_token_id",
                                                    "classifier.output_labels",
                                                    "rope.scaling.finetuned",
                                                    "expert_used_count"};

class ConfigWriter {
 public:
  ConfigWriter(const GgufFile& file, const GgufArchitecture& architecture)
      : file_(file), architecture_(architecture), row_(architecture_of(architecture.model_type)), json_(sink_) {}

  Config write() {
    json_.begin_object().key("model_type").value(architecture_.model_type);
    write_sizes();
    write_switches();
    write_attention();
    if (row_.rotary) write_rope();
    json_.end_object().finish();
    check_keys();
    return Config::of(sink_.text, file_.name() + "#");
  }

 private:
  // The whole key; it is known from now on.
  std::string key(std::string_view name) {
    known_.emplace_back(name);
    return std::string(architecture_.name) + "." + std::string(name);
  }
  Error error(std::string_view name, const std::string& message) { return data_error(file_.where(key(name)), message); }

  bool is_there(std::string_view name) { return file_.has(key(name)); }
  std::optional<std::int64_t> integer(std::string_view name) { return file_.integer(key(name)); }
  // JSON has no infinity, and what it has in its place would be taken as missing.
  std::optional<double> number(std::string_view name) {
    const std::optional<double> value = file_.number(key(name));
    if (value && !std::isfinite(*value)) throw error(name, "is not finite");
    return value;
  }

  std::int64_t needed(std::string_view name) {
    const std::optional<std::int64_t> value = integer(name);
    if (!value) throw error(name, "is missing");
    if (*value < 1) throw error(name, std::to_string(*value) + " is less than 1");
    return *value;
  }

  // A float32 as it is written, not as the nearest float64.
  void member(std::string_view name, double value) {
    json_.key(name);
    if (value == static_cast<double>(static_cast<float>(value))) {
      json_.value(static_cast<float>(value));
    } else {
      json_.value(value);
    }
  }

  bool has_tensor(std::string_view name) const { return file_.tensors().find(name) != file_.tensors().end(); }

  void write_sizes() {
    const std::int64_t width = needed("embedding_length"), layers = needed("block_count");
    const GgufHeads heads = gguf_heads(file_, architecture_);
    known_.insert(known_.end(), {"attention.head_count", "attention.head_count_kv"});
    json_.key(architecture_.layers_name).value(layers);
    json_.key(row_.width_name).value(width);
    json_.key(row_.heads_name).value(std::uint64_t{heads.query});
    if (heads.key_value != heads.query) json_.key("num_key_value_heads").value(std::uint64_t{heads.key_value});
    const auto query = static_cast<std::int64_t>(heads.query);
    head_dim_ = integer("attention.key_length").value_or(width / query);
    if (is_there("attention.key_length"))
      json_.key(row_.head_dim_name).value(needed("attention.key_length"));
    else if (width % query != 0)
      throw error("attention.head_count",
                  std::to_string(query) + " heads do not divide the width " + std::to_string(width));
    if (const auto value = integer("attention.value_length"); value && *value != head_dim_)
      throw error("attention.value_length", "is " + std::to_string(*value) + ", and heads of queries and keys have " +
                                                std::to_string(head_dim_) + " columns: it is not supported");
    if (is_there("context_length")) json_.key("max_position_embeddings").value(needed("context_length"));
    // Gemma's two greatest models divide by the root of another width than that of their heads.
    scalar_ = layers == architecture_.large_layers ? static_cast<double>(width) / static_cast<double>(query)
                                                   : static_cast<double>(head_dim_);
    write_epsilon();
  }

  void write_epsilon() {
    const std::string_view used =
        row_.epsilon_name == "rms_norm_eps" ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
    known_.insert(known_.end(), {"attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"});
    const std::optional<double> epsilon = number(used);
    if (!epsilon) throw error(used, "is missing");
    if (!(*epsilon >= 0)) throw error(used, shortest(*epsilon) + " is not 0 or more");
    if (!row_.epsilon_name.empty()) return member(row_.epsilon_name, *epsilon);
    if (static_cast<float>(*epsilon) != static_cast<float>(row_.epsilon))
      throw error(used, "is " + shortest(static_cast<float>(*epsilon)) + ", and " + std::string(row_.name) + " has " +
                            shortest(row_.epsilon));
  }

  // What config.json says of biases and norms, files show.
  void write_switches() {
    const bool has_biases = has_tensor("blk.0.attn_q.bias") || has_tensor("blk.0.attn_qkv.bias");
    if (!row_.bias_switch.empty()) json_.key(row_.bias_switch).value(has_biases);
    json_.key("mlp_bias").value(has_tensor("blk.0.ffn_up.bias"));
    if (!row_.qk_norm.member.empty()) json_.key(row_.qk_norm.member).value(has_tensor("blk.0.attn_q_norm.weight"));
    const std::optional<bool> parallel = file_.truth(key("use_parallel_residual"));
    if (architecture_.name == "stablelm") {
      json_.key("use_parallel_residual").value(!has_tensor("blk.0.ffn_norm.weight"));
    } else if (architecture_.name == "gptneox") {
      json_.key("use_parallel_residual").value(parallel.value_or(true));
    } else if (parallel.value_or(false)) {
      throw error("use_parallel_residual", "is not supported in " + std::string(architecture_.name));
    }
    if (const auto causal = file_.truth(key("attention.causal")); causal && *causal != row_.causal)
      throw error("attention.causal", *causal ? "is true, and layers of " + std::string(row_.name) + " see all keys"
                                              : "is false, which is not supported in " + std::string(row_.name));
  }

  // Of a number that only some architectures have: none where it is missing or as if it were not there.
  std::optional<double> used_number(std::string_view name, bool is_used, double unused = 0) {
    const std::optional<double> value = number(name);
    if (value && !is_used && *value != unused)
      throw error(name, "is " + shortest(*value) + ", which is not supported in " + std::string(architecture_.name));
    return is_used ? value : std::nullopt;
  }

  void write_attention() {
    if (const auto cap = used_number("attn_logit_softcapping", !row_.softcap.empty())) member(row_.softcap, *cap);
    if (const auto clip = used_number("attention.clamp_kqv", !row_.clip.empty()); clip && *clip != 0)
      member(row_.clip, *clip);
    const bool is_granite = architecture_.name == "granite";
    if (const auto scale = used_number("embedding_scale", is_granite, 1)) member("embedding_multiplier", *scale);
    if (const auto scale = used_number("residual_scale", is_granite, 1)) member("residual_multiplier", *scale);
    for (const char* const name : {"attention.max_alibi_bias", "expert_count", "nextn_predict_layers"})
      used_number(name, false);
    write_scale();
    write_window();
  }

  void write_scale() {
    const std::optional<double> stored = number("attention.scale");
    const bool says = stored && *stored != 0;
    if (!row_.scale_name.empty())
      return member(row_.scale_name, says ? *stored : 1 / std::sqrt(static_cast<double>(head_dim_)));
    if (!row_.scale_from.empty()) return member(row_.scale_from, says ? 1 / (*stored * *stored) : scalar_);
    if (says && static_cast<float>(*stored) != static_cast<float>(1 / std::sqrt(static_cast<double>(head_dim_))))
      throw error("attention.scale", "is " + shortest(static_cast<float>(*stored)) + ", which is not supported in " +
                                         std::string(architecture_.name));
  }

  void write_window() {
    const std::optional<std::int64_t> window = integer("attention.sliding_window");
    constexpr std::string_view pattern = "attention.sliding_window_pattern";
    const bool alternates = row_.windows == Windows::alternating || row_.windows == Windows::pattern;
    if (row_.windows != Windows::all && !alternates) {
      if (window.value_or(0) != 0)
        throw error("attention.sliding_window",
                    "is " + std::to_string(*window) + ", which is not supported in " + std::string(architecture_.name));
      return;
    }
    json_.key(row_.window_name);
    const bool is_windowed = window ? *window != 0 : row_.windows == Windows::alternating;
    if (is_windowed) {
      json_.value(window.value_or(row_.window));
    } else {
      json_.null();
    }
    if (alternates) write_pattern(std::string(pattern), is_windowed);
  }

  // Which layers see a window: one number, or a truth for each layer.
  void write_pattern(const std::string& name, bool is_windowed) {
    const std::string whole = key(name);
    const std::int64_t layers = needed("block_count");
    const std::int64_t usual = row_.windows == Windows::alternating ? 2 : row_.window_step;
    std::vector<double> windowed;
    if (file_.is_list(whole)) {
      windowed = *file_.numbers(whole);
      if (windowed.size() < static_cast<std::size_t>(layers))
        throw error(name,
                    "has " + std::to_string(windowed.size()) + " entries for " + std::to_string(layers) + " layers");
    } else {
      const std::int64_t every = integer(name).value_or(usual);
      if (every < 1) throw error(name, "is less than 1");
      for (std::int64_t layer = 0; layer < layers; ++layer) windowed.push_back((layer + 1) % every != 0 ? 1 : 0);
    }
    json_.key("layer_types").begin_array();
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const bool sees_window = is_windowed && windowed[static_cast<std::size_t>(layer)] != 0;
      json_.value(sees_window ? "sliding_attention" : "full_attention");
    }
    json_.end_array();
  }

  void write_rope() {
    constexpr double usual_theta = 10000;  // llama.cpp's
    const double theta = number("rope.freq_base").value_or(usual_theta);
    member(row_.theta_name, theta);
    if (row_.local_theta > 0) member(row_.local_theta_name, number("rope.freq_base_swa").value_or(row_.local_theta));
    const std::int64_t dims = integer("rope.dimension_count").value_or(head_dim_);
    if (dims < 1 || dims > head_dim_)
      throw error("rope.dimension_count",
                  "is " + std::to_string(dims) + ", and heads have " + std::to_string(head_dim_) + " columns");
    if (!row_.rotated_name.empty()) {
      // The part of a head, such that it times the head is not rounded to a column less.
      constexpr double quarter = 0.25;
      member(row_.rotated_name,
             dims == head_dim_ ? 1.0 : (static_cast<double>(dims) + quarter) / static_cast<double>(head_dim_));
    } else if (dims != head_dim_) {
      throw error("rope.dimension_count", "is " + std::to_string(dims) + ", and layers of " + std::string(row_.name) +
                                              " rotate whole heads of " + std::to_string(head_dim_) + " columns");
    }
    write_scheme();
  }

  void write_scheme() {
    const std::string scheme = file_.text(key("rope.scaling.type")).value_or("none");
    const std::optional<double> older = number("rope.scale_linear");
    const std::optional<double> factor = is_there("rope.scaling.factor") ? number("rope.scaling.factor") : older;
    const bool has_factor = factor && *factor != 0 && *factor != 1;
    const std::optional<std::int64_t> original = integer("rope.scaling.original_context_length");
    const double magnitude = number("rope.scaling.attn_factor").value_or(1);
    for (const char* const name : {"rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_ext_factor",
                                   "rope.scaling.yarn_attn_factor", "rope.scaling.alpha"})
      used_number(name, false);
    if (write_factors(original, magnitude)) {
      if (has_factor && scheme != "longrope")
        throw error("rope.scaling.factor", "beside factors of single frequencies is not supported");
      return;
    }
    if (magnitude != 1) throw error("rope.scaling.attn_factor", "without factors of frequencies is not supported");
    if (scheme == "none" && !(has_factor && older)) return;
    if (scheme != "linear" && scheme != "yarn" && scheme != "none")
      throw error("rope.scaling.type", "'" + printable(scheme) + "' is not supported here; linear and yarn are");
    if (!has_factor) return;
    json_.key("rope_scaling").begin_object().key("rope_type").value(scheme == "none" ? "linear" : scheme);
    member("factor", *factor);
    if (scheme == "yarn") {
      if (!original) throw error("rope.scaling.original_context_length", "is missing, and yarn needs it");
      json_.key("original_max_position_embeddings").value(*original);
      if (const auto beta = number("rope.scaling.yarn_beta_fast")) member("beta_fast", *beta);
      if (const auto beta = number("rope.scaling.yarn_beta_slow")) member("beta_slow", *beta);
    }
    json_.end_object();
  }

  // Factors of frequencies that the file has as tensors: Llama 3's scheme, worked out, or Phi-3's two lists.
  bool write_factors(std::optional<std::int64_t> original, double magnitude) {
    constexpr std::string_view all = "rope_freqs.weight", lengthy = "rope_factors_long.weight",
                               brief = "rope_factors_short.weight";
    const bool one = has_tensor(all);
    const std::string_view by_length = has_tensor(lengthy) ? lengthy : has_tensor(brief) ? brief : "";
    if (!one && by_length.empty()) return false;
    if (one && !by_length.empty()) throw data_error(file_.where(all), "does not go with " + std::string(by_length));
    if (row_.local_theta > 0 || architecture_.name == "smollm3")
      throw data_error(file_.where(one ? all : by_length), "is not supported in " + std::string(architecture_.name));
    json_.key("rope_scaling").begin_object().key("rope_type").value("longrope");
    write_list("short_factor", one ? all : brief);
    write_list("long_factor", one ? all : lengthy);
    member("attention_factor", magnitude);
    member("factor", 1);
    json_.end_object();
    // One list counts for all lengths.
    if (!one && !original) throw error("rope.scaling.original_context_length", "is missing, and decides between lists");
    json_.key("original_max_position_embeddings").value(original.value_or(1));
    return true;
  }

  void write_list(std::string_view member_name, std::string_view tensor_name) {
    const auto found = file_.tensors().find(tensor_name);
    if (found == file_.tensors().end()) throw data_error(file_.name(), "lacks '" + std::string(tensor_name) + "'");
    const GgufTensor& tensor = found->second;
    if (tensor.type->name != "F32" || tensor.shape.size() != 1)
      throw data_error(file_.where(tensor_name), "is no list of float32");
    json_.key(member_name).begin_array();
    for (std::size_t i = 0; i < tensor.shape[0]; ++i) {
      float factor = 0;
      tensor.bytes.copy(reinterpret_cast<char*>(&factor), sizeof factor, i * sizeof factor);
      if (!std::isfinite(factor)) throw data_error(file_.where(tensor_name), "has a factor that is not finite");
      json_.value(factor);
    }
    json_.end_array();
  }

  // A key that nobody asked for may change numbers.
  void check_keys() {
    const std::string prefix = std::string(architecture_.name) + ".";
    known_.insert(known_.end(), harmless.begin(), harmless.end());
    for (const std::string& whole : file_.keys()) {
      if (!whole.starts_with(prefix)) continue;
      const std::string_view name = std::string_view(whole).substr(prefix.size());
      // Sizes of what is not there.
      if (!row_.rotary && name.starts_with("rope.")) continue;
      if (std::find(known_.begin(), known_.end(), name) == known_.end())
        throw data_error(file_.where(whole), "is no key of " + std::string(architecture_.name) +
                                                 " that attn knows: it may change what the model does");
    }
  }

  const GgufFile& file_;
  const GgufArchitecture& architecture_;
  const Architecture& row_;
  StringSink sink_;
  JsonWriter json_;
  std::vector<std::string> known_;
  std::int64_t head_dim_ = 0;
  double scalar_ = 0;  ///< of which the scale is the −½th power, where a file does not say it
};

// A number, or a list with one for each layer that are all the same.
std::optional<std::int64_t> same_for_all(const GgufFile& file, const std::string& key) {
  if (!file.is_list(key)) return file.integer(key);
  const std::vector<double> numbers = *file.numbers(key);
  if (numbers.empty()) throw data_error(file.where(key), "is an empty list");
  constexpr double most = 1e9;
  for (const double number : numbers) {
    if (!(std::abs(number) <= most) || number != std::trunc(number))
      throw data_error(file.where(key), "has " + shortest(number) + ", which counts nothing");
    if (number != numbers.front())
      throw data_error(file.where(key), "differs from layer to layer, which is not supported");
  }
  return static_cast<std::int64_t>(numbers.front());
}

}  // namespace

const GgufArchitecture& gguf_architecture_of(const GgufFile& file) {
  const char* const key = "general.architecture";
  const std::string type = file.text("general.type").value_or("model");
  if (type != "model")
    throw data_error(file.where("general.type"),
                     "'" + printable(type) + "' is no whole model, and only those are read");
  if (const auto parts = file.integer("split.count"); parts && *parts > 1)
    throw data_error(file.where("split.count"),
                     "is one of " + std::to_string(*parts) + " parts of a model; a model in one file is read");
  const std::optional<std::string> name = file.text(key);
  if (!name) throw data_error(file.where(key), "is missing");
  std::vector<std::string_view> names;
  for (const GgufArchitecture& row : gguf_architectures()) {
    if (row.name == *name) return row;
    names.push_back(row.name);
  }
  throw data_error(file.where(key), "'" + printable(*name) +
                                        "' is not among the architectures that are read of GGUF files: " +
                                        joined(names) + did_you_mean(*name, names));
}

GgufHeads gguf_heads(const GgufFile& file, const GgufArchitecture& architecture) {
  const std::string key = std::string(architecture.name) + ".attention.head_count";
  const std::optional<std::int64_t> query = same_for_all(file, key);
  if (!query) throw data_error(file.where(key), "is missing");
  const std::optional<std::int64_t> stored = same_for_all(file, key + "_kv");
  constexpr std::int64_t most = 1 << 20;
  if (*query < 1 || *query > most) throw data_error(file.where(key), std::to_string(*query) + " is no number of heads");
  const std::int64_t key_value = stored.value_or(*query);
  if (key_value < 1 || *query % key_value != 0)
    throw data_error(file.where(key + "_kv"), std::to_string(key_value) + " does not divide the " +
                                                  std::to_string(*query) + " heads of queries");
  return {static_cast<std::size_t>(*query), static_cast<std::size_t>(key_value)};
}

Config gguf_config(const GgufFile& file, const GgufArchitecture& architecture) {
  return ConfigWriter(file, architecture).write();
}

}  // namespace attn::io
