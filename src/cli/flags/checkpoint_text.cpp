// Words for the note and for --list.
#include "cli/flags/checkpoint_text.hpp"

#include <cmath>
#include <vector>

#include "core/factor_text.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

// "500000" rather than 5e+05.
std::string parameter_text(double number) {
  constexpr double most = 1e15;
  return number == std::trunc(number) && std::abs(number) < most ? std::to_string(static_cast<std::int64_t>(number))
                                                                 : shortest(number);
}

std::string rope_text(const RopeRule& rule, std::optional<std::int64_t> columns) {
  using Kind = RopeRule::Kind;
  std::string text = "RoPE (theta " + parameter_text(rule.theta);
  switch (rule.kind) {
    case Kind::unscaled: break;
    case Kind::linear: text += ", linear by " + parameter_text(rule.factor); break;
    case Kind::dynamic: text += ", dynamic by " + parameter_text(rule.factor); break;
    case Kind::llama3: text += ", llama3 by " + parameter_text(rule.factor); break;
    case Kind::yarn: text += ", yarn by " + parameter_text(rule.factor); break;
    case Kind::longrope: text += ", longrope"; break;
    case Kind::proportional: text += ", proportional"; break;
  }
  if (rule.interleaved) text += ", interleaved";
  if (!rule.sections.empty()) text += ", " + std::to_string(rule.sections.size()) + " axes of positions";
  if (columns && static_cast<std::int64_t>(rule.dims) != *columns)
    text += ", the first " + std::to_string(rule.dims) + " columns";
  return text + ")";
}

}  // namespace

std::string heading_text(const AttentionLayer& layer) {
  std::string text = layer.architecture + (layer.is_cross ? ", attention to the encoder" : "");
  if (!layer.heads) return text;
  text += ": " + counted(static_cast<std::size_t>(*layer.heads), "head");
  if (layer.head_dim) text += " of " + std::to_string(*layer.head_dim) + " columns";
  if (layer.kv_heads && *layer.kv_heads != *layer.heads)
    text += ", " + counted(static_cast<std::size_t>(*layer.kv_heads), "key/value head");
  return text;
}

std::string conventions_text(const AttentionLayer& layer, const AttentionOptions& given, bool lifts_causal) {
  std::vector<std::string> parts;
  if (layer.causal && !lifts_causal) parts.emplace_back("causal mask");
  if (layer.window && layer.window_on_both_sides)
    parts.push_back("window of " + counted(static_cast<std::size_t>(*layer.window - 1), "key") + " on both sides");
  else if (layer.window)
    parts.push_back("window of " + counted(static_cast<std::size_t>(*layer.window), "key"));
  if (layer.chunk) parts.push_back("chunks of " + counted(static_cast<std::size_t>(*layer.chunk), "key"));
  if (layer.is_latent) parts.emplace_back("latent vectors");
  if (layer.clip) parts.push_back("clip at " + shortest(*layer.clip));
  if (layer.has_qk_norm && !given.layer.qk_norm)
    parts.emplace_back(layer.qk_norm.after_rope ? "norm of queries and keys after RoPE" : "norm of queries and keys");
  if (layer.has_value_norm) parts.emplace_back("norm of values");
  if (layer.rope && !given.layer.rope && given.layer.turns) {
    parts.push_back(rope_text(*layer.rope, layer.head_dim));
    if (given.layer.rope_offset != 0) parts.back() += " from position " + std::to_string(given.layer.rope_offset);
  }
  if (layer.temperature)
    parts.push_back("queries that grow with their position (by " + shortest(layer.temperature->beta) + ")");
  if (layer.scale && !given.pipeline.scale && given.pipeline.head_scales.empty())
    parts.push_back(*layer.scale == 1 ? "no scaling" : "scale " + factor_text(*layer.scale));
  if (layer.softcap != 0 && !given.pipeline.softcap) parts.push_back("softcap " + shortest(layer.softcap));
  if (layer.has_alibi) parts.emplace_back("ALiBi");
  if (layer.has_relative_bias) parts.emplace_back("relative position bias");
  if (layer.has_sinks && given.pipeline.sinks.empty()) parts.emplace_back("sinks");
  return joined(parts);
}

}  // namespace attn::cli
