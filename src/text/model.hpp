// Models of tokenizers: from a piece of text to tokens.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/json/config.hpp"
#include "io/json/reader.hpp"
#include "text/vocabulary.hpp"

namespace attn::text {

/// A token of a piece of text, and the bytes of the piece that it stands for.
struct ModelToken {
  TokenId id = 0;
  std::size_t begin = 0, end = 0;
  /// What it is shown as, where that is not its text in the vocabulary.
  std::string text;
};

/// What a model is made of.
struct ModelParts {
  io::Config settings;  ///< the members of `model` that are short
  Vocabulary vocabulary;
  std::vector<double> scores;  ///< of a vocabulary that is a list, by id
  bool has_scores = false;
  std::optional<Texts> merges;  ///< the left and the right token of each
};

class Model {
 public:
  explicit Model(Vocabulary vocabulary, std::string where)
      : vocabulary_(std::move(vocabulary)), where_(std::move(where)) {}
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// Appends the tokens of a piece that is not empty. Throws Error (data) if the vocabulary does not have what the
  /// model says of it.
  virtual void tokenize(std::string_view piece, std::vector<ModelToken>& tokens) const = 0;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// `tokenizer.json#/model`
  const std::string& where() const { return where_; }

 protected:
  /// The id of the token for what is unknown. Throws Error (data) if the vocabulary has none.
  TokenId unknown_id(std::string_view token) const;

 private:
  Vocabulary vocabulary_;
  std::string where_;
};

// The makers of the table's rows. Each throws Error (data) for settings that are missing or not supported.
std::unique_ptr<Model> make_bpe(ModelParts parts);
std::unique_ptr<Model> make_unigram(ModelParts parts);
std::unique_ptr<Model> make_word_level(ModelParts parts);
std::unique_ptr<Model> make_word_piece(ModelParts parts);

/// The member `model`, at which the reader is. Throws Error (data) for what is missing or not supported.
std::unique_ptr<Model> read_model(io::JsonReader& reader);

}  // namespace attn::text
