// Older checkpoints' vocabularies, with the parts around them that transformers' tokenizers of those models have.
#include "text/older_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/json/config.hpp"

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

Config config_in(const std::string& folder, const char* name) {
  const std::optional<FileBytes> file = file_in(folder, name);
  return file ? Config::read(*file) : Config();
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

/// A token with a part to play, as tokenizer_config.json or the model's habit has it.
struct Special {
  const char* member;
  std::string content;
  bool strips_left = false;
};

std::string content_of(const Config& settings, const Special& special) {
  if (!settings.has(special.member)) return special.content;
  if (settings.is_text(special.member)) return *settings.text(special.member);
  const std::optional<Config> token = settings.object(special.member);
  return token->text("content").value_or(special.content);
}

// What the writer of the whole file needs to know.
struct Older {
  Config settings;  ///< tokenizer_config.json
  std::vector<Special> specials;
};

void write_added(JsonWriter& json, const std::string& content, const std::array<bool, 5>& truths) {
  constexpr std::array<const char*, 5> names{"single_word", "lstrip", "rstrip", "normalized", "special"};
  json.begin_object().key("content").value(content);
  for (std::size_t i = 0; i < names.size(); ++i) json.key(names[i]).value(truths[i]);
  json.end_object();
}

// Those that tokenizer_config.json lists, or else the special ones.
void write_added_tokens(JsonWriter& json, const Older& older) {
  json.key("added_tokens").begin_array();
  if (const std::optional<Config> listed = older.settings.object("added_tokens_decoder")) {
    std::vector<std::pair<long long, std::string>> ids;
    for (const std::string& id : listed->names()) ids.emplace_back(std::atoll(id.c_str()), id);
    std::sort(ids.begin(), ids.end());
    for (const auto& [number, id] : ids) {
      const std::optional<Config> token = listed->object(id);
      if (!token) continue;
      const auto is = [&token](const char* name) { return token->truth(name).value_or(false); };
      write_added(json, token->text("content").value_or(""),
                  {is("single_word"), is("lstrip"), is("rstrip"), is("normalized"), is("special")});
    }
  } else {
    for (const Special& special : older.specials)
      write_added(json, content_of(older.settings, special), {false, special.strips_left, false, false, true});
  }
  json.end_array();
}

void write_pair(JsonWriter& json, const char* name, const std::string& token, std::int64_t id) {
  json.key(name).begin_array().value(token).value(id).end_array();
}

// BERT: the vocabulary's tokens by line.
FileBytes of_vocab_txt(const FileBytes& file, const std::string& folder) {
  require_utf8(file);
  const Config settings = config_in(folder, "tokenizer_config.json");
  const Older older{settings,
                    {{"unk_token", "[UNK]"},
                     {"sep_token", "[SEP]"},
                     {"pad_token", "[PAD]"},
                     {"cls_token", "[CLS]"},
                     {"mask_token", "[MASK]"}}};
  const std::vector<std::string_view> lines = lines_of(file.bytes());
  const auto id_of = [&](const Special& special) {
    const std::string token = content_of(settings, special);
    const auto found = std::find(lines.rbegin(), lines.rend(), token);
    if (found == lines.rend())
      throw data_error(file.name(),
                       "has no token '" + printable(token) + "', which BERT's tokenizer puts around texts");
    return static_cast<std::int64_t>(lines.rend() - found) - 1;
  };
  TextSink sink;
  JsonWriter json(sink);
  json.begin_object().key("version").value("1.0");
  write_added_tokens(json, older);
  json.key("normalizer").begin_object().key("type").value("BertNormalizer").key("clean_text").value(true);
  json.key("handle_chinese_chars").value(settings.truth("tokenize_chinese_chars").value_or(true));
  if (const auto strips = settings.truth("strip_accents")) json.key("strip_accents").value(*strips);
  json.key("lowercase").value(settings.truth("do_lower_case").value_or(true)).end_object();
  json.key("pre_tokenizer").begin_object().key("type").value("BertPreTokenizer").end_object();
  json.key("post_processor").begin_object().key("type").value("BertProcessing");
  write_pair(json, "sep", content_of(settings, older.specials[1]), id_of(older.specials[1]));
  write_pair(json, "cls", content_of(settings, older.specials[3]), id_of(older.specials[3]));
  json.end_object();
  json.key("model").begin_object().key("type").value("WordPiece");
  json.key("unk_token").value(content_of(settings, older.specials[0]));
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
  const Config settings = config_in(folder, "tokenizer_config.json");
  const Config model = config_in(folder, "config.json");
  const ByteLevelFamily& family = family_of(file, settings, model);
  const Config ids = Config::read(file);
  const Special cls{"cls_token", "<s>"}, sep{"sep_token", "</s>"};
  const Older older{settings, family.is_roberta ? std::vector<Special>{cls,
                                                                       {"pad_token", "<pad>"},
                                                                       sep,
                                                                       {"unk_token", "<unk>"},
                                                                       {"mask_token", "<mask>", true}}
                                                : std::vector<Special>{{"eos_token", "<|endoftext|>"}}};
  const bool adds_space = settings.truth("add_prefix_space").value_or(false);
  TextSink sink;
  JsonWriter json(sink);
  json.begin_object().key("version").value("1.0");
  write_added_tokens(json, older);
  write_byte_level(json, "pre_tokenizer", adds_space, true);
  if (family.is_roberta) {
    json.key("post_processor").begin_object().key("type").value("RobertaProcessing");
    for (const auto& [name, special] : {std::pair{"sep", sep}, std::pair{"cls", cls}}) {
      const std::string token = content_of(settings, special);
      const std::optional<std::int64_t> id = ids.integer(token);
      if (!id)
        throw data_error(file.name(),
                         "has no token '" + printable(token) + "', which RoBERTa's tokenizer puts around texts");
      write_pair(json, name, token, *id);
    }
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
