// Members of config.json to conventions of a layer, as transformers reads them.
#include "io/checkpoints/config.hpp"

#include <array>
#include <cmath>
#include <span>
#include <string>
#include <string_view>

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
constexpr std::array<Scheme, 7> schemes{{{"default", Kind::unscaled},
                                         {"linear", Kind::linear},
                                         {"dynamic", Kind::dynamic},
                                         {"llama3", Kind::llama3},
                                         {"yarn", Kind::yarn},
                                         {"longrope", Kind::longrope},
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

void read_scheme(RopeRule& rule, const Config& config, const Config& parameters) {
  if (rule.kind == Kind::unscaled) return;
  const bool trained = rule.kind == Kind::llama3 || rule.kind == Kind::yarn || rule.kind == Kind::longrope;
  if (trained) {
    const char* const name = "original_max_position_embeddings";
    rule.positions = config.has(name)       ? needed(config, name)
                     : parameters.has(name) ? needed(parameters, name)
                                            : needed(config, "max_position_embeddings");
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
    read_yarn(rule, parameters);
  } else if (rule.kind == Kind::longrope) {
    rule.short_factors = read_factors(rule, parameters, "short_factor");
    rule.long_factors = read_factors(rule, parameters, "long_factor");
    const double own = rule.factor <= 1 ? 1 : std::sqrt(1 + std::log(rule.factor) / std::log(rule.positions));
    rule.magnitude = parameters.number("attention_factor").value_or(own);
  }
}

// The parameters of each layer, or for layers with and without a window apart; none: the members have no object of
// their own.
std::optional<Config> rope_parameters(const Config& config, bool windowed) {
  for (const char* const name : {"rope_parameters", "rope_scaling"}) {
    const std::optional<Config> parameters = config.object(name);
    if (!parameters) continue;
    const std::optional<Config> own = parameters->object(windowed ? "sliding_attention" : "full_attention");
    return own ? *own : *parameters;
  }
  return std::nullopt;
}

}  // namespace

RopeRule read_rope(const Config& config, const Architecture& row, std::int64_t head_dim, bool windowed) {
  RopeRule rule;
  const bool local = windowed && row.local_theta > 0;
  std::optional<Config> parameters = rope_parameters(config, windowed);
  // Gemma 3, before rope_parameters: layers with a window have a base of their own, and no scheme.
  if (local && row.scheme_is_global && !config.has("rope_parameters")) parameters.reset();
  // A name that the parameters have in an object of their own, and that which stands beside it in older files.
  const auto number_of = [&](std::string_view name, std::string_view older, double otherwise) {
    if (parameters) {
      if (const auto value = parameters->number(name)) return positive(*parameters, name, *value);
      if (const auto value = parameters->number(older)) return positive(*parameters, older, *value);
    }
    const auto value = config.number(older);
    return value ? positive(config, older, *value) : otherwise;
  };
  rule.theta =
      number_of("rope_theta", local ? row.local_theta_name : row.theta_name, local ? row.local_theta : row.theta);
  if (row.rotated_name.empty() && parameters && parameters->has("partial_rotary_factor"))
    throw data_error(parameters->where("partial_rotary_factor"), "is not supported");
  const double part = number_of("partial_rotary_factor", row.rotated_name, row.rotated);
  if (part > 1) throw data_error(config.where(row.rotated_name), shortest(part) + " is more than 1");
  rule.dims = static_cast<std::size_t>(static_cast<double>(head_dim) * part);
  if (rule.dims % 2 != 0)
    throw data_error(config.where(row.rotated_name),
                     "RoPE turns pairs of columns, and " + std::to_string(rule.dims) + " is an odd number");
  if (!parameters) return rule;
  if (parameters->has("mrope_section"))
    throw data_error(parameters->where("mrope_section"), "RoPE over several axes is not supported");
  rule.kind = kind_of(*parameters, row);
  read_scheme(rule, config, *parameters);
  return rule;
}

namespace {

// ModernBERT: half of the keys lie before the query, and half after it.
std::int64_t both_sides(const Config& config) {
  constexpr std::int64_t all = 128;  // where config.json does not say
  const char* const half_name = "sliding_window";
  const std::int64_t half = config.integer(half_name).value_or(config.integer("local_attention").value_or(all) / 2);
  if (half < 0) throw data_error(config.where(config.has(half_name) ? half_name : "local_attention"), "is less than 0");
  return half + 1;
}

}  // namespace

std::optional<std::int64_t> read_window(const Config& config, const Architecture& row, std::int64_t layer) {
  const auto window = [&]() -> std::optional<std::int64_t> {
    if (row.windows == Windows::both_sides) return both_sides(config);
    const std::optional<std::int64_t> keys = config.integer("sliding_window");
    if (keys && *keys < 1) throw data_error(config.where("sliding_window"), "is less than 1");
    return keys;
  };
  if (const auto types = config.texts("layer_types")) {
    const auto at = static_cast<std::size_t>(layer);
    if (at >= types->size())
      throw data_error(config.where("layer_types"), "has " + std::to_string(types->size()) +
                                                        " entries, and none for layer " + std::to_string(layer));
    if ((*types)[at] == "full_attention") return std::nullopt;
    if ((*types)[at] == "sliding_attention") return window();
    throw data_error(config.where("layer_types") + "/" + std::to_string(layer),
                     "layers of the type '" + printable((*types)[at]) + "' are not supported");
  }
  switch (row.windows) {
    case Windows::none: return std::nullopt;
    case Windows::all: return window();
    case Windows::from_layer: {
      const bool used = config.truth("use_sliding_window").value_or(false);
      return used && layer >= config.integer("max_window_layers").value_or(28) ? window() : std::nullopt;
    }
    case Windows::alternating: return layer % 2 == 0 ? window() : std::nullopt;
    case Windows::pattern: {
      const std::int64_t every = config.integer("sliding_window_pattern").value_or(6);
      if (every < 1) throw data_error(config.where("sliding_window_pattern"), "is less than 1");
      return (layer + 1) % every != 0 ? window() : std::nullopt;
    }
    case Windows::both_sides: {
      const std::int64_t every = config.integer("global_attn_every_n_layers").value_or(3);
      if (every < 1) throw data_error(config.where("global_attn_every_n_layers"), "is less than 1");
      return layer % every != 0 ? window() : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<double> read_scale(const Config& config, const Architecture& row, std::int64_t head_dim,
                                 std::int64_t layer) {
  if (row.unscaled) return 1;
  if (!row.scale_from.empty())
    if (const auto from = config.number(row.scale_from)) return 1 / std::sqrt(positive(config, row.scale_from, *from));
  if (const auto multiplier = config.number("attention_multiplier")) return multiplier;
  // GPT-2's two switches.
  const bool scaled = config.truth("scale_attn_weights").value_or(true);
  const bool by_layer = config.truth("scale_attn_by_inverse_layer_idx").value_or(false);
  if (scaled && !by_layer) return std::nullopt;
  const double scale = scaled ? 1 / std::sqrt(static_cast<double>(head_dim)) : 1;
  return by_layer ? scale / static_cast<double>(layer + 1) : scale;
}

void refuse_unsupported(const Config& config, const Architecture& row) {
  for (const std::string& member : words(row.fixed)) {
    const std::size_t equals = member.find('=');
    const std::string name = member.substr(0, equals), value = member.substr(equals + 1);
    if (const std::optional<std::string> found = config.written(name); found && *found != value)
      throw data_error(config.where(name), "'" + printable(*found) + "' is not supported, only " + value);
  }
  if (const auto kind = config.text("position_embedding_type"); kind && kind->starts_with("relative"))
    throw data_error(config.where("position_embedding_type"), "'" + printable(*kind) + "' is not supported");
  if (config.truth("use_bidirectional_attention").value_or(false))
    throw data_error(config.where("use_bidirectional_attention"), "is not supported");
}

}  // namespace attn::io
