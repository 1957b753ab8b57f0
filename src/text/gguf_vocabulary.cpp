// Reads tokens, kinds and scores, and makes merges of scores.
#include "text/gguf_vocabulary.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"

namespace attn::text {
namespace {

constexpr const char* tokens_key = "tokenizer.ggml.tokens";
constexpr const char* kinds_key = "tokenizer.ggml.token_type";
constexpr const char* scores_key = "tokenizer.ggml.scores";

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

struct ScoredMerge {
  double score = 0;
  std::string_view left, right;
};

}  // namespace

GgufVocabulary GgufVocabulary::read(const io::GgufFile& file) {
  GgufVocabulary vocabulary;
  const auto tokens = file.texts(tokens_key);
  if (!tokens || tokens->empty()) throw data_error(file.where(tokens_key), "is missing or empty");
  vocabulary.tokens = *tokens;
  for (std::size_t id = 0; id < tokens->size(); ++id)
    if (find_invalid_utf8((*tokens)[id]) != std::string_view::npos)
      throw data_error(file.where(tokens_key), "token " + std::to_string(id) + " is not valid UTF-8");
  const std::vector<double> kinds =
      file.numbers(kinds_key).value_or(std::vector<double>(tokens->size(), static_cast<double>(GgufTokenKind::normal)));
  if (kinds.size() != tokens->size())
    throw data_error(file.where(kinds_key), "has " + std::to_string(kinds.size()) + " entries for " +
                                                std::to_string(tokens->size()) + " tokens");
  for (const double kind : kinds) {
    if (!(kind >= 1 && kind <= 6) || kind != std::floor(kind))
      throw data_error(file.where(kinds_key), "has an entry that is no kind of token, which are 1 to 6");
    vocabulary.kinds.push_back(static_cast<GgufTokenKind>(kind));
  }
  return vocabulary;
}

std::optional<std::size_t> GgufVocabulary::id_of(const io::GgufFile& file, const std::string& key) const {
  const std::optional<std::int64_t> id = file.integer(key);
  if (!id) return std::nullopt;
  if (*id < 0 || static_cast<std::size_t>(*id) >= tokens.size())
    throw data_error(file.where(key),
                     std::to_string(*id) + " is no id of the " + std::to_string(tokens.size()) + " tokens");
  return static_cast<std::size_t>(*id);
}

std::optional<std::size_t> GgufVocabulary::find(std::string_view token) const {
  const auto found = std::find(tokens.begin(), tokens.end(), token);
  return found == tokens.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - tokens.begin()));
}

std::vector<std::string_view> merges_of_scores(const io::GgufFile& file, const GgufVocabulary& vocabulary) {
  const std::optional<std::vector<double>> scores = file.numbers(scores_key);
  if (!scores) throw data_error(file.where(scores_key), "is missing, and says which tokens are merged first");
  if (scores->size() != vocabulary.tokens.size())
    throw data_error(file.where(scores_key), "has " + std::to_string(scores->size()) + " entries for " +
                                                 std::to_string(vocabulary.tokens.size()) + " tokens");
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id)
    if (vocabulary.kinds[id] == GgufTokenKind::normal) ids.emplace(vocabulary.tokens[id], id);
  std::vector<ScoredMerge> merges;
  std::vector<std::pair<double, std::size_t>> merged;
  for (const auto& [token, id] : ids) {
    const std::size_t before = merges.size();
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
      if (!begins_character(token[cut])) continue;
      const std::string_view left = token.substr(0, cut), right = token.substr(cut);
      if (ids.contains(left) && ids.contains(right)) merges.push_back({(*scores)[id], left, right});
    }
    if (merges.size() != before) merged.emplace_back((*scores)[id], id);
  }
  std::sort(merged.begin(), merged.end());
  const auto same = std::adjacent_find(merged.begin(), merged.end(),
                                       [](const auto& a, const auto& b) { return !(a.first < b.first); });
  if (same != merged.end())
    throw data_error(file.where(scores_key), "'" + printable(vocabulary.tokens[same->second]) + "' and '" +
                                                 printable(vocabulary.tokens[(same + 1)->second]) +
                                                 "' have the same score, which does not say which is merged first");
  std::sort(merges.begin(), merges.end(), [](const ScoredMerge& a, const ScoredMerge& b) {
    return a.score != b.score ? a.score > b.score : std::tie(a.left, a.right) < std::tie(b.left, b.right);
  });
  std::vector<std::string_view> sides;
  for (const ScoredMerge& merge : merges) sides.insert(sides.end(), {merge.left, merge.right});
  return sides;
}

}  // namespace attn::text
