// Members of config.json to conventions of a layer, as transformers reads them.
#include "io/checkpoints/config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/match.hpp"

namespace attn::io {
namespace {

using Kind = RopeRule::Kind;

struct Scheme {
  std::string_view name;
  Kind kind;
};
constexpr std::array<Scheme, 8> schemes{{{"default", Kind::unscaled},
                                         {"linear", Kind::linear},
                                         {"dynamic", Kind::dynamic},
                                         {"llama3", Kind::llama3},
                                         {"yarn", Kind::yarn},
                                         {"longrope", Kind::longrope},
                                         {"proportional", Kind::proportional},
                                         {"su", Kind::longrope}}};  // Phi-3's first name for it

Kind kind_of(const Config& parameters, const Architecture& row) {
  const char* const member = parameters.has("rope_type") ? "rope_type" : "type";
  const std::string name = parameters.text(member).value_or("default");
  // Phi-3 once called its own scheme yarn.
  if (row.layout == Layout::rows && name == "yarn") return Kind::longrope;
  std::vector<std::string_view> names;
  for (const Scheme& scheme : schemes) {
    if (scheme.name == name) return scheme.kind;
    names.push_back(scheme.name);
  }
  throw data_error(parameters.where(member), "the RoPE scheme '" + printable(name) + "' is not supported; those are " +
                                                 joined(std::span(names).first(names.size() - 1)) +
                                                 did_you_mean(name, names));
}

double positive(const Config& config, std::string_view name, double value) {
  if (!(value > 0) || !std::isfinite(value))
    throw data_error(config.where(name), shortest(value) + " is not more than 0");
  return value;
}

double needed(const Config& config, std::string_view name) {
  const std::optional<double> value = config.number(name);
  if (!value) throw data_error(config.where(name), "is missing, and the RoPE scheme needs it");
  return positive(config, name, *value);
}

// m·0.1·ln(factor) + 1.
double yarn_magnitude(double factor, double m = 1) { return factor <= 1 ? 1 : 0.1 * m * std::log(factor) + 1; }

void read_yarn(RopeRule& rule, const Config& parameters) {
  rule.low = positive(parameters, "beta_slow", parameters.number("beta_slow").value_or(1));
  rule.high = positive(parameters, "beta_fast", parameters.number("beta_fast").value_or(32));
  rule.truncate = parameters.truth("truncate").value_or(true);
  const double m = parameters.number("mscale").value_or(0), all = parameters.number("mscale_all_dim").value_or(0);
  const double own = m != 0 && all != 0 ? yarn_magnitude(rule.factor, m) / yarn_magnitude(rule.factor, all)
                                        : yarn_magnitude(rule.factor);
  rule.magnitude = parameters.number("attention_factor").value_or(own);
}

std::vector<double> read_factors(const RopeRule& rule, const Config& parameters, std::string_view name) {
  std::optional<std::vector<double>> factors = parameters.numbers(name);
  if (!factors) throw data_error(parameters.where(name), "is missing, and the RoPE scheme needs it");
  if (factors->size() != rule.dims / 2)
    throw data_error(parameters.where(name), "has " + std::to_string(factors->size()) + " factors for the " +
                                                 std::to_string(rule.dims / 2) + " frequencies of a head");
  for (const double factor : *factors) positive(parameters, name, factor);
  return *factors;
}

// The RoPE parameters of a layer.
struct RopeParameters {
  std::optional<Config> scheme;  ///< none: there is no scheme
  bool apart = false;            ///< layers with and without a window have their own
};

// Positions of the training. What is said beside the parameters replaces them, unless each kind of layer has its own.
double trained_positions(const Config& config, const Architecture& row, const RopeParameters& rope) {
  const char* const name = "original_max_position_embeddings";
  if (!rope.apart && config.has(name)) return needed(config, name);
  if (!rope.apart && row.trained_positions != 0) return static_cast<double>(row.trained_positions);
  return rope.scheme->has(name) ? needed(*rope.scheme, name) : needed(config, "max_position_embeddings");
}

bool is_trained(Kind kind) { return kind == Kind::llama3 || kind == Kind::yarn || kind == Kind::longrope; }

void read_scheme(RopeRule& rule, const Config& config, const Architecture& row, const RopeParameters& rope) {
  const Config& parameters = *rope.scheme;
  if (rule.kind == Kind::unscaled) return;
  if (rule.kind == Kind::proportional) {
    rule.factor = positive(parameters, "factor", parameters.number("factor").value_or(1));
    return;
  }
  if (is_trained(rule.kind)) {
    rule.positions = trained_positions(config, row, rope);
  } else if (rule.kind == Kind::dynamic) {
    rule.positions = needed(config, "max_position_embeddings");
  }
  const bool by_lengths = (rule.kind == Kind::yarn || rule.kind == Kind::longrope) && !parameters.has("factor");
  rule.factor = by_lengths ? needed(config, "max_position_embeddings") / rule.positions : needed(parameters, "factor");
  if (rule.kind == Kind::llama3) {
    rule.low = needed(parameters, "low_freq_factor");
    rule.high = needed(parameters, "high_freq_factor");
    if (rule.high <= rule.low)
      throw data_error(parameters.where("high_freq_factor"), "is not more than low_freq_factor");
  } else if (rule.kind == Kind::yarn) {
    if (rule.theta == 1)
      throw data_error((parameters.has("rope_theta") ? parameters : config).where("rope_theta"),
                       "is 1, and YaRN divides by its logarithm");
    read_yarn(rule, parameters);
  } else if (rule.kind == Kind::longrope) {
    rule.short_factors = read_factors(rule, parameters, "short_factor");
    rule.long_factors = read_factors(rule, parameters, "long_factor");
    const double own = rule.factor <= 1 ? 1 : std::sqrt(1 + std::log(rule.factor) / std::log(rule.positions));
    rule.magnitude = parameters.number("attention_factor").value_or(own);
  }
}

// As far as the training went, or the scheme stretches it; models may say either.
double reach_of(const RopeRule& rule, const Config& config) {
  double trained = 0;
  for (const char* const name : {"n_positions", "max_position_embeddings"})
    if (config.has(name)) trained = config.number(name).value_or(trained);
  const bool stretches = rule.kind == Kind::linear || rule.kind == Kind::dynamic;
  const double stretched = std::floor((stretches ? trained : rule.positions) * rule.factor + 1e-9);
  return trained <= 0 ? 0 : std::max(trained, stretched);
}

// Qwen2-VL's first name for its positions of several axes, whose frequencies are not scaled.
bool names_sections(const Config& parameters) {
  return parameters.text(parameters.has("rope_type") ? "rope_type" : "type") == "mrope";
}

// M-RoPE. Other models give the same member another meaning.
void read_sections(RopeRule& rule, const Config& config, const Config& parameters) {
  const std::string type = config.text("model_type").value_or("");
  const bool by_turns = type.starts_with("qwen3_vl");
  if (!by_turns && !type.starts_with("qwen2_vl") && !type.starts_with("qwen2_5_vl"))
    throw data_error(parameters.where("mrope_section"),
                     "RoPE over several axes is supported of Qwen2-VL, Qwen2.5-VL and Qwen3-VL alone");
  std::size_t sum = 0;
  const std::vector<double> sections = parameters.numbers("mrope_section").value_or(std::vector<double>{});
  for (const double pairs : sections) {
    if (!(pairs >= 1 && pairs <= static_cast<double>(rule.dims)) || pairs != std::trunc(pairs))
      throw data_error(parameters.where("mrope_section"), shortest(pairs) + " is no number of pairs of columns");
    rule.sections.push_back(static_cast<std::size_t>(pairs));
    sum += rule.sections.back();
  }
  if (sections.size() != 3 || sum != rule.dims / 2)
    throw data_error(parameters.where("mrope_section"),
                     "is not three sections of the " + std::to_string(rule.dims / 2) + " pairs of columns of a head");
  rule.layout = by_turns ? RopeSections::interleaved : RopeSections::sectioned;
}

RopeParameters rope_parameters(const Config& config, const Architecture& row, bool windowed) {
  if (!row.has_rope_parameters) return {};
  const std::optional<Config> older = config.object("rope_scaling");
  std::optional<Config> newer = config.object("rope_parameters");
  if (older && newer && row.local_theta > 0)
    throw data_error(config.where("rope_scaling"), "does not go with rope_parameters");
  if (!newer && !row.default_scheme.empty())
    newer = Config::of(row.default_scheme, config.where("rope_parameters") + " (default)");
  const char* const kind = windowed ? "sliding_attention" : "full_attention";
  if (row.local_theta > 0) {
    if (newer) return {newer->object(kind), true};
    if (!older || (windowed && row.scheme_is_global)) return {{}, true};
    // There is a rope_type before the library reads these members, and so it never looks at the older name.
    if (older->has("type") && !older->has("rope_type"))
      throw data_error(older->where("type"), "is not supported in " + std::string(row.name) + ", only rope_type");
    return {older, true};
  }
  const std::optional<Config>& parameters = older && !older->names().empty() ? older : newer;
  if (!parameters) return {};
  if (std::optional<Config> own = parameters->object(kind)) return {std::move(own), true};
  return {parameters, false};
}

// The part of a head that is rotated, and the member that says it.
std::pair<double, std::string> read_part(const Config& config, const Architecture& row, const Config& parameters,
                                         double head_dim) {
  const std::string_view name = row.rotated_name.empty() ? "partial_rotary_factor" : row.rotated_name;
  const bool counts = !row.rotated_columns_name.empty();
  if (row.has_rope_parameters || !counts)
    for (const auto& [place, member] :
         {std::pair{&parameters, std::string_view("partial_rotary_factor")}, {&config, name}})
      if (const auto part = place->number(member)) return {positive(*place, member, *part), place->where(member)};
  if (counts) {
    const double columns = row.rotated_columns != 0 ? static_cast<double>(row.rotated_columns) : head_dim;
    return {config.number(row.rotated_columns_name).value_or(columns) / head_dim,
            config.where(row.rotated_columns_name)};
  }
  // null takes the class's own part away.
  return {config.is_null("partial_rotary_factor") ? 1 : row.rotated, config.where(name)};
}

}  // namespace

RopeRule read_rope(const Config& config, const Architecture& row, std::int64_t head_dim, bool windowed) {
  RopeRule rule;
  const RopeParameters rope = rope_parameters(config, row, windowed);
  const std::optional<Config>& scheme = rope.scheme;
  const Config parameters = scheme.value_or(Config());
  // Members of the parameters, and those that say the same beside them.
  const auto number_of = [&](std::string_view name, std::string_view beside, double otherwise) {
    if (const auto value = parameters.number(name)) return positive(parameters, name, *value);
    if (const auto value = config.number(beside)) return positive(config, beside, *value);
    return otherwise;
  };
  const bool local = windowed && row.local_theta > 0;
  rule.theta =
      number_of("rope_theta", local ? row.local_theta_name : row.theta_name, local ? row.local_theta : row.theta);
  auto [part, part_place] = read_part(config, row, parameters, static_cast<double>(head_dim));
  // The columns that latent attention turns are apart already.
  if (row.layout == Layout::latent) part = 1;
  if (part > 1) throw data_error(part_place, shortest(part) + " is more than 1");
  const bool is_proportional = scheme && kind_of(parameters, row) == Kind::proportional;
  if (part != 1 && row.rotated_name.empty() && row.rotated_columns_name.empty() && !is_proportional)
    throw data_error(part_place, "layers of " + std::string(row.name) + " rotate whole heads");
  rule.turning = static_cast<std::size_t>(static_cast<double>(head_dim) * part / 2);
  rule.dims = is_proportional ? static_cast<std::size_t>(head_dim)
                              : static_cast<std::size_t>(static_cast<double>(head_dim) * part + 1e-9);
  if (rule.dims % 2 != 0)
    throw data_error(part_place, "RoPE turns pairs of columns, and " + std::to_string(rule.dims) + " is an odd number");
  rule.interleaved = row.interleaved;
  if (row.interleaved_by_config) rule.interleaved = config.truth("rope_interleave").value_or(row.interleaved);
  rule.reach = reach_of(rule, config);
  if (!scheme) return rule;
  // Changes of schemes that some models have made up.
  for (const char* const name : {"alpha", "short_mscale", "long_mscale"})
    if (parameters.has(name)) throw data_error(parameters.where(name), "is not supported");
  const bool several = parameters.has("mrope_section");
  if (several) read_sections(rule, config, parameters);
  rule.kind = several && names_sections(parameters) ? Kind::unscaled : kind_of(parameters, row);
  read_scheme(rule, config, row, rope);
  rule.reach = reach_of(rule, config);
  return rule;
}

bool norms_come_first(const std::optional<Config>& config, const Architecture& row) {
  if (row.norm_before_switch.empty()) return true;
  const std::optional<bool> says = config ? config->truth(row.norm_before_switch) : std::nullopt;
  return says.value_or(row.norm_before_by_default);
}

Norm read_norm_kind(const Config& config, const Architecture& row, Norm kind) {
  const auto says = [&config](std::string_view name, bool otherwise) {
    return name.empty() ? otherwise : config.truth(name).value_or(otherwise);
  };
  if (!says(row.norm_weights_switch, true)) return Norm::layer_unweighted;
  return kind == Norm::layer_unbiased && says(row.norm_bias_switch, false) ? Norm::layer : kind;
}

double usual_epsilon(const Config& config, const Architecture& row) {
  const std::vector<std::string> others = words(row.other_types);
  const std::string type = config.text("model_type").value_or("");
  return std::find(others.begin(), others.end(), type) == others.end() ? row.epsilon : row.other_epsilon;
}

double read_epsilon(const Config& config, std::string_view name, double otherwise) {
  const double epsilon = config.number(name).value_or(otherwise);
  if (!(epsilon >= 0)) throw data_error(config.where(name), shortest(epsilon) + " is less than 0");
  return epsilon;
}

bool read_rotary(const Config& config, const Architecture& row, std::int64_t layer) {
  if (row.rope_layers == RopeLayers::windowed)
    return row.rotary && (config.is_null(row.window_name) || read_window(config, row, layer));
  if (row.rope_layers == RopeLayers::by_kind) return config.text("position_embedding_type") == "rotary";
  if (row.rope_layers == RopeLayers::all) return row.rotary;
  constexpr std::string_view list_name = "no_rope_layers";
  if (const auto list = config.numbers(list_name)) {
    const auto at = static_cast<std::size_t>(layer);
    if (at >= list->size()) throw missing_entry(config, list_name, list->size(), layer);
    return (*list)[at] != 0;
  }
  const std::int64_t every = config.integer("no_rope_layer_interval").value_or(4);
  if (every < 1) throw data_error(config.where("no_rope_layer_interval"), "is less than 1");
  return (layer + 1) % every != 0;
}

// YaRN's second magnitude, which DeepSeek puts into the scale.
double latent_scale(const Config& config, std::int64_t head_dim) {
  double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  for (const char* const name : {"rope_scaling", "rope_parameters"}) {
    const std::optional<Config> parameters = config.object(name);
    const double m = parameters ? parameters->number("mscale_all_dim").value_or(0) : 0;
    if (m == 0 || parameters->text("rope_type").value_or("") == "default") continue;
    const double magnitude = yarn_magnitude(needed(*parameters, "factor"), m);
    return scale * magnitude * magnitude;
  }
  return scale;
}

std::optional<double> read_scale(const Config& config, const Architecture& row, std::int64_t head_dim,
                                 std::int64_t layer) {
  if (row.layout == Layout::latent) return latent_scale(config, head_dim);
  if (row.unscaled) return 1;
  if (!row.scale_name.empty()) return config.number(row.scale_name).value_or(1);
  if (!row.scale_from.empty()) {
    const double from = config.number(row.scale_from).value_or(row.scale_from_default);
    return 1 / std::sqrt(positive(config, row.scale_from, from));
  }
  if (!row.scale_switches) return std::nullopt;
  const bool scaled = config.truth("scale_attn_weights").value_or(true);
  const bool by_layer = config.truth("scale_attn_by_inverse_layer_idx").value_or(false);
  if (scaled && !by_layer) return std::nullopt;
  const double scale = scaled ? 1 / std::sqrt(static_cast<double>(head_dim)) : 1;
  return by_layer ? scale / static_cast<double>(layer + 1) : scale;
}

std::optional<std::int64_t> read_chunk(const Config& config, const Architecture& row, std::int64_t layer) {
  if (!row.chunked) return std::nullopt;
  const auto types = config.texts("layer_types");
  const auto at = static_cast<std::size_t>(layer);
  if (types && at >= types->size()) throw missing_entry(config, "layer_types", types->size(), layer);
  if (types ? (*types)[at] != "chunked_attention" : !read_rotary(config, row, layer)) return std::nullopt;
  constexpr std::string_view name = "attention_chunk_size";
  if (config.is_null(name)) return std::nullopt;
  const std::int64_t keys = config.integer(name).value_or(8192);
  if (keys < 1) throw data_error(config.where(name), "is less than 1");
  return keys;
}

std::optional<QueryTemperature> read_temperature(const Config& config, const Architecture& row, std::int64_t layer) {
  if (row.temperature == Temperature::llama4) {
    if (!config.truth("attn_temperature_tuning").value_or(true) || read_rotary(config, row, layer)) return std::nullopt;
    return QueryTemperature{.beta = config.number("attn_scale").value_or(0.1),
                            .floor = positive(config, "floor_scale", config.number("floor_scale").value_or(8192)),
                            .shift = 1};
  }
  if (row.temperature != Temperature::scaled) return std::nullopt;
  const RopeParameters rope = rope_parameters(config, row, false);
  const std::optional<double> beta = rope.scheme ? rope.scheme->number("llama_4_scaling_beta") : std::nullopt;
  if (!beta) return std::nullopt;
  const double floor = is_trained(kind_of(*rope.scheme, row))
                           ? trained_positions(config, row, rope)
                           : needed(*rope.scheme, "original_max_position_embeddings");
  return QueryTemperature{.beta = *beta, .floor = floor};
}

bool lifts_causal(const Config& config, const Architecture& row) {
  return (row.causal || !row.causal_switch.empty()) && !config.truth("is_causal").value_or(true);
}

bool read_bidirectional(const Config& config, const Architecture& row) {
  constexpr std::string_view name = "use_bidirectional_attention";
  const bool says = config.is_text(name) ? config.text(name) == "all" : config.truth(name).value_or(false);
  if (says && !row.bidirectional) throw data_error(config.where(name), "is not supported");
  return says;
}

double read_softcap(const Config& config, const Architecture& row) {
  if (row.softcap.empty()) return 0;
  const auto cap = config.number(row.softcap);
  if (cap == 0) throw data_error(config.where(row.softcap), "is 0, and scores are divided by it");
  return cap.value_or(config.is_null(row.softcap) ? 0 : row.softcap_default);
}

std::optional<double> read_clip(const Config& config, const Architecture& row) {
  const std::optional<double> clip = row.clip.empty() ? std::nullopt : config.number(row.clip);
  if (clip && *clip < 0) throw data_error(config.where(row.clip), shortest(*clip) + " is less than 0");
  return clip;
}

void check_alias(const Config& config, std::string_view name, std::string_view alias) {
  const auto one = config.integer(name), other = config.integer(alias);
  if (one && other && *one != *other)
    throw data_error(config.where(alias), "is " + std::to_string(*other) + ", but " + std::string(name) + " is " +
                                              std::to_string(*one) + ", and both are the same number");
}

void refuse_unsupported(const Config& config, const Architecture& row) {
  for (const std::string& member : words(row.fixed)) {
    const std::size_t equals = member.find('=');
    const std::string path = member.substr(0, equals), value = member.substr(equals + 1);
    const std::size_t dot = path.find('.');
    const std::string name = path.substr(dot == std::string::npos ? 0 : dot + 1);
    const std::optional<Config> within = dot == std::string::npos ? config : config.object(path.substr(0, dot));
    if (!within) continue;
    if (const std::optional<std::string> found = within->written(name); found && *found != value)
      throw data_error(within->where(name), "'" + printable(*found) + "' is not supported, only " + value);
  }
  if (const auto kind = config.text("position_embedding_type"); kind && kind->starts_with("relative"))
    throw data_error(config.where("position_embedding_type"), "'" + printable(*kind) + "' is not supported");
  // MLX has the member `quantization`.
  for (const char* const name : {"quantization_config", "quantization"}) {
    if (!config.has(name)) continue;
    const std::optional<Config> how = config.is_object(name) ? config.object(name) : std::nullopt;
    const std::string method = how && how->is_text("quant_method") ? *how->text("quant_method") : "";
    throw data_error(config.where(name),
                     "quantised weights" + (method.empty() ? "" : " (" + printable(method) + ")") + " are not read");
  }
  read_bidirectional(config, row);
}

}  // namespace attn::io
