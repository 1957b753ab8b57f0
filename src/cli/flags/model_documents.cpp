// Texts to ids, and ids to what a person reads.
#include "cli/flags/model_documents.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {

const Tokenizer& ModelDocuments::tokenizer(const CheckpointFlags& checkpoint, const std::string& where) {
  if (!tokenizer_) {
    const std::string place = checkpoint.tokenizer_place();
    if (!std::filesystem::exists(checkpoint.path())) FileBytes::open(checkpoint.path());  // says what is wrong
    if (!Tokenizer::is_in(place)) {
      const std::optional<std::string> gguf = checkpoint.gguf();
      throw data_error(where, "needs a tokenizer, and there is none " +
                                  (gguf ? "in the metadata of " + *gguf + ", or beside it: " : "beside the weights: ") +
                                  place +
                                  " has no tokenizer.json, vocab.txt, or vocab.json with merges.txt; --ids takes the "
                                  "ids of the tokens");
    }
    tokenizer_ = Tokenizer::open(place);
  }
  return *tokenizer_;
}

Input ModelDocuments::of_flags(const CheckpointFlags& checkpoint, const TokenSource& source) {
  Input input;
  input.source = source.ids ? "--ids" : "--text";
  if (!source.ids) {
    input.text = source.text;
    input.text_pair = source.pair;
    input.text_where = input.source;
    tokenize(input, checkpoint, source.with_special_tokens);
    return input;
  }
  TokenIds ids;
  ids.where = input.source;
  ids.ids = *source.ids;
  ids.length = ids.ids.size();
  input.token_ids = std::move(ids);
  label(input, checkpoint);
  return input;
}

void ModelDocuments::complete(Input& input, const CheckpointFlags& checkpoint, const TextFlags& flags) {
  if (input.text_pair && !input.text) throw data_error(input.where("text_pair"), "goes with a text");
  if (!input.text && !flags.with_special_tokens())
    throw usage_error("--no-special-tokens", "is of texts, and " + input.source + " has none");
  if (!is_for_model(input)) return;
  if (!input.text) return label(input, checkpoint);
  if (input.token_ids) throw data_error(input.token_ids->where, "does not go with a text: one of them is to be read");
  tokenize(input, checkpoint, flags.with_special_tokens());
}

void ModelDocuments::tokenize(Input& input, const CheckpointFlags& checkpoint, bool with_special_tokens) {
  const std::string& where = input.text_where;
  const Tokenizer& words = tokenizer(checkpoint, where);
  TokenIds ids;
  ids.where = where;
  std::vector<std::string> tokens;
  try {
    for (const TextToken& token : words.encode(*input.text, input.text_pair, with_special_tokens)) {
      tokens.push_back(token.text);
      ids.ids.push_back(token.id);
      ids.types.push_back(token.type);
    }
  } catch (const Error& error) {
    if (!error.where().empty()) throw;
    throw Error(error.kind(), where, error.what());
  }
  input.text_notes = words.notes(*input.text, input.text_pair);
  ids.length = ids.ids.size();
  if (ids.length == 0) throw data_error(where, input.text->empty() ? "the text is empty" : "the text has no tokens");
  if (std::all_of(ids.types.begin(), ids.types.end(), [](std::int64_t type) { return type == 0; })) ids.types.clear();
  if (input.tokens.empty()) input.tokens = std::move(tokens);
  input.token_ids = std::move(ids);
}

// Ids that the tokenizer does not have may be rows of the embeddings all the same: their tokens are their numbers. A
// GGUF file's own tokenizer may be one that attn cannot use: ids do without it.
void ModelDocuments::label(Input& input, const CheckpointFlags& checkpoint) {
  if (!input.tokens.empty() || input.token_ids->batch != 1) return;
  const std::string place = checkpoint.tokenizer_place();
  if (!Tokenizer::is_in(place)) return;
  try {
    tokenizer(checkpoint, input.token_ids->where);
  } catch (const Error&) {
    if (checkpoint.gguf() != place) throw;
    return;
  }
  const Tokenizer& words = *tokenizer_;
  for (const std::int64_t id : input.token_ids->ids)
    input.tokens.push_back(words.token(id).value_or(std::to_string(id)));
}

void ModelDocuments::check_vocabulary(const Input& input, std::size_t size) const {
  if (!input.text) return;
  const TokenIds& ids = *input.token_ids;
  for (const std::int64_t id : ids.ids)
    if (static_cast<std::uint64_t>(id) >= size)
      throw data_error(ids.where, tokenizer_->name() + " gives '" + printable(tokenizer_->token(id).value_or("")) +
                                      "' the id " + std::to_string(id) + ", and the model has " +
                                      counted(size, "word") + ": the two do not belong together");
}

}  // namespace attn::cli
