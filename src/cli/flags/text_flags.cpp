// From flags to what a tokenizer gets.
#include "cli/flags/text_flags.hpp"

#include <array>
#include <tuple>
#include <utility>

#include "attn/read.hpp"
#include "cli/flags/values.hpp"
#include "io/files/encoding.hpp"

namespace attn::cli {
namespace {

std::string read_text(Environment& environment) {
  const FileBytes input = FileBytes::read(environment.in, "standard input");
  io::refuse_wide_encodings(input);
  std::string text(input.bytes());
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

TokenIds read_ids(const std::string& text, const char* flag, bool may_be_several) {
  TokenIds ids;
  ids.where = flag;
  if (text.find_first_not_of("0123456789,-") == std::string::npos) {
    ids.ids = parse_whole_list(text, flag, 0);
    ids.length = ids.ids.size();
    return ids;
  }
  const Tensor numbers = read_tensor(text, TensorKind::number, {.dtype = DType::f64});
  if (numbers.rank() > (may_be_several ? 2 : 1))
    throw data_error(flag, "has the shape " + shape_text(numbers.shape()) +
                               (may_be_several ? ", which is neither (L) nor (B, L)"
                                               : ", and is of one text: several are token_ids of an INPUT"));
  for (const double number : numbers.values<double>()) {
    if (number < 0 || number > 9e15 || number != static_cast<double>(static_cast<std::int64_t>(number)))
      throw data_error(flag, "an id is a whole number of 0 or more");
    ids.ids.push_back(static_cast<std::int64_t>(number));
  }
  ids.has_batch_axis = numbers.rank() == 2;
  ids.batch = ids.has_batch_axis ? numbers.extent(0) : 1;
  ids.length = ids.has_batch_axis ? numbers.extent(1) : ids.ids.size();
  return ids;
}

std::vector<TextToken> tokens_of(const Tokenizer& tokenizer, const TokenSource& source) {
  if (!source.ids) return tokenizer.encode(source.text, source.pair, source.with_special_tokens);
  std::vector<TextToken> tokens;
  for (const std::int64_t id : *source.ids) {
    const std::optional<std::string> text = tokenizer.token(id);
    if (!text)
      throw data_error("--ids", tokenizer.name() + " has no token " + std::to_string(id) + "; its ids go to " +
                                    std::to_string(tokenizer.ids() - 1));
    tokens.push_back({.id = id, .text = *text});
  }
  return tokens;
}

void TextFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Text");
  group.text("--text-pair", pair_, "TEXT", "The second text of a pair, for the tokenizer beside --weights");
  group.text("--ids", ids_, "LIST|FILE", "Take these ids of the vocabulary in the place of a text: N,M,… or FILE");
  group.toggle("--no-special-tokens", no_special_tokens_,
               "Leave out what the tokenizer puts around a text, such as [CLS]");
}

void TextFlags::check(TextUse use, const char* source) const {
  if (use == TextUse::flags) return;
  const bool has_documents = use == TextUse::documents;
  const std::array<std::tuple<const char*, bool, const char*>, 3> flags{
      {{"--ids", ids_.has_value(), "goes with --weights"},
       {"--text-pair", pair_.has_value(), has_documents ? "goes with --text" : "goes with --weights and --text"},
       {"--no-special-tokens", no_special_tokens_ && !has_documents, "goes with --weights and a text"}}};
  for (const auto& [flag, is_given, rule] : flags) {
    if (!is_given) continue;
    if (source == nullptr || use == TextUse::none) throw usage_error(flag, rule);
    throw usage_error(flag, has_documents
                                ? "goes without an INPUT, which says it itself"
                                : "does not go with " + std::string(source) + ", which is read in the place of a text");
  }
}

TokenSource TextFlags::source(Environment& environment, const std::optional<std::string>& text) const {
  if (ids_) {
    const std::array<std::pair<const char*, bool>, 3> others{{{"--text", text.has_value()},
                                                              {"--text-pair", pair_.has_value()},
                                                              {"--no-special-tokens", no_special_tokens_}}};
    for (const auto& [flag, is_given] : others)
      if (is_given) throw usage_error(flag, "does not go with --ids");
    return {.ids = read_ids(*ids_, "--ids", false).ids};
  }
  if (!text) throw usage_error("--list", "tokens needs --text or --ids");
  return {
      .text = *text == "-" ? read_text(environment) : *text, .pair = pair_, .with_special_tokens = !no_special_tokens_};
}

}  // namespace attn::cli
