// Byte-pair encoding: characters, of which the pair that was merged first in training is merged first.
#include <algorithm>
#include <queue>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/byte_tokens.hpp"
#include "text/model.hpp"
#include "text/settings.hpp"

namespace attn::text {
namespace {

struct Merge {
  std::uint32_t rank = 0;
  TokenId result = 0;
};

/// What two tokens that stand side by side become: a hash table with open addresses.
class Merges {
 public:
  void reserve(std::size_t count) {
    std::size_t slots = least;
    while (slots < count * 2) slots *= 2;
    slots_.assign(slots, {});
  }

  void set(TokenId left, TokenId right, Merge merge) {
    if (count_ * 2 >= slots_.size()) grow();
    Slot& slot = slots_[index_of(slots_, key_of(left, right))];
    if (slot.key == unused) ++count_;
    slot = {key_of(left, right), merge};
  }

  /// Has memory fetch what the pair's `set` will need.
  void prefetch(TokenId left, TokenId right) const {
    __builtin_prefetch(&slots_[place_of(key_of(left, right)) & (slots_.size() - 1)]);
  }

  const Merge* find(TokenId left, TokenId right) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[index_of(slots_, key_of(left, right))];
    return slot.key == unused ? nullptr : &slot.merge;
  }

 private:
  static constexpr std::uint64_t unused = ~std::uint64_t{0};  // of no pair: ids end at 2³¹
  static constexpr std::size_t least = 64;
  struct Slot {
    std::uint64_t key = unused;
    Merge merge;
  };

  static std::uint64_t key_of(TokenId left, TokenId right) { return (std::uint64_t{left} << 32U) | right; }

  static std::size_t place_of(std::uint64_t key) {
    key = (key ^ (key >> 29U)) * 0xBF58476D1CE4E5B9U;
    key = (key ^ (key >> 32U)) * 0x94D049BB133111EBU;
    return static_cast<std::size_t>(key >> 32U);
  }

  // Where the key is, or the free place where it belongs.
  static std::size_t index_of(const std::vector<Slot>& slots, std::uint64_t key) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = place_of(key) & mask;
    while (slots[at].key != unused && slots[at].key != key) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> grown(std::max(least, slots_.size() * 2));
    for (const Slot& slot : slots_)
      if (slot.key != unused) grown[index_of(grown, slot.key)] = slot;
    slots_ = std::move(grown);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

/// A token of a word while its pairs are merged.
struct Symbol {
  TokenId id = 0;
  std::ptrdiff_t previous = -1, next = -1;  ///< -1: none
  std::size_t length = 0;                   ///< in bytes; 0: merged into another
};

class Word {
 public:
  void add(TokenId id, std::size_t length) {
    const auto at = static_cast<std::ptrdiff_t>(symbols_.size());
    if (at > 0) symbols_.back().next = at;
    symbols_.push_back({id, at - 1, -1, length});
  }

  void merge(const Merges& merges) {
    for (std::size_t i = 0; i + 1 < symbols_.size(); ++i) want(merges, static_cast<std::ptrdiff_t>(i));
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      Symbol& left = symbols_[static_cast<std::size_t>(best.at)];
      if (left.length == 0 || left.next < 0) continue;
      Symbol& right = symbols_[static_cast<std::size_t>(left.next)];
      // The pair may have become another one meanwhile.
      const Merge* const merge = merges.find(left.id, right.id);
      if (merge == nullptr || merge->result != best.result) continue;
      left.id = best.result;
      left.length += right.length;
      left.next = right.next;
      right.length = 0;
      if (left.next >= 0) symbols_[static_cast<std::size_t>(left.next)].previous = best.at;
      if (left.previous >= 0) want(merges, left.previous);
      want(merges, best.at);
    }
  }

  const std::vector<Symbol>& symbols() const { return symbols_; }

 private:
  struct Candidate {
    std::uint32_t rank = 0;
    std::ptrdiff_t at = 0;
    TokenId result = 0;
    bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
  };

  // The pair that begins there goes into the queue, if it can be merged.
  void want(const Merges& merges, std::ptrdiff_t at) {
    const Symbol& left = symbols_[static_cast<std::size_t>(at)];
    if (left.next < 0) return;
    const Merge* const merge = merges.find(left.id, symbols_[static_cast<std::size_t>(left.next)].id);
    if (merge != nullptr) queue_.push({merge->rank, at, merge->result});
  }

  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> queue_;
};

class Bpe : public Model {
 public:
  explicit Bpe(ModelParts parts)
      : Model(std::move(parts.vocabulary), parts.settings.place()),
        unknown_(parts.settings.text("unk_token")),
        prefix_(parts.settings.text("continuing_subword_prefix").value_or("")),
        suffix_(parts.settings.text("end_of_word_suffix").value_or("")),
        fuses_unknown_(parts.settings.truth("fuse_unk").value_or(false)),
        falls_back_to_bytes_(parts.settings.truth("byte_fallback").value_or(false)),
        ignores_merges_(parts.settings.truth("ignore_merges").value_or(false)) {
    if (parts.settings.number("dropout").value_or(0) != 0)
      throw data_error(parts.settings.where("dropout"), "draws tokens at random, which is not supported");
    if (!parts.merges) throw data_error(parts.settings.where("merges"), "is missing");
    const std::size_t count = parts.merges->size() / 2;
    merges_.reserve(count);
    constexpr std::size_t many = 128;
    for (std::size_t i = 0; i < count; i += many) add_merges(*parts.merges, i, std::min(count, i + many));
    if (falls_back_to_bytes_) byte_tokens_ = find_byte_tokens(vocabulary());
  }

