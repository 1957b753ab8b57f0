// The table of post-processors.
#include "text/post_processors.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/byte_tokens.hpp"
#include "text/settings.hpp"
#include "text/unicode.hpp"

namespace attn::text {
namespace {

using io::Config;
using Parts = std::vector<PlacedTokens>;

TokenId id_of(const Config& part, std::string_view name) {
  const std::size_t id = needed_count(part, name);
  if (id > 0x7FFFFFFF) throw data_error(part.where(name), "is no id of a token");
  return static_cast<TokenId>(id);
}

PlacedToken special(TokenId id, std::string text, std::uint32_t type) {
  return {id, std::move(text), 0, 0, type, true, -1};
}

// A member such as ["[SEP]", 102].
PlacedToken needed_special(const Config& part, std::string_view name) {
  const std::optional<Config> pair = part.elements(name);
  if (!pair) throw data_error(part.where(name), "is missing");
  return special(id_of(*pair, "1"), needed_text(*pair, "0"), 0);
}

void set_types(PlacedTokens& tokens, std::uint32_t type) {
  for (PlacedToken& token : tokens) token.type = type;
}

// Takes white space at the ends of tokens out of their places. The space that a first token was given stays, since the
// text has none.
void trim_places(PlacedTokens& tokens, bool adds_space) {
  const char32_t space = byte_level_character(' ');
  const auto is_blank = [space](char32_t c) { return c == space || is_space(c); };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    PlacedToken& token = tokens[i];
    const std::u32string text = utf32_of(token.text);
    const auto leading = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_blank) - text.begin());
    const auto trailing =
        static_cast<std::size_t>(std::find_if_not(text.rbegin(), text.rend(), is_blank) - text.rbegin());
    const bool was_given = (i == 0 || token.begin == 0) && adds_space && leading == 1;
    if (leading > 0 && !was_given) token.begin = std::min(token.begin + leading, token.end);
    if (trailing > 0 && token.end >= trailing) token.end = std::max(token.end - trailing, token.begin);
  }
}

PostProcessor make_byte_level_post_processor(const Config& part) {
  const bool trims = needed_truth(part, "trim_offsets"), adds_space = needed_truth(part, "add_prefix_space");
  return [=](Parts& parts, bool) {
    if (!trims) return;
    for (PlacedTokens& tokens : parts) trim_places(tokens, adds_space);
  };
}

// [CLS] A [SEP], and B [SEP].
PostProcessor make_bert_post_processor(const Config& part) {
  return
      [sep = needed_special(part, "sep"), cls = needed_special(part, "cls")](Parts& parts, bool with_special_tokens) {
        for (std::size_t i = 0; with_special_tokens && i < parts.size(); ++i) {
          if (i == 0) parts[i].insert(parts[i].begin(), cls);
          parts[i].push_back(sep);
          if (i > 0) parts[i].back().type = 1;
        }
      };
}

// <s> A </s>, and </s> B </s>; all of type 0.
PostProcessor make_roberta(const Config& part) {
  const bool trims = needed_truth(part, "trim_offsets"), adds_space = needed_truth(part, "add_prefix_space");
  return [sep = needed_special(part, "sep"), cls = needed_special(part, "cls"), trims, adds_space](
             Parts& parts, bool with_special_tokens) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (trims) trim_places(parts[i], adds_space);
      set_types(parts[i], 0);
      if (!with_special_tokens) continue;
      parts[i].insert(parts[i].begin(), i == 0 ? cls : sep);
      parts[i].push_back(sep);
    }
  };
}

/// One step of a template: the tokens of a text, or special ones.
struct Step {
  int part = -1;  ///< 0, 1: which text; -1: `tokens`
  std::uint32_t type = 0;
  PlacedTokens tokens;
};
using Steps = std::vector<Step>;

// special_tokens: {"[CLS]": {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}}
std::map<std::string, PlacedTokens> special_tokens_of(const Config& part) {
  std::map<std::string, PlacedTokens> tokens;
  const std::optional<Config> specials = part.object("special_tokens");
  if (!specials) return tokens;
  for (const std::string& name : specials->names()) {
    const std::optional<Config> one = specials->object(name);
    if (!one) throw data_error(specials->where(name), "is null");
    const std::optional<Config> ids = one->elements("ids"), texts = one->elements("tokens");
    if (!ids || !texts || ids->names().size() != texts->names().size())
      throw data_error(specials->where(name), "has no ids and as many tokens");
    PlacedTokens& list = tokens[name];
    for (std::size_t i = 0; i < ids->names().size(); ++i)
      list.push_back(special(id_of(*ids, std::to_string(i)), needed_text(*texts, std::to_string(i)), 0));
  }
  return tokens;
}

// [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, …]
Steps steps_of(const Config& part, const char* name, const std::map<std::string, PlacedTokens>& specials) {
  Steps steps;
  for (const Config& piece : needed_parts(part, name)) {
    const std::optional<Config> sequence = piece.object("Sequence"), token = piece.object("SpecialToken");
    if (sequence.has_value() == token.has_value())
      throw data_error(piece.place(), "is neither a Sequence nor a SpecialToken");
    const Config& named = sequence ? *sequence : *token;
    const std::string id = needed_text(named, "id");
    Step step{-1, id_of(named, "type_id"), {}};
    if (sequence) {
      if (id != "A" && id != "B") throw data_error(named.where("id"), "'" + printable(id) + "' is neither A nor B");
      step.part = id == "A" ? 0 : 1;
    } else {
      const auto found = specials.find(id);
      if (found == specials.end())
        throw data_error(named.where("id"), "'" + printable(id) + "' is not among special_tokens");
      step.tokens = found->second;
      set_types(step.tokens, step.type);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

PostProcessor make_template(const Config& part) {
  const std::map<std::string, PlacedTokens> specials = special_tokens_of(part);
  return [single = steps_of(part, "single", specials), pair = steps_of(part, "pair", specials), where = part.place()](
             Parts& parts, bool with_special_tokens) {
    if (parts.size() > 2) throw data_error(where, "comes after another template, which is not supported");
    Parts result;
    for (const Step& step : parts.size() == 2 ? pair : single) {
      if (step.part < 0) {
        if (with_special_tokens) result.push_back(step.tokens);
        continue;
      }
      if (static_cast<std::size_t>(step.part) >= parts.size())
        throw data_error(where + "/single", "uses a second text");
      PlacedTokens& tokens = parts[static_cast<std::size_t>(step.part)];
      set_types(tokens, step.type);
      result.push_back(tokens);
    }
    parts = std::move(result);
  };
}

PostProcessor make_sequence_post_processor(const Config& part) {
  std::vector<PostProcessor> steps;
  for (const Config& step : needed_parts(part, "processors")) steps.push_back(make_post_processor(step));
  return [steps = std::move(steps)](Parts& parts, bool with_special_tokens) {
    for (const PostProcessor& step : steps) step(parts, with_special_tokens);
  };
}

struct PostProcessorRow {
  std::string_view name;
  PostProcessor (*make)(const Config& part);
};
constexpr std::array<PostProcessorRow, 5> post_processor_rows{{{"BertProcessing", make_bert_post_processor},
                                                               {"ByteLevel", make_byte_level_post_processor},
                                                               {"RobertaProcessing", make_roberta},
                                                               {"Sequence", make_sequence_post_processor},
                                                               {"TemplateProcessing", make_template}}};

}  // namespace

PostProcessor make_post_processor(const Config& part) {
  return row_of<PostProcessorRow>(post_processor_rows, part, "post-processor").make(part);
}

}  // namespace attn::text
