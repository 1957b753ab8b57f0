// A hash table with open addresses over the tokens' texts.
#include "text/vocabulary.hpp"

#include <algorithm>
#include <cstring>

namespace attn::text {
namespace {

std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 32U;
  value *= 0x9E3779B97F4A7C15U;
  return value ^ (value >> 29U);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = text.size();
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    hash = mixed(hash ^ word) * 0xC2B2AE3D27D4EB4FU;
    text.remove_prefix(sizeof word);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return mixed(mixed(hash ^ word) * 0xC2B2AE3D27D4EB4FU);
}

}  // namespace

// The slot of the token, or the free one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash) & mask;
  while (slots_[slot].entry != 0) {
    if (slots_[slot].tag == tag_of(hash) && text_of(entries_[slots_[slot].entry - 1]) == token) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Vocabulary::add(std::string_view token, TokenId id) {
  entries_.push_back({text_.size(), static_cast<std::uint32_t>(token.size()), id, hash_of(token)});
  text_ += token;
}

std::optional<std::string_view> Vocabulary::finish() {
  std::size_t slots = 64;
  while (slots < entries_.size() * 2) slots *= 2;
  slots_.assign(slots, {});
  constexpr std::size_t ahead = 16;  // so many entries later, a slot has come from memory
  std::optional<std::string_view> repeated;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i + ahead < entries_.size())
      __builtin_prefetch(&slots_[static_cast<std::size_t>(entries_[i + ahead].hash) & (slots - 1)]);
    const std::string_view token = text_of(entries_[i]);
    Slot& slot = slots_[slot_of(token, entries_[i].hash)];
    if (slot.entry != 0) {
      entries_[slot.entry - 1].id = entries_[i].id;
      repeated = token;
    } else {
      slot = {tag_of(entries_[i].hash), static_cast<std::uint32_t>(i + 1)};
    }
  }
  by_id_.clear();
  by_id_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) by_id_.emplace_back(entries_[i].id, static_cast<std::uint32_t>(i));
  if (!std::is_sorted(by_id_.begin(), by_id_.end())) std::sort(by_id_.begin(), by_id_.end());
  return repeated;
}

std::optional<TokenId> Vocabulary::find(std::string_view token) const {
  if (entries_.empty()) return std::nullopt;
  const std::uint32_t entry = slots_[slot_of(token, hash_of(token))].entry;
  return entry == 0 ? std::nullopt : std::optional(entries_[entry - 1].id);
}

std::vector<std::optional<TokenId>> Vocabulary::find(const std::vector<std::string_view>& tokens) const {
  std::vector<std::optional<TokenId>> found(tokens.size());
  if (entries_.empty()) return found;
  const std::size_t mask = slots_.size() - 1;
  std::vector<std::uint64_t> hashes(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    hashes[i] = hash_of(tokens[i]);
    __builtin_prefetch(&slots_[static_cast<std::size_t>(hashes[i]) & mask]);
  }
  const auto likely_entry = [&](std::size_t i) -> const Entry& {
    const std::uint32_t entry = slots_[static_cast<std::size_t>(hashes[i]) & mask].entry;
    return entries_[entry == 0 ? 0 : entry - 1];
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) __builtin_prefetch(&likely_entry(i));
  for (std::size_t i = 0; i < tokens.size(); ++i) __builtin_prefetch(text_.data() + likely_entry(i).begin);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::uint32_t entry = slots_[slot_of(tokens[i], hashes[i])].entry;
    if (entry != 0) found[i] = entries_[entry - 1].id;
  }
  return found;
}

const Vocabulary::Entry* Vocabulary::entry_of(TokenId id) const {
  // Where all ids are in use, a token's place is its id.
  if (id < by_id_.size() && by_id_[id].first == id && (id + 1 == by_id_.size() || by_id_[id + 1].first != id))
    return &entries_[by_id_[id].second];
  const auto after = std::upper_bound(by_id_.begin(), by_id_.end(), id,
                                      [](TokenId wanted, const auto& entry) { return wanted < entry.first; });
  return after == by_id_.begin() || (after - 1)->first != id ? nullptr : &entries_[(after - 1)->second];
}

std::string_view Vocabulary::token(TokenId id) const {
  const Entry* const entry = entry_of(id);
  return entry == nullptr ? std::string_view() : text_of(*entry);
}

}  // namespace attn::text
