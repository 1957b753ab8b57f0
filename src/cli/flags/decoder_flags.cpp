// From flags to the ids of a decoder.
#include "cli/flags/decoder_flags.hpp"

#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "cli/flags/text_flags.hpp"

namespace attn::cli {

void DecoderFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Text");
  group.text("--decoder-text", text_, "TEXT",
             "Of a model with an encoder and a decoder: the text of the decoder, whose attention is shown");
  group.text("--decoder-ids", ids_, "LIST|FILE", "The same as ids of the vocabulary, the first one included");
}

void DecoderFlags::check(bool runs_model) const {
  if (!given()) return;
  const char* const flag = text_ ? "--decoder-text" : "--decoder-ids";
  if (!runs_model) throw usage_error(flag, "is of whole models: it goes with --weights, and a text or the ids of one");
  if (text_ && ids_) throw usage_error("--decoder-ids", "does not go with --decoder-text");
}

void DecoderFlags::complete(Input& input, const Model& model, bool with_special_tokens,
                            const std::function<const Tokenizer&(const std::string& where)>& tokenizer) const {
  if (!given() || !model.is_decoder()) return;
  TokenIds& ids = input.decoder_ids.emplace();
  if (ids_) {
    ids = read_ids(*ids_, "--decoder-ids", true);
  } else {
    ids.where = "--decoder-text";
    std::vector<TextToken> tokens = tokenizer(ids.where).encode(*text_, std::nullopt, with_special_tokens);
    while (!tokens.empty() && tokens.back().is_special) tokens.pop_back();
    ids.ids.push_back(model.decoder_start());
    for (const TextToken& token : tokens) ids.ids.push_back(token.id);
    ids.length = ids.ids.size();
  }
  if (ids.ids.empty()) throw data_error(ids.where, "there are no tokens");
  if (ids.batch != 1 || (ids_ && input.tokens.empty())) return;
  for (const std::int64_t id : ids.ids)
    input.decoder_tokens.push_back(tokenizer(ids.where).token(id).value_or(std::to_string(id)));
}

}  // namespace attn::cli
