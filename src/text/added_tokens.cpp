// Finds added tokens: the leftmost, and of those the longest.
#include "text/added_tokens.hpp"

#include <algorithm>
#include <tuple>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/settings.hpp"
#include "text/unicode.hpp"

namespace attn::text {

AddedTokens::AddedTokens(const std::vector<io::Config>& tokens, const Vocabulary& vocabulary,
                         const Normalizer& normalizer)
    : next_(static_cast<TokenId>(vocabulary.size())) {
  for (const io::Config& part : tokens) add(part, vocabulary);
  for (const auto& [id, token] : by_id_) {
    AlignedText content = AlignedText::of(token.content);
    if (token.is_normalized && normalizer) normalizer(content);
    std::u32string text = utf32_of(content.utf8());
    if (text.empty()) throw data_error(places_.at(id), "the normalizer leaves nothing of this token");
    std::vector<Target>& list = (token.is_normalized ? normalized_ : raw_)[text.front()];
    list.push_back({std::move(text), id});
  }
  sort(raw_);
  sort(normalized_);
}

void AddedTokens::add(const io::Config& part, const Vocabulary& vocabulary) {
  const AddedToken token{.content = needed_text(part, "content"),
                         .is_single_word = needed_truth(part, "single_word"),
                         .strips_left = needed_truth(part, "lstrip"),
                         .strips_right = needed_truth(part, "rstrip"),
                         .is_normalized = needed_truth(part, "normalized"),
                         .is_special = needed_truth(part, "special")};
  if (token.content.empty()) return;
  const auto known = find(token.content);
  const auto own = known ? known : vocabulary.find(token.content);
  const TokenId id = own ? *own : next_++;
  ids_[token.content] = id;
  by_id_[id] = token;
  places_[id] = part.place();
}

void AddedTokens::sort(Targets& targets) const {
  for (auto& [first, list] : targets) {
    std::sort(list.begin(), list.end(), [](const Target& a, const Target& b) {
      return a.text.size() != b.text.size() ? a.text.size() > b.text.size()
                                            : std::tie(a.text, a.id) < std::tie(b.text, b.id);
    });
    const auto same =
        std::adjacent_find(list.begin(), list.end(), [](const Target& a, const Target& b) { return a.text == b.text; });
    if (same != list.end()) throw data_error(places_.at((same + 1)->id), "is another token after normalization");
  }
}

const AddedToken* AddedTokens::find(TokenId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::optional<TokenId> AddedTokens::find(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Pieces AddedTokens::cut(const AlignedText& text, const Targets& targets) const {
  const std::vector<AlignedChar>& chars = text.chars();
  const auto value = [&chars](std::size_t i) { return chars[i].value; };
  const auto fits = [&](std::size_t at, const Target& target) {
    return target.text.size() <= chars.size() - at &&
           std::equal(target.text.begin(), target.text.end(), chars.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char32_t c, const AlignedChar& own) { return c == own.value; });
  };
  Pieces pieces;
  std::size_t covered = 0;
  for (std::size_t at = 0; at < chars.size();) {
    const auto list = targets.find(value(at));
    const Target* found = nullptr;
    if (list != targets.end()) {
      const auto target =
          std::find_if(list->second.begin(), list->second.end(), [&](const Target& one) { return fits(at, one); });
      if (target != list->second.end()) found = &*target;
    }
    if (found == nullptr) {
      ++at;
      continue;
    }
    std::size_t begin = at, end = at + found->text.size();
    at = end;
    const AddedToken& token = by_id_.at(found->id);
    const bool is_in_word = (begin > 0 && is_word(value(begin - 1))) || (end < chars.size() && is_word(value(end)));
    if (token.is_single_word && is_in_word) continue;
    if (token.strips_left) {
      while (begin > 0 && is_space(value(begin - 1))) --begin;
      begin = std::max(begin, covered);  // the token before may have taken the spaces
    }
    while (token.strips_right && end < chars.size() && is_space(value(end))) ++end;
    if (covered < begin) pieces.push_back({text.slice(covered, begin), std::nullopt});
    pieces.push_back({text.slice(begin, end), found->id});
    covered = end;
  }
  if (covered < chars.size()) pieces.push_back({text.slice(covered, chars.size()), std::nullopt});
  return pieces;
}

Pieces AddedTokens::extract(std::string_view text, const Normalizer& normalizer) const {
  Pieces pieces;
  for (Piece& piece : cut(AlignedText::of(text), raw_)) {
    if (piece.added) {
      pieces.push_back(std::move(piece));
      continue;
    }
    if (normalizer) normalizer(piece.text);
    for (Piece& part : cut(piece.text, normalized_)) pieces.push_back(std::move(part));
  }
  return pieces;
}

}  // namespace attn::text
