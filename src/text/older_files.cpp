// Older checkpoints' vocabularies, with the parts around them that transformers' tokenizers of those models have.
#include "text/older_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/json/config.hpp"
#include "text/settings.hpp"

namespace attn::text {
namespace {

namespace fs = std::filesystem;
using io::Config;

class TextSink : public Sink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

std::optional<FileBytes> file_in(const std::string& folder, const char* name) {
  std::error_code ignored;
  const fs::path path = fs::path(folder) / name;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  return FileBytes::open(path.string());
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

void require_utf8(const FileBytes& file) {
  if (find_invalid_utf8(file.bytes()) != std::string_view::npos) throw data_error(file.name(), "is not valid UTF-8");
}

/// A token with a part to play, as the model's habit has it; tokenizer_config.json may say another.
struct Special {
  const char* member;
  const char* usual = nullptr;  ///< null: there is none
  bool strips_left = false;
};
enum Part { bos, eos, unk, sep, pad, cls, mask };
using Specials = std::array<Special, 7>;  // in the order in which transformers adds them

constexpr Specials of_bert{{{"bos_token"},
                            {"eos_token"},
                            {"unk_token", "[UNK]"},
                            {"sep_token", "[SEP]"},
                            {"pad_token", "[PAD]"},
                            {"cls_token", "[CLS]"},
                            {"mask_token", "[MASK]"}}};
constexpr Specials of_gpt2{{{"bos_token", "<|endoftext|>"},
                            {"eos_token", "<|endoftext|>"},
                            {"unk_token", "<|endoftext|>"},
                            {"sep_token"},
                            {"pad_token"},
                            {"cls_token"},
                            {"mask_token"}}};
constexpr Specials of_roberta{{{"bos_token", "<s>"},
                               {"eos_token", "</s>"},
                               {"unk_token", "<unk>"},
                               {"sep_token", "</s>"},
                               {"pad_token", "<pad>"},
                               {"cls_token", "<s>"},
                               {"mask_token", "<mask>", true}}};

// What the writer of the whole file needs to know.
struct Older {
  Config settings;  ///< tokenizer_config.json
  const Specials& specials;
  /// Of the vocabulary.
  std::function<std::optional<std::int64_t>(const std::string&)> id_of;
  std::int64_t vocabulary_size = 0;
};

std::optional<std::string> content_of(const Older& older, const Special& special) {
  const Config& settings = older.settings;
  if (settings.is_null(special.member)) return std::nullopt;
  if (!settings.has(special.member)) return special.usual == nullptr ? std::nullopt : std::optional(special.usual);
  if (settings.is_text(special.member)) return settings.text(special.member);
  return needed_text(*settings.object(special.member), "content");
}

std::string needed_content(const Older& older, Part part) {
  const Special& special = older.specials[part];
  const std::optional<std::string> content = content_of(older, special);
  if (!content) throw data_error(older.settings.where(special.member), "is null, and this tokenizer needs the token");
  return *content;
}

std::int64_t needed_id(const Older& older, const FileBytes& vocabulary, Part part, const char* whose) {
  const std::string token = needed_content(older, part);
  const std::optional<std::int64_t> id = older.id_of(token);
  if (!id)
    throw data_error(vocabulary.name(),
                     "has no token '" + printable(token) + "', which " + whose + "'s tokenizer puts around texts");
  return *id;
}

/// Writes added tokens, each once. Those that the vocabulary has not are numbered behind it in this order, whatever a
/// file says.
class AddedTokensWriter {
 public:
  AddedTokensWriter(JsonWriter& json, const Older& older) : json_(json), older_(older), next_(older.vocabulary_size) {}

  // In the order of transformers: those that tokenizer_config.json lists, then special ones, then more of them.
  void write() {
    json_.key("added_tokens").begin_array();
    if (const std::optional<Config> listed = older_.settings.object("added_tokens_decoder")) write_listed(*listed);
    for (const Special& special : older_.specials)
      if (const std::optional<std::string> content = content_of(older_, special))
        add(*content, {false, special.strips_left, false, false, true});
    for (const char* more : {"additional_special_tokens", "extra_special_tokens"})
      if (const auto tokens = older_.settings.texts(more))
        for (const std::string& token : *tokens) add(token, {false, false, false, false, true});
    json_.end_array();
  }

 private:
  using Truths = std::array<bool, 5>;

  void write_listed(const Config& listed) {
    std::map<std::int64_t, std::string> names;  // by id
    for (const std::string& name : listed.names()) {
      std::int64_t id = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
      if (error != std::errc() || end != name.data() + name.size() || !names.emplace(id, name).second)
        throw data_error(listed.where(name), "is no id of a token");
    }
    for (const auto& [id, name] : names) {
      const std::optional<Config> token = listed.object(name);
      if (!token) throw data_error(listed.where(name), "is null, and has to be an object");
      const std::string content = needed_text(*token, "content");
      const auto is = [&token = *token](const char* truth) { return token.truth(truth).value_or(false); };
      const std::int64_t given =
          add(content, {is("single_word"), is("lstrip"), is("rstrip"), is("normalized"), is("special")});
      if (given != id)
        throw data_error(listed.where(name),
                         "is not the id that '" + printable(content) + "' gets, which is " + std::to_string(given));
    }
  }

  std::int64_t add(const std::string& content, const Truths& truths) {
    const auto [place, is_new] = ids_.try_emplace(content);
    if (!is_new) return place->second;
    const std::optional<std::int64_t> known = older_.id_of(content);
    place->second = known ? *known : next_++;
    constexpr std::array<const char*, 5> names{"single_word", "lstrip", "rstrip", "normalized", "special"};
    json_.begin_object().key("content").value(content);
    for (std::size_t i = 0; i < names.size(); ++i) json_.key(names[i]).value(truths[i]);
    json_.end_object();
    return place->second;
  }

  JsonWriter& json_;
  const Older& older_;
  std::int64_t next_;
  std::map<std::string, std::int64_t> ids_;
};

void write_pair(JsonWriter& json, const char* name, const std::string& token, std::int64_t id) {
  json.key(name).begin_array().value(token).value(id).end_array();
}

// BERT: the vocabulary's tokens by line.
FileBytes of_vocab_txt(const FileBytes& file, const std::string& folder) {
  require_utf8(file);
  const std::vector<std::string_view> lines = lines_of(file.bytes());
  const auto id_of = [&lines](const std::string& token) -> std::optional<std::int64_t> {
    const auto found = std::find(lines.rbegin(), lines.rend(), token);
    if (found == lines.rend()) return std::nullopt;
    return static_cast<std::int64_t>(lines.rend() - found) - 1;
  };
  const Older older{Config::in(folder, "tokenizer_config.json"), of_bert, id_of,
                    static_cast<std::int64_t>(lines.size())};
  const Config& settings = older.settings;
  TextSink sink;
  JsonWriter json(sink);
  json.begin_object().key("version").value("1.0");
  AddedTokensWriter(json, older).write();
  json.key("normalizer").begin_object().key("type").value("BertNormalizer").key("clean_text").value(true);
  json.key("handle_chinese_chars").value(settings.truth("tokenize_chinese_chars").value_or(true));
  if (const auto strips = settings.truth("strip_accents")) json.key("strip_accents").value(*strips);
  json.key("lowercase").value(settings.truth("do_lower_case").value_or(true)).end_object();
  json.key("pre_tokenizer").begin_object().key("type").value("BertPreTokenizer").end_object();
  json.key("post_processor").begin_object().key("type").value("BertProcessing");
  for (const auto& [name, part] : {std::pair{"sep", sep}, std::pair{"cls", cls}})
    write_pair(json, name, needed_content(older, part), needed_id(older, file, part, "BERT"));
  json.end_object();
  json.key("model").begin_object().key("type").value("WordPiece");
  json.key("unk_token").value(needed_content(older, unk));
  json.key("continuing_subword_prefix").value("##").key("max_input_chars_per_word").value(std::int64_t{100});
  json.key("vocab").begin_object();
  for (std::size_t i = 0; i < lines.size(); ++i) json.key(lines[i]).value(static_cast<std::int64_t>(i));
  json.end_object().end_object().end_object().finish();
  return FileBytes::of(std::move(sink.text), file.name());
}

/// How models use a byte-level vocabulary.
struct ByteLevelFamily {
  std::string_view name;  ///< what tokenizer_class or model_type begins with, in lower case
  bool is_roberta;
};
constexpr std::array<ByteLevelFamily, 7> families{{{"gpt2", false},
                                                   {"gpt_neo", false},
                                                   {"gptj", false},
                                                   {"roberta", true},
                                                   {"bart", true},
                                                   {"longformer", true},
                                                   {"led", true}}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

const ByteLevelFamily& family_of(const FileBytes& vocabulary, const Config& settings, const Config& model) {
  const std::string name = lower(settings.text("tokenizer_class").value_or(model.text("model_type").value_or("")));
  for (const ByteLevelFamily& family : families)
    if (name.starts_with(family.name)) return family;
  throw data_error(
      vocabulary.name(),
      "how its model uses it is not known: tokenizer_class of tokenizer_config.json, or else model_type of "
      "config.json, has to be of " +
          joined(families, &ByteLevelFamily::name) + (name.empty() ? "" : ", and is '" + printable(name) + "'"));
}

void write_byte_level(JsonWriter& json, const char* name, bool adds_space, bool trims) {
  json.key(name).begin_object().key("type").value("ByteLevel").key("add_prefix_space").value(adds_space);
  json.key("trim_offsets").value(trims).key("use_regex").value(true).end_object();
}

// GPT-2 and RoBERTa.
FileBytes of_vocab_json(const FileBytes& file, const FileBytes& merges, const std::string& folder) {
  require_utf8(merges);
  const Config settings = Config::in(folder, "tokenizer_config.json");
  const Config model = Config::in(folder, "config.json");
  const ByteLevelFamily& family = family_of(file, settings, model);
  const Config ids = Config::read(file);
  const Older older{settings, family.is_roberta ? of_roberta : of_gpt2,
                    [&ids](const std::string& token) { return ids.integer(token); },
                    static_cast<std::int64_t>(ids.names().size())};
  const bool adds_space = settings.truth("add_prefix_space").value_or(false);
  TextSink sink;
  JsonWriter json(sink);
  json.begin_object().key("version").value("1.0");
  AddedTokensWriter(json, older).write();
  write_byte_level(json, "pre_tokenizer", adds_space, true);
  if (family.is_roberta) {
    json.key("post_processor").begin_object().key("type").value("RobertaProcessing");
    for (const auto& [name, part] : {std::pair{"sep", sep}, std::pair{"cls", cls}})
      write_pair(json, name, needed_content(older, part), needed_id(older, file, part, "RoBERTa"));
    json.key("trim_offsets").value(true).key("add_prefix_space").value(adds_space).end_object();
  } else {
    write_byte_level(json, "post_processor", true, false);
  }
  json.key("model").begin_object().key("type").value("BPE").key("vocab").raw(file.bytes()).key("merges").begin_array();
  for (const std::string_view line : lines_of(merges.bytes()))
    if (!line.empty()) json.value(line);
  json.end_array().end_object().end_object().finish();
  return FileBytes::of(std::move(sink.text), file.name());
}

}  // namespace

FileBytes tokenizer_of_older_files(const std::string& folder) {
  if (const std::optional<FileBytes> extra = file_in(folder, "added_tokens.json"))
    throw data_error(extra->name(), "is not read where there is no tokenizer.json");
  if (const std::optional<FileBytes> file = file_in(folder, "vocab.txt")) return of_vocab_txt(*file, folder);
  const std::optional<FileBytes> file = file_in(folder, "vocab.json"), merges = file_in(folder, "merges.txt");
  if (file && merges) return of_vocab_json(*file, *merges, folder);
  std::string pieces;
  for (const char* name : {"spiece.model", "sentencepiece.bpe.model", "tokenizer.model"})
    if (file_in(folder, name))
      pieces = "; its " + std::string(name) + " is SentencePiece's own format, which attn does not read";
  throw data_error(folder, "has no tokenizer.json, vocab.txt, or vocab.json with merges.txt" + pieces);
}

}  // namespace attn::text
