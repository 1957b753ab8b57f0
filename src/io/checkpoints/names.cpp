// Tensors' names to layers.
#include "io/checkpoints/names.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/other_formats.hpp"

namespace attn::io {
namespace {

bool bears_signs(const CheckpointFiles& files, const NamedLayers& found) {
  const std::optional<std::int64_t> first = found.layers.empty() ? std::nullopt : std::optional(found.layers.front());
  const std::vector<std::string> signs = words(found.row->signs);
  return std::all_of(signs.begin(), signs.end(),
                     [&](const std::string& sign) { return files.contains(found.prefix + numbered(sign, first)); });
}

// Whether the output projection is there too: it tells real layers from those that share a name with them.
bool is_whole(const CheckpointFiles& files, const NamedLayers& found) {
  if (found.row->output.empty() || found.layers.empty()) return true;
  return files.contains(numbered(found.attention, found.layers.front()) + std::string(found.row->output) + ".weight");
}

// What config.json says of the part of the model that the layers are of; empty: nothing.
std::string type_of(const CheckpointFiles& files, const NamedLayers& group) {
  const std::optional<Config> config = config_of(files, group.prefix);
  return config ? config->text("model_type").value_or("") : "";
}

// Whether what has not the output projection of its row has that of another.
bool has_other_output(const CheckpointFiles& files, const NamedLayers& found) {
  const std::string path = found.layers.empty() ? found.attention : numbered(found.attention, found.layers.front());
  return std::any_of(architectures().begin(), architectures().end(), [&](const Architecture& row) {
    return !row.output.empty() && files.contains(path + std::string(row.output) + ".weight");
  });
}

std::string with_dot(const std::string& prefix) {
  return prefix.empty() || prefix.back() == '.' ? prefix : prefix + ".";
}

// A row for each path: that of config.json, else the first whose signs are there.
std::vector<NamedLayers> one_row_a_path(const CheckpointFiles& files, const std::vector<NamedLayers>& all) {
  std::vector<NamedLayers> kept;
  std::set<std::string> taken;
  for (const NamedLayers& group : all)
    if (is_model_type(*group.row, type_of(files, group)) && taken.insert(group.attention).second) kept.push_back(group);
  // Another architecture than config.json's is none of its layers.
  if (!kept.empty()) return kept;
  // Layers without an output projection come last: they only share a name with others.
  for (const bool whole : {true, false})
    for (const NamedLayers& group : all)
      if (is_whole(files, group) == whole && bears_signs(files, group) && (whole || !has_other_output(files, group)) &&
          taken.insert(group.attention).second)
        kept.push_back(group);
  return kept;
}

// Names alone could be right by chance: a model that attn does not know may do something else between them.
void check_model_type(const Architecture& row, const std::string& type, const Config& config, const std::string& file) {
  if (is_model_type(row, type)) return;
  if (!is_known_type(type))
    throw data_error(config.where("model_type"),
                     "'" + printable(type) + "' is no model that attn knows, whatever its " + "tensors are called; " +
                         option_name("arch") + " computes its layers by the rules of one that it knows");
  const Architecture& own = architecture_of(type);
  throw data_error(config.where("model_type"), "'" + type + "' does not go with the tensors of " + file +
                                                   ": there is no '" + std::string(own.attention) +
                                                   std::string(own.query) + "' among them; " + option_name("arch") +
                                                   " names the architecture that they are of");
}

// "0-11", "0, 2-5".
std::string ranges_text(const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i;
    while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) ++end;
    ranges.push_back(std::to_string(numbers[i]));
    if (end > i) ranges.back() += (end == i + 1 ? ", " : "-") + std::to_string(numbers[end]);
    i = end + 1;
  }
  return joined(ranges);
}

// ALBERT: the names have the numbers of groups, whose weights several layers share.
void share_groups(NamedLayers& group, const Config& config, const std::string& file) {
  const std::string_view member = group.row->groups_name;
  if (member.empty()) return;
  constexpr std::int64_t usual = 12;  // where config.json does not say
  const std::int64_t layers = config.integer("num_hidden_layers").value_or(usual);
  const std::int64_t groups = config.integer(member).value_or(1);
  const auto count = static_cast<std::int64_t>(group.layers.size());
  if (groups < 1 || groups > count || group.layers[static_cast<std::size_t>(groups - 1)] != groups - 1)
    throw data_error(config.where(member),
                     "is " + std::to_string(groups) + ", but " + file + " has the groups " + ranges_text(group.layers));
  group.layers.clear();
  // As the library rounds it.
  const double share = static_cast<double>(layers) / static_cast<double>(groups);
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    group.layers.push_back(layer);
    group.stored.push_back(static_cast<std::int64_t>(static_cast<double>(layer) / share));
  }
}

