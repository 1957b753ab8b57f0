// Matching of names, with numbers of layers and prefixes.
#include "io/checkpoints/match.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/number.hpp"

namespace attn::io {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::size_t longest_number = 9;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= longest_number && text.find_first_not_of(digits) == std::string_view::npos;
}

std::int64_t to_number(std::string_view text) {
  long long number = 0;
  parse_integer(text, number);
  return number;
}

struct Match {
  std::string prefix;
  std::string attention;
  std::optional<std::int64_t> layer;
};

// "model.layers.3.self_attn.q_proj.weight" under "layers.N.self_attn.q_proj.weight".
std::optional<Match> match_numbered(std::string_view name, const Architecture& row, std::string_view key) {
  const std::size_t place = row.attention.find('N');
  const std::string_view before = row.attention.substr(0, place), after = row.attention.substr(place + 1);
  if (!name.ends_with(key)) return std::nullopt;
  name.remove_suffix(key.size());
  if (!name.ends_with(after)) return std::nullopt;
  name.remove_suffix(after.size());
  const std::size_t last = name.find_last_not_of(digits);
  const std::size_t start = last == std::string_view::npos ? 0 : last + 1;
  if (!is_number(name.substr(start))) return std::nullopt;
  const std::int64_t layer = to_number(name.substr(start));
  name = name.substr(0, start);
  if (!name.ends_with(before)) return std::nullopt;
  name.remove_suffix(before.size());
  if (!name.empty() && name.back() != '.') return std::nullopt;
  return Match{std::string(name), std::string(name) + std::string(row.attention), layer};
}

// A module's own names below any path; the last number in the path is the layer's.
std::optional<Match> match_anywhere(std::string_view name, std::string_view key) {
  if (!name.ends_with(key)) return std::nullopt;
  name.remove_suffix(key.size());
  if (!name.empty() && name.back() != '.') return std::nullopt;
  std::string path(name);
  for (std::size_t end = path.empty() ? std::string::npos : path.size() - 1; end != std::string::npos && end > 0;) {
    const std::size_t dot = path.rfind('.', end - 1);
    const std::size_t start = dot == std::string::npos ? 0 : dot + 1;
    const std::string part = path.substr(start, end - start);
    if (is_number(part)) return Match{path.replace(start, part.size(), "N"), path, to_number(part)};
    end = dot;
  }
  return Match{path, path, std::nullopt};
}

std::optional<Match> match(const std::string& name, const Architecture& row) {
  switch (row.layout) {
    case Layout::torch:
      for (const std::string_view key : {"in_proj_weight", "q_proj_weight"})
        if (auto found = match_anywhere(name, key)) return found;
      return std::nullopt;
    case Layout::as_document:
      for (const std::string_view key : {"W_q", "q_proj.weight"})
        if (name == key) return Match{};
      return std::nullopt;
    default: return match_numbered(name, row, std::string(row.query) + ".weight");
  }
}

}  // namespace

std::vector<NamedLayers> match_all(const std::vector<std::string>& names) {
  std::vector<NamedLayers> all;
  for (const Architecture& row : architectures()) {
    std::map<std::string, NamedLayers> by_path;
    for (const std::string& name : names) {
      const std::optional<Match> found = match(name, row);
      if (!found) continue;
      NamedLayers& group = by_path[found->attention];
      group.row = row.decoder != nullptr && found->prefix.ends_with("decoder.") ? row.decoder : &row;
      group.prefix = found->prefix;
      group.attention = found->attention;
      if (found->layer) group.layers.push_back(*found->layer);
    }
    for (auto& [path, group] : by_path) {
      std::sort(group.layers.begin(), group.layers.end());
      group.layers.erase(std::unique(group.layers.begin(), group.layers.end()), group.layers.end());
      all.push_back(std::move(group));
    }
  }
  return all;
}

std::string numbered(std::string_view pattern, std::optional<std::int64_t> layer) {
  std::string text(pattern);
  for (std::size_t at = 0; layer && (at = text.find('N', at)) != std::string::npos; ++at) {
    const bool alone = (at == 0 || text[at - 1] == '.') && (at + 1 == text.size() || text[at + 1] == '.');
    if (alone) return text.replace(at, 1, std::to_string(*layer));
  }
  return text;
}

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

std::string without_numbers(const std::string& name) {
  std::string pattern;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    const std::string part = name.substr(at, dot - at);
    pattern += (at == 0 ? "" : ".") + (is_number(part) ? "N" : part);
    at = dot + 1;
  }
  return pattern;
}

}  // namespace attn::io
