// WordPiece: the longest token of the vocabulary first, then the longest for what is left of the word.
#include <algorithm>

#include "attn/error.hpp"
#include "text/model.hpp"
#include "text/settings.hpp"

namespace attn::text {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

class WordPiece : public Model {
 public:
  explicit WordPiece(ModelParts parts)
      : Model(std::move(parts.vocabulary), parts.settings.place()),
        unknown_(needed_text(parts.settings, "unk_token")),
        prefix_(needed_text(parts.settings, "continuing_subword_prefix")),
        most_characters_(needed_count(parts.settings, "max_input_chars_per_word")) {}

  void tokenize(std::string_view piece, std::vector<ModelToken>& tokens) const override {
    const std::size_t before = tokens.size();
    const auto characters = static_cast<std::size_t>(std::count_if(piece.begin(), piece.end(), begins_character));
    bool is_known = characters <= most_characters_;
    std::string text;
    for (std::size_t begin = 0; is_known && begin < piece.size();) {
      std::size_t end = piece.size();
      text = begin == 0 ? std::string() : prefix_;
      text += piece.substr(begin);
      std::optional<TokenId> id;
      while (end > begin && !(id = vocabulary().find(text))) {
        do {
          --end;
          text.pop_back();
        } while (end > begin && !begins_character(piece[end]));
      }
      is_known = id.has_value();
      if (is_known) tokens.push_back({*id, begin, end, {}});
      begin = end;
    }
    if (is_known) return;
    tokens.resize(before);
    tokens.push_back({unknown_id(unknown_), 0, piece.size(), {}});
  }

 private:
  std::string unknown_, prefix_;
  std::size_t most_characters_;
};

// Every piece is one token, or unknown.
class WordLevel : public Model {
 public:
  explicit WordLevel(ModelParts parts)
      : Model(std::move(parts.vocabulary), parts.settings.place()),
        unknown_(needed_text(parts.settings, "unk_token")) {}

  void tokenize(std::string_view piece, std::vector<ModelToken>& tokens) const override {
    const std::optional<TokenId> id = vocabulary().find(piece);
    tokens.push_back({id ? *id : unknown_id(unknown_), 0, piece.size(), {}});
  }

 private:
  std::string unknown_;
};

}  // namespace

std::unique_ptr<Model> make_word_piece(ModelParts parts) { return std::make_unique<WordPiece>(std::move(parts)); }
std::unique_ptr<Model> make_word_level(ModelParts parts) { return std::make_unique<WordLevel>(std::move(parts)); }

}  // namespace attn::text