// Models that run a part of a known type by rules of their own: masks of phrases in the texts of Grounding DINO.
bool changes_its_parts(const Config& config) {
  const std::string type = config.text("model_type").value_or("");
  return type == "grounding-dino" || type == "mm-grounding-dino";
}

std::string known_names() { return joined(architectures(), &Architecture::name); }

[[noreturn]] void refuse_unknown(const CheckpointFiles& files) {
  if (const auto method = method_of_names(files.names())) throw data_error(files.name(), "has " + *method);
  if (!files.config() && !match_all(files.names()).empty())
    throw data_error(files.name(),
                     "has attention layers under names that several models share, and there is no "
                     "config.json beside it that says which; " +
                         option_name("arch") + " names one");
  std::map<std::string, std::string> stored;  // pattern → the first such name
  for (const std::string& name : files.names()) stored.emplace(without_numbers(name), name);
  // Names end as patterns do, and begin with any prefix: compared without it.
  std::string best, best_wanted;
  std::size_t best_share = 0;
  for (const Architecture& row : architectures()) {
    // Rows with signs have the names of one without.
    if (row.layout == Layout::as_document || !row.signs.empty()) continue;
    const std::string query = std::string(row.query) + (row.layout == Layout::torch ? "" : ".weight");
    const std::string wanted = std::string(row.attention) + query;
    for (const auto& [pattern, name] : stored) {
      // The longest common end, in whole characters, decides among those that are near.
      const std::string tail =
          pattern.size() > wanted.size() + 2 ? pattern.substr(pattern.size() - wanted.size()) : pattern;
      if (nearest_name(tail, {wanted}).empty()) continue;
      std::size_t share = 0;
      while (share < tail.size() && share < wanted.size() &&
             tail[tail.size() - 1 - share] == wanted[wanted.size() - 1 - share])
        ++share;
      if (!best.empty() && share <= best_share) continue;
      best_share = share;
      best = name;
      best_wanted = std::string(row.name) + "'s " + wanted;
    }
  }
  std::string message = "has no attention layer under names that attn recognises (" + known_names() + ")";
  if (!best.empty()) {
    message += "; '" + printable(best) + "' is nearest to " + best_wanted;
  } else if (!files.names().empty()) {
    message += "; its names are like '" + printable(files.names().front()) + "'";
  }
  throw data_error(files.name(), message + "; " + option_name("list") + " shows all");
}

std::string places_of(const std::vector<NamedLayers>& groups) {
  return joined(groups, [](const NamedLayers& group) { return "'" + group.attention + "'"; });
}

// The layers of decoders alone.
void keep_decoders(std::vector<NamedLayers>& all, const CheckpointChoice& choice, const std::string& file) {
  std::erase_if(all, [](const NamedLayers& group) { return group.row->cross == nullptr; });
  if (all.empty())
    throw usage_error(
        option_name(choice.cross ? "cross" : "decoder_text"),
        file + " has no decoder that attends to an encoder" + (choice.prefix ? " under '" + *choice.prefix + "'" : ""));
}

}  // namespace

NamedLayers cross_of(const NamedLayers& decoder) {
  NamedLayers cross = decoder;
  cross.row = decoder.row->cross;
  cross.attention = decoder.prefix + std::string(cross.row->attention);
  return cross;
}

bool is_model_type(const Architecture& row, std::string_view type) {
  const std::vector<std::string> types = words(row.model_types);
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_known_type(std::string_view type) {
  return std::any_of(architectures().begin(), architectures().end(),
                     [&type](const Architecture& row) { return is_model_type(row, type); });
}

const Architecture& architecture_of(std::string_view name) {
  for (const Architecture& row : architectures())
    if (row.name == name) return row;
  for (const Architecture& row : architectures())
    if (is_model_type(row, name)) return row;
  std::vector<std::string> names;
  for (const Architecture& row : architectures()) {
    names.emplace_back(row.name);
    for (std::string& type : words(row.model_types)) names.push_back(std::move(type));
  }
  throw usage_error(option_name("arch"),
                    "'" + std::string(name) + "' is not one of " + known_names() +
                        did_you_mean(name, std::vector<std::string_view>(names.begin(), names.end())));
}

std::optional<Config> model_config(const CheckpointFiles& files) {
  std::optional<Config> config = files.config();
  if (!config || changes_its_parts(*config)) return config;
  // Models of text and images have each part's members apart.
  std::optional<Config> text = config->object("text_config");
  return text ? text : config;
}

std::optional<Config> config_of(const CheckpointFiles& files, const std::string& prefix) {
  std::optional<Config> config = files.config();
  if (!config || changes_its_parts(*config)) return config;
  // Words of a prefix, and the member that its part has.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> parts{{{"vision", "vision_config"},
                                                                                {"visual", "vision_config"},
                                                                                {"audio", "audio_config"},
                                                                                {"qformer", "qformer_config"},
                                                                                {"text", "text_config"},
                                                                                {"encoder.", "encoder"},
                                                                                {"decoder.", "decoder"}}};
  for (const auto& [word, member] : parts)
    if (prefix.find(word) != std::string::npos && config->is_object(member)) return config->object(member);
  return model_config(files);
}

