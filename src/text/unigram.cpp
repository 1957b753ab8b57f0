// Unigram: of all ways to cut a piece into tokens, the one with the greatest sum of scores.
#include <algorithm>
#include <limits>

#include "attn/error.hpp"
#include "text/byte_tokens.hpp"
#include "text/model.hpp"
#include "text/settings.hpp"

namespace attn::text {
namespace {

std::size_t length_of_character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

class Unigram : public Model {
 public:
  explicit Unigram(ModelParts parts)
      : Model(std::move(parts.vocabulary), parts.settings.place()), scores_(std::move(parts.scores)) {
    if (const std::optional<std::int64_t> id = parts.settings.integer("unk_id")) {
      if (*id < 0 || static_cast<std::size_t>(*id) >= scores_.size())
        throw data_error(parts.settings.where("unk_id"), std::to_string(*id) + " is not the id of one of " +
                                                             std::to_string(scores_.size()) + " tokens");
      unknown_ = static_cast<TokenId>(*id);
    }
    for (const double score : scores_) unknown_score_ = std::min(unknown_score_, score);
    unknown_score_ -= 10;  // as in SentencePiece
    if (parts.settings.truth("byte_fallback").value_or(false)) byte_tokens_ = find_byte_tokens(vocabulary());
    for (TokenId id = 0; id < scores_.size(); ++id) {
      const std::string_view token = vocabulary().token(id);
      std::uint32_t& longest = longest_[beginning(token)];
      longest = std::max(longest, static_cast<std::uint32_t>(token.size()));
    }
  }

  void tokenize(std::string_view piece, std::vector<ModelToken>& tokens) const override {
    for (const auto& [begin, end] : best_path(piece)) {
      const std::string_view text = piece.substr(begin, end - begin);
      if (const std::optional<TokenId> id = vocabulary().find(text)) {
        tokens.push_back({*id, begin, end, {}});
      } else if (!add_bytes(text, begin, tokens)) {
        tokens.push_back({needed_unknown(), begin, end, std::string(text)});
      }
    }
  }

 private:
  using Part = std::pair<std::size_t, std::size_t>;

  // The best way to come to a byte of the piece.
  struct Node {
    TokenId id = 0;
    double score = 0;
    std::size_t begin = none;
  };
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  // The first two bytes: how long a token is at most is known for each.
  static std::size_t beginning(std::string_view text) {
    const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    return byte(0) << 8U | byte(1);
  }

  TokenId needed_unknown() const {
    if (!unknown_) throw data_error(where() + "/unk_id", "is missing, and the text has a character without a token");
    return *unknown_;
  }

  std::size_t longest_at(std::string_view rest) const {
    return std::max(longest_[beginning(rest)], longest_[beginning(rest.substr(0, 1))]);
  }

  std::vector<Part> best_path(std::string_view piece) const {
    std::vector<Node> nodes(piece.size() + 1);
    const auto offer = [&nodes](std::size_t begin, std::size_t end, TokenId id, double score) {
      Node& node = nodes[end];
      const double sum = nodes[begin].score + score;
      if (node.begin == none || sum > node.score) node = {id, sum, begin};
    };
    for (std::size_t begin = 0; begin < piece.size();) {
      const std::size_t character = length_of_character(piece, begin);
      const std::size_t last = std::min(piece.size(), begin + longest_at(piece.substr(begin)));
      bool has_character = false;
      for (std::size_t end = begin + character; end <= last;
           end += end < piece.size() ? length_of_character(piece, end) : 1) {
        const std::optional<TokenId> id = vocabulary().find(piece.substr(begin, end - begin));
        if (!id) continue;
        offer(begin, end, *id, scores_[*id]);
        has_character = has_character || end - begin == character;
      }
      if (!has_character) offer(begin, begin + character, unknown_ ? *unknown_ : unknown_of_none, unknown_score_);
      begin += character;
    }
    return parts_of(nodes);
  }

  // The path's tokens; of what is unknown, those side by side are one.
  std::vector<Part> parts_of(const std::vector<Node>& nodes) const {
    std::vector<Part> parts;
    bool after_unknown = false;
    for (std::size_t end = nodes.size() - 1; end > 0; end = nodes[end].begin) {
      if (nodes[end].id == unknown_of_none) needed_unknown();
      const bool is_unknown = unknown_ && nodes[end].id == *unknown_;
      if (is_unknown && after_unknown) {
        parts.back().first = nodes[end].begin;
      } else {
        parts.emplace_back(nodes[end].begin, end);
      }
      after_unknown = is_unknown;
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
  }

  bool add_bytes(std::string_view text, std::size_t begin, std::vector<ModelToken>& tokens) const {
    const auto token_of = [this](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
    if (!std::all_of(text.begin(), text.end(), [&](char byte) { return token_of(byte).has_value(); })) return false;
    for (const char byte : text) tokens.push_back({*token_of(byte), begin, begin + text.size(), {}});
    return true;
  }

  static constexpr TokenId unknown_of_none = std::numeric_limits<TokenId>::max();
  std::vector<double> scores_;
  std::optional<TokenId> unknown_;
  double unknown_score_ = std::numeric_limits<double>::infinity();
  ByteTokens byte_tokens_{};                                                  ///< none without byte fallback
  std::vector<std::uint32_t> longest_ = std::vector<std::uint32_t>(0x10000);  ///< token, in bytes, by its beginning
};

}  // namespace

std::unique_ptr<Model> make_unigram(ModelParts parts) { return std::make_unique<Unigram>(std::move(parts)); }

}  // namespace attn::text
