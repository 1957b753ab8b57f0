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

constexpr std::size_t least_slots = 64;

}  // namespace

// The slot of the token, or the free one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash) & mask;
  while (slots_[slot] != 0) {
    const Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && text_of(entry) == token) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Vocabulary::grow() {
  slots_.assign(std::max(least_slots, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = static_cast<std::size_t>(entries_[i].hash) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

bool Vocabulary::add(std::string_view token, TokenId id) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const std::uint64_t hash = hash_of(token);
  const std::size_t slot = slot_of(token, hash);
  if (slots_[slot] != 0) {
    entries_[slots_[slot] - 1].id = id;
    return false;
  }
  entries_.push_back({text_.size(), static_cast<std::uint32_t>(token.size()), id, hash});
  text_ += token;
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  return true;
}

void Vocabulary::finish() {
  by_id_.clear();
  by_id_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) by_id_.emplace_back(entries_[i].id, static_cast<std::uint32_t>(i));
  if (!std::is_sorted(by_id_.begin(), by_id_.end())) std::sort(by_id_.begin(), by_id_.end());
}

std::optional<TokenId> Vocabulary::find(std::string_view token) const {
  if (entries_.empty()) return std::nullopt;
  const std::uint32_t entry = slots_[slot_of(token, hash_of(token))];
  return entry == 0 ? std::nullopt : std::optional(entries_[entry - 1].id);
}

const Vocabulary::Entry* Vocabulary::entry_of(TokenId id) const {
  const auto after = std::upper_bound(by_id_.begin(), by_id_.end(), id,
                                      [](TokenId wanted, const auto& entry) { return wanted < entry.first; });
  return after == by_id_.begin() || (after - 1)->first != id ? nullptr : &entries_[(after - 1)->second];
}

std::string_view Vocabulary::token(TokenId id) const {
  const Entry* const entry = entry_of(id);
  return entry == nullptr ? std::string_view() : text_of(*entry);
}

}  // namespace attn::text
