// Which layers see a window of keys, by config.json.
#include <string>
#include <string_view>
#include <vector>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/config.hpp"

namespace attn::io {
namespace {

// GPT-Neo's kind of each layer: a list, else [[kinds, how often], ...] that spells it.
std::vector<std::string> attention_kinds(const Config& config) {
  if (auto list = config.texts("attention_layers")) return *list;
  const std::optional<Config> runs = config.elements("attention_types");
  if (!runs) throw data_error(config.where("attention_types"), "is missing, and says which layers see a window");
  std::vector<std::string> kinds;
  constexpr std::int64_t most = 10000;  // layers
  for (std::size_t i = 0; i < runs->names().size(); ++i) {
    const std::optional<Config> run = runs->elements(std::to_string(i));
    const std::optional<std::vector<std::string>> names = run ? run->texts("0") : std::nullopt;
    const std::optional<std::int64_t> times = run ? run->integer("1") : std::nullopt;
    if (!names || !times || *times < 0 || *times > most)
      throw data_error(runs->where(std::to_string(i)), "is no list of kinds with a number of times");
    for (std::int64_t n = 0; n < *times; ++n) kinds.insert(kinds.end(), names->begin(), names->end());
  }
  return kinds;
}

// ModernBERT: half of the keys lie before the query, and half after it.
std::int64_t both_sides(const Config& config) {
  constexpr std::int64_t all = 128;  // where config.json does not say
  const char* const half_name = "sliding_window";
  const std::int64_t half = config.integer(half_name).value_or(config.integer("local_attention").value_or(all) / 2);
  if (half < 0) throw data_error(config.where(config.has(half_name) ? half_name : "local_attention"), "is less than 0");
  return half + 1;
}

// Whether the list has `windowed` for the layer, or `full`.
bool is_windowed(const Config& config, std::string_view name, const std::vector<std::string>& kinds, std::int64_t layer,
                 std::string_view windowed, std::string_view full) {
  const auto at = static_cast<std::size_t>(layer);
  if (at >= kinds.size()) throw missing_entry(config, name, kinds.size(), layer);
  if (kinds[at] == windowed) return true;
  if (kinds[at] == full) return false;
  throw data_error(config.where(name) + "/" + std::to_string(layer),
                   "layers of the type '" + printable(kinds[at]) + "' are not supported");
}

std::int64_t whole_number(const Config& config, std::string_view name, std::int64_t otherwise, std::int64_t least) {
  const std::int64_t number = config.integer(name).value_or(otherwise);
  if (number < least) throw data_error(config.where(name), "is less than " + std::to_string(least));
  return number;
}

// Where there is no list.
bool is_windowed(const Config& config, const Architecture& row, std::int64_t layer) {
  const auto is_used = [&config] { return config.truth("use_sliding_window").value_or(false); };
  const auto border = [&] { return whole_number(config, "max_window_layers", row.first_window, 0); };
  const auto step = [&] { return whole_number(config, row.window_step_name, row.window_step, 1); };
  switch (row.windows) {
    case Windows::none:
    case Windows::by_type:
    case Windows::listed: return false;
    case Windows::all_by_type:
    case Windows::all: return true;
    case Windows::all_if_used: return is_used();
    case Windows::from_layer: return is_used() && layer >= border();
    case Windows::upper: return layer >= border();
    case Windows::before_layer: return is_used() && layer % 2 == 0 && layer < border();
    case Windows::without_rope: return is_used() && !read_rotary(config, row, layer);
    case Windows::alternating: return layer % 2 == 0;
    case Windows::both_sides: return layer % whole_number(config, "global_attn_every_n_layers", 3, 1) != 0;
    case Windows::pattern: return (layer + 1) % step() != 0;
    case Windows::after_full: return layer % step() != 0;
  }
  return false;
}

// Such layers ignore the list.
bool are_all_alike(Windows windows) {
  return windows == Windows::none || windows == Windows::all || windows == Windows::all_if_used;
}

}  // namespace

Error missing_entry(const Config& config, std::string_view list, std::size_t entries, std::int64_t layer) {
  return data_error(config.where(list),
                    "has " + std::to_string(entries) + " entries, and none for layer " + std::to_string(layer));
}

std::optional<std::int64_t> read_window(const Config& config, const Architecture& row, std::int64_t layer) {
  bool windowed = false;
  if (row.windows == Windows::listed) {
    const std::string_view name = config.has("attention_layers") ? "attention_layers" : "attention_types";
    windowed = is_windowed(config, name, attention_kinds(config), layer, "local", "global");
  } else if (const auto types = are_all_alike(row.windows) ? std::nullopt : config.texts("layer_types")) {
    const bool is_chunked = row.chunked && static_cast<std::size_t>(layer) < types->size() &&
                            (*types)[static_cast<std::size_t>(layer)] == "chunked_attention";  // no window: read_chunk
    windowed = !is_chunked && is_windowed(config, "layer_types", *types, layer, "sliding_attention", "full_attention");
  } else {
    windowed = is_windowed(config, row, layer);
  }
  if (row.last_sees_all && config.integer("num_hidden_layers") == layer + 1) return std::nullopt;
  if (windowed && row.windows == Windows::both_sides) return both_sides(config);
  if (!windowed || config.is_null(row.window_name)) return std::nullopt;
  const std::int64_t keys = config.integer(row.window_name).value_or(row.window);
  if (keys == 0 && !config.has(row.window_name)) return std::nullopt;
  if (keys < 1) throw data_error(config.where(row.window_name), "is less than 1");
  // The library halves the window whenever it reads such a file.
  const std::int64_t seen = read_bidirectional(config, row) && row.halves_window ? keys / 2 + 1 : keys;
  // As far to both sides as the window is wide, the query not counted.
  return lifts_causal(config, row) ? seen + 1 : seen;
}

}  // namespace attn::io