std::vector<NamedLayers> find_layers(const CheckpointFiles& files, const CheckpointChoice& choice) {
  std::vector<NamedLayers> all = match_all(files.names());
  if (!choice.architecture.empty()) {
    const Architecture& row = architecture_of(choice.architecture);
    std::erase_if(all, [&row](const NamedLayers& group) { return group.row->name != row.name; });
  } else {
    all = one_row_a_path(files, all);
    const std::string type = all.empty() ? "" : type_of(files, all.front());
    if (!type.empty()) check_model_type(*all.front().row, type, *config_of(files, all.front().prefix), files.name());
  }
  if (choice.prefix) {
    const std::string wanted = with_dot(*choice.prefix);
    const auto keep = [&all](auto is_meant) {
      const bool any = std::any_of(all.begin(), all.end(), is_meant);
      if (any) std::erase_if(all, std::not_fn(is_meant));
      return any;
    };
    const bool found = keep([&](const NamedLayers& group) { return group.prefix == wanted; }) ||
                       keep([&](const NamedLayers& group) { return group.prefix.ends_with("." + wanted); }) ||
                       keep([&](const NamedLayers& group) { return group.attention.starts_with(wanted); });
    if (!found) all.clear();
  }
  for (NamedLayers& group : all)
    if (const std::optional<Config> config = config_of(files, group.prefix)) share_groups(group, *config, files.name());
  return all;
}

ChosenLayer choose_layer(const CheckpointFiles& files, const CheckpointChoice& choice) {
  std::vector<NamedLayers> all = find_layers(files, choice);
  if (all.empty()) {
    CheckpointChoice anywhere = choice;
    anywhere.prefix.reset();
    const std::vector<NamedLayers> others = choice.prefix ? find_layers(files, anywhere) : std::vector<NamedLayers>{};
    if (others.empty()) refuse_unknown(files);
    throw usage_error(option_name("prefix"), "there is no attention layer under '" + *choice.prefix + "' in " +
                                                 files.name() + "; there are " + places_of(others));
  }
  const auto narrow = [&all](auto keep) {
    if (all.size() > 1 && std::any_of(all.begin(), all.end(), keep)) std::erase_if(all, std::not_fn(keep));
  };
  narrow([&files](const NamedLayers& group) { return is_whole(files, group); });
  if (choice.decoder || choice.cross) {
    keep_decoders(all, choice, files.name());
  } else {
    narrow([](const NamedLayers& group) { return group.row->decoder != nullptr; });  // the encoder, of both
  }
  if (all.size() > 1) {
    throw usage_error(option_name("prefix"),
                      "is needed: " + files.name() + " has attention layers under " + places_of(all));
  }
  ChosenLayer chosen{std::move(all.front()), choice.layer};
  const std::vector<std::int64_t>& layers = chosen.group.layers;
  if (layers.empty()) {
    if (choice.layer) throw usage_error(option_name("layer"), files.name() + " has one layer, without a number");
    return chosen;
  }
  if (!choice.layer && layers.size() > 1)
    throw usage_error(option_name("layer"), "is needed: " + files.name() + " has the layers " + ranges_text(layers));
  if (!choice.layer) chosen.number = layers.front();
  if (std::find(layers.begin(), layers.end(), *chosen.number) == layers.end())
    throw usage_error(option_name("layer"), "there is no layer " + std::to_string(*chosen.number) + " in " +
                                                files.name() + "; there " + (layers.size() == 1 ? "is " : "are ") +
                                                ranges_text(layers));
  return chosen;
}

}  // namespace attn::io
