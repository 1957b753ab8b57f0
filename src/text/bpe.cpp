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
  void set(TokenId left, TokenId right, Merge merge) {
    if (count_ * 2 >= slots_.size()) grow();
    Slot& slot = slots_[index_of(slots_, key_of(left, right))];
    if (!slot.is_used) ++count_;
    slot = {key_of(left, right), merge, true};
  }

  const Merge* find(TokenId left, TokenId right) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[index_of(slots_, key_of(left, right))];
    return slot.is_used ? &slot.merge : nullptr;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Merge merge;
    bool is_used = false;
  };

  static std::uint64_t key_of(TokenId left, TokenId right) { return (std::uint64_t{left} << 32U) | right; }

  // Where the key is, or the free place where it belongs.
  static std::size_t index_of(const std::vector<Slot>& slots, std::uint64_t key) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 20U) & mask;
    while (slots[at].is_used && slots[at].key != key) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    constexpr std::size_t least = 64;
    std::vector<Slot> grown(std::max(least, slots_.size() * 2));
    for (const Slot& slot : slots_)
      if (slot.is_used) grown[index_of(grown, slot.key)] = slot;
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
    read_merges(*parts.merges);
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

  void read_merges(io::JsonReader& reader) {
    reader.begin_array();
    std::string left, right;
    for (std::uint32_t rank = 0; reader.next_element();) {
      if (reader.peek() == io::JsonReader::Kind::array) {
        reader.begin_array();
        const auto side = [&reader] {
          if (!reader.next_element()) throw data_error(reader.here(), "is no pair of tokens");
          return std::string(reader.read_view());
        };
        left = side();
        right = side();
        if (reader.next_element()) throw data_error(reader.here(), "is one more than a pair of tokens has");
      } else {
        const std::string_view both = reader.read_view();
        if (both.starts_with("#version")) continue;
        const std::size_t space = both.find(' ');
        if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
          throw data_error(reader.here(), "is no pair of tokens with a space between them");
        left = both.substr(0, space);
        right = both.substr(space + 1);
      }
      add_merge(reader, left, right, rank++);
    }
  }

  void add_merge(const io::JsonReader& reader, std::string& left, const std::string& right, std::uint32_t rank) {
    const auto id_of = [&](std::string_view token) {
      const std::optional<TokenId> id = vocabulary().find(token);
      if (!id) throw data_error(reader.here(), "the token '" + printable(token) + "' is not in the vocabulary");
      return *id;
    };
    const TokenId left_id = id_of(left), right_id = id_of(right);
    if (right.size() < prefix_.size())
      throw data_error(reader.here(), "the token '" + printable(right) + "' is shorter than continuing_subword_prefix");
    left += std::string_view(right).substr(prefix_.size());
    merges_.set(left_id, right_id, {rank, id_of(left)});
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