  void tokenize(std::string_view piece, std::vector<ModelToken>& tokens) const override {
    if (ignores_merges_) {
      if (const std::optional<TokenId> id = vocabulary().find(piece)) {
        tokens.push_back({*id, 0, piece.size(), {}});
        return;
      }
    }
    Word word = characters_of(piece);
    word.merge(merges_);
    std::size_t begin = 0;
    for (const Symbol& symbol : word.symbols()) {
      if (symbol.length == 0) continue;
      tokens.push_back({symbol.id, begin, begin + symbol.length, {}});
      begin += symbol.length;
    }
  }

 private:
  // Text that no token stands for and that is not in the word yet.
  struct Unknown {
    TokenId id = 0;
    std::size_t length = 0;  ///< 0: there is none
  };

  // Some merges from the one of this rank on: in steps over all of them, so that memory is not waited for token by
  // token.
  void add_merges(const Texts& tokens, std::size_t first, std::size_t last) {
    const auto refuse = [&](std::size_t rank, const std::string& message) {
      throw data_error(where() + "/merges", "merge " + std::to_string(rank) + ": " + message);
    };
    const auto ids_of = [&](const std::vector<std::string_view>& texts, std::size_t texts_of_merge) {
      std::vector<std::optional<TokenId>> ids = vocabulary().find(texts);
      for (std::size_t i = 0; i < ids.size(); ++i)
        if (!ids[i])
          refuse(first + i / texts_of_merge, "the token '" + printable(texts[i]) + "' is not in the vocabulary");
      return ids;
    };
    std::vector<std::string_view> sides, results;
    for (std::size_t i = 2 * first; i < 2 * last; ++i) sides.push_back(tokens[i]);
    const std::vector<std::optional<TokenId>> side_ids = ids_of(sides, 2);
    Texts joined;
    for (std::size_t i = 0; i < sides.size(); i += 2) {
      if (sides[i + 1].size() < prefix_.size())
        refuse(first + i / 2, "the token '" + printable(sides[i + 1]) + "' is shorter than continuing_subword_prefix");
      joined.append(sides[i]);
      joined.add(sides[i + 1].substr(prefix_.size()));
    }
    for (std::size_t i = 0; i < joined.size(); ++i) results.push_back(joined[i]);
    const std::vector<std::optional<TokenId>> result_ids = ids_of(results, 1);
    for (std::size_t i = 0; i < results.size(); ++i) merges_.prefetch(*side_ids[2 * i], *side_ids[2 * i + 1]);
    for (std::size_t i = 0; i < results.size(); ++i)
      merges_.set(*side_ids[2 * i], *side_ids[2 * i + 1], {static_cast<std::uint32_t>(first + i), *result_ids[i]});
  }

  Word characters_of(std::string_view piece) const {
    Word word;
    Unknown unknown;
    const auto flush = [&word, &unknown] {
      if (unknown.length != 0) word.add(unknown.id, unknown.length);
      unknown.length = 0;
    };
    std::string text;
    for (std::size_t begin = 0, end = 0; begin < piece.size(); begin = end) {
      do ++end;
      while (end < piece.size() && (static_cast<unsigned char>(piece[end]) & 0xC0U) == 0x80);
      text = begin == 0 ? std::string() : prefix_;
      text += piece.substr(begin, end - begin);
      if (end == piece.size()) text += suffix_;
      if (const std::optional<TokenId> id = vocabulary().find(text)) {
        flush();
        word.add(*id, end - begin);
      } else if (!add_bytes(word, text) && unknown_) {
        if (!fuses_unknown_) flush();
        unknown = {unknown.length != 0 ? unknown.id : unknown_id(*unknown_), unknown.length + end - begin};
      }
    }
    flush();
    return word;
  }

  // The tokens of the text's bytes, if the vocabulary has all of them.
  bool add_bytes(Word& word, std::string_view text) const {
    if (!falls_back_to_bytes_) return false;
    const auto token_of = [this](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
    if (!std::all_of(text.begin(), text.end(), [&](char byte) { return token_of(byte).has_value(); })) return false;
    for (const char byte : text) word.add(*token_of(byte), 1);
    return true;
  }

  std::optional<std::string> unknown_;
  std::string prefix_, suffix_;
  bool fuses_unknown_, falls_back_to_bytes_, ignores_merges_;
  Merges merges_;
  ByteTokens byte_tokens_{};
};

}  // namespace

std::unique_ptr<Model> make_bpe(ModelParts parts) { return std::make_unique<Bpe>(std::move(parts)); }

}  // namespace attn::text
