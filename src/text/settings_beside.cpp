// Compares what changes ids: settings of the parts that a text is led through, and tokens that are found in it.
#include "text/settings_beside.hpp"

#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/utf8.hpp"

namespace attn::text {
namespace {

using io::Config;

// What a file that is not read otherwise has: a member of another type says nothing.
std::optional<bool> truth_of(const Config& settings, std::string_view name) {
  const std::optional<std::string> written = settings.is_text(name) ? std::nullopt : settings.written(name);
  if (written == "true") return true;
  if (written == "false") return false;
  return std::nullopt;
}

const char* word_of(bool truth) { return truth ? "true" : "false"; }

// A setting of tokenizer_config.json, and what the part in tokenizer.json has for it.
struct Setting {
  const char* name;
  const char* member;
  std::optional<bool> own;
};

std::vector<Setting> settings_of(const TokenizerParts& parts) {
  std::vector<Setting> settings;
  if (parts.byte_level_pre_tokenizer)
    settings.push_back({"add_prefix_space", "the add_prefix_space of its ByteLevel",
                        parts.byte_level_pre_tokenizer->truth("add_prefix_space")});
  if (parts.bert_normalizer) {
    const Config& bert = *parts.bert_normalizer;
    const std::optional<bool> lowers = bert.truth("lowercase"), strips = bert.truth("strip_accents");
    settings.push_back({"do_lower_case", "the lowercase of its BertNormalizer", lowers});
    settings.push_back({"strip_accents", "the strip_accents of its BertNormalizer", strips ? strips : lowers});
    settings.push_back({"tokenize_chinese_chars", "the handle_chinese_chars of its BertNormalizer",
                        bert.truth("handle_chinese_chars")});
  }
  return settings;
}

std::optional<std::string> content_of(const Config& object) {
  return object.is_text("content") ? object.text("content") : std::nullopt;
}

// The tokens that a member names: a text, an object with a `content`, or a list or an object of these.
void collect(const Config& settings, std::string_view name, std::vector<std::string>& contents, bool is_inner = false) {
  if (settings.is_text(name)) {
    contents.push_back(*settings.text(name));
    return;
  }
  const bool is_list = settings.is_list(name);
  if (!is_list && !settings.is_object(name)) return;
  const Config inner = is_list ? *settings.elements(name) : *settings.object(name);
  if (const std::optional<std::string> content = content_of(inner); content && !is_list) {
    contents.push_back(*content);
  } else if (!is_inner) {
    for (const std::string& member : inner.names()) collect(inner, member, contents, true);
  }
}

bool is_otherwise(const Config& listed, const AddedToken& own) {
  const auto is = [&](std::string_view name) { return truth_of(listed, name).value_or(false); };
  return is("single_word") != own.is_single_word || is("lstrip") != own.strips_left ||
         is("rstrip") != own.strips_right || is("normalized") != own.is_normalized;
}

}  // namespace

SettingsBeside::SettingsBeside(const Config& settings, const TokenizerParts& parts, const AddedTokens& added) {
  for (const Setting& setting : settings_of(parts)) {
    const std::optional<bool> other = truth_of(settings, setting.name);
    if (other && setting.own && *other != *setting.own)
      of_all_texts_.push_back(settings.where(setting.name) + " is " + word_of(*other) + ", but " + setting.member +
                              " in tokenizer.json, which counts here, is " + word_of(*setting.own) +
                              "; the transformers library may go by the former");
  }
  std::set<std::string> known_tokens;
  const auto add = [&](const std::string& content, std::string what) {
    if (!content.empty() && known_tokens.insert(content).second) tokens_.push_back({content, std::move(what)});
  };
  constexpr std::array<const char*, 10> names{"added_tokens_decoder",
                                              "bos_token",
                                              "eos_token",
                                              "unk_token",
                                              "sep_token",
                                              "pad_token",
                                              "cls_token",
                                              "mask_token",
                                              "additional_special_tokens",
                                              "extra_special_tokens"};
  for (const char* name : names) {
    std::vector<std::string> contents;
    collect(settings, name, contents);
    for (const std::string& content : contents)
      if (!added.find(content))
        add(content, ", which is one token by " + settings.where(name) +
                         " and the transformers library, but is none of the added tokens of tokenizer.json, which "
                         "count here");
  }
  if (!settings.is_object("added_tokens_decoder")) return;
  const Config listed = *settings.object("added_tokens_decoder");
  for (const std::string& id : listed.names()) {
    if (!listed.is_object(id)) continue;
    const Config token = *listed.object(id);
    const std::optional<std::string> content = content_of(token);
    const std::optional<TokenId> known = content ? added.find(*content) : std::nullopt;
    if (known && is_otherwise(token, *added.find(*known)))
      add(*content, ", which is found in another way by " + listed.where(id) +
                        " and the transformers library than by tokenizer.json, which counts here: single_word, "
                        "lstrip, rstrip or normalized differ");
  }
}

std::vector<std::string> SettingsBeside::notes(std::string_view text) const {
  std::vector<std::string> notes = of_all_texts_;
  for (const auto& [content, what] : tokens_)
    if (text.find(content) != std::string_view::npos)
      notes.push_back("the text has '" + printable(content) + "'" + what);
  return notes;
}

}  // namespace attn::text
