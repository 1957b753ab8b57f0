// Writes the tokenizer.json that a GGUF file's keys stand for: byte-level BPE, SentencePiece's BPE, WordPiece.
#include "text/gguf_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "text/gguf_vocabulary.hpp"

namespace attn::text {
namespace {

using io::GgufFile;
using Kind = GgufTokenKind;

constexpr const char* model_key = "tokenizer.ggml.model";
constexpr const char* pre_key = "tokenizer.ggml.pre";
constexpr std::string_view space_mark = "\u2581";

/// How a byte-level tokenizer cuts texts before it merges.
struct Splitting {
  std::string_view name;     ///< tokenizer.ggml.pre
  std::string_view pattern;  ///< empty: that of GPT-2
  bool digits = false;       ///< each is a piece of its own
  bool composes = false;     ///< NFC
  bool takes_whole = false;  ///< a piece that is a token is not merged
  bool begins = false;       ///< texts begin with a token where the file does not say
};

constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// As the tokenizers of these models are in transformers.
constexpr std::array<Splitting, 10> splittings{{
    {.name = "gpt-2", .pattern = ""},
    {.name = "llama-bpe", .pattern = llama3_pattern, .takes_whole = true, .begins = true},
    {.name = "llama3", .pattern = llama3_pattern, .takes_whole = true, .begins = true},
    {.name = "llama-v3", .pattern = llama3_pattern, .takes_whole = true, .begins = true},
    {.name = "qwen2", .pattern = qwen2_pattern, .composes = true},
    {.name = "mpt", .pattern = "", .composes = true},
    {.name = "olmo", .pattern = "", .composes = true},
    {.name = "command-r", .pattern = "", .digits = true, .composes = true},
    {.name = "smollm", .pattern = "", .digits = true},
    {.name = "starcoder", .pattern = "", .digits = true},
}};

std::string instead() { return "; " + option_name("ids") + " takes the ids of the tokens"; }

class TokenizerWriter {
 public:
  explicit TokenizerWriter(const GgufFile& file) : file_(file), vocabulary_(GgufVocabulary::read(file)), json_(sink_) {}

  FileBytes write() {
    const std::string model = file_.text(model_key).value_or("");
    json_.begin_object().key("version").value("1.0");
    if (model == "gpt2") {
      write_byte_level();
    } else if (model == "llama") {
      write_sentence_piece();
    } else if (model == "bert") {
      write_word_piece();
    } else {
      throw data_error(file_.where(model_key), "the tokenizer '" + printable(model) +
                                                   "' is not supported; those are gpt2, llama and bert" + instead());
    }
    json_.end_object().finish();
    return FileBytes::of(std::move(sink_.text), file_.name());
  }

 private:
  bool truth(const char* name, bool otherwise) const {
    return file_.truth(std::string("tokenizer.ggml.") + name).value_or(otherwise);
  }
  std::string token(std::size_t id) const { return std::string(vocabulary_.tokens[id]); }

  std::size_t special_id(const std::string& key, const char* usual) const {
    if (const auto id = vocabulary_.id_of(file_, key)) return *id;
    if (const auto id = usual == nullptr ? std::nullopt : vocabulary_.find(usual)) return *id;
    throw data_error(file_.where(key), "is missing, and the tokenizer puts this token around texts");
  }

  // Tokens that are found in a text before anything else. `texts` has those of all ids.
  void write_added_tokens(const std::vector<std::string>& texts, bool is_normalized) {
    json_.key("added_tokens").begin_array();
    for (std::size_t id = 0; id < texts.size(); ++id) {
      const Kind kind = vocabulary_.kinds[id];
      const bool is_own = kind == Kind::user_defined;
      if (kind != Kind::control && kind != Kind::unknown && !is_own) continue;
      json_.begin_object().key("content").value(texts[id]);
      for (const char* const name : {"single_word", "lstrip", "rstrip"}) json_.key(name).value(false);
      json_.key("normalized").value(is_own && is_normalized).key("special").value(!is_own).end_object();
    }
    json_.end_array();
  }

  void write_vocabulary(const std::vector<std::string>& texts) {
    json_.key("vocab").begin_object();
    for (std::size_t id = 0; id < texts.size(); ++id) json_.key(texts[id]).value(static_cast<std::int64_t>(id));
    json_.end_object();
  }

  std::vector<std::string> texts() const { return {vocabulary_.tokens.begin(), vocabulary_.tokens.end()}; }

  // Tokens around a text, and around each of a pair.
  void write_template(std::optional<std::size_t> begin, std::optional<std::size_t> end) {
    if (!begin && !end) return;
    json_.key("post_processor").begin_object().key("type").value("TemplateProcessing");
    const auto special = [this](const std::optional<std::size_t>& id, std::int64_t type) {
      if (!id) return;
      json_.begin_object().key("SpecialToken").begin_object().key("id").value(token(*id)).key("type_id").value(type);
      json_.end_object().end_object();
    };
    const auto text = [&](const char* name, std::int64_t type) {
      json_.begin_object().key("Sequence").begin_object().key("id").value(name).key("type_id").value(type);
      json_.end_object().end_object();
    };
    const bool is_bert = file_.text(model_key) == "bert";
    json_.key("single").begin_array();
    special(begin, 0);
    text("A", 0);
    special(end, 0);
    json_.end_array().key("pair").begin_array();
    special(begin, 0);
    text("A", 0);
    special(end, 0);
    if (!is_bert) special(begin, 1);
    text("B", 1);
    special(end, 1);
    json_.end_array().key("special_tokens").begin_object();
    for (const std::optional<std::size_t>& id : {begin, end == begin ? std::nullopt : end}) {
      if (!id) continue;
      json_.key(token(*id)).begin_object().key("id").value(token(*id)).key("ids").begin_array();
      json_.value(static_cast<std::int64_t>(*id)).end_array().key("tokens").begin_array().value(token(*id)).end_array();
      json_.end_object();
    }
    json_.end_object().end_object();
  }

  // Tokens that begin and end texts, by the file's word or the tokenizer's habit.
  void write_begin_and_end(bool begins, const char* usual_begin = nullptr, const char* usual_end = nullptr) {
    std::optional<std::size_t> begin, end;
    if (truth("add_bos_token", begins)) begin = special_id("tokenizer.ggml.bos_token_id", usual_begin);
    if (truth("add_eos_token", false)) end = special_id("tokenizer.ggml.eos_token_id", usual_end);
    write_template(begin, end);
  }

  const Splitting& splitting() const {
    const std::optional<std::string> name = file_.text(pre_key);
    std::vector<std::string_view> names;
    for (const Splitting& row : splittings) {
      if (name == row.name) return row;
      names.push_back(row.name);
    }
    if (!name) throw data_error(file_.where(pre_key), "is missing, and says how texts are cut" + instead());
    throw data_error(file_.where(pre_key), "how '" + printable(*name) + "' cuts texts is not known to attn; it knows " +
                                               joined(names) + did_you_mean(*name, names) + instead());
  }

  void write_byte_level() {
    const Splitting& row = splitting();
    if (truth("add_space_prefix", false))
      throw data_error(file_.where("tokenizer.ggml.add_space_prefix"),
                       "is not supported in the tokenizer gpt2" + instead());
    const std::vector<std::string> tokens = texts();
    write_added_tokens(tokens, false);
    if (row.composes) json_.key("normalizer").begin_object().key("type").value("NFC").end_object();
    json_.key("pre_tokenizer").begin_object().key("type").value("Sequence").key("pretokenizers").begin_array();
    if (!row.pattern.empty()) {
      json_.begin_object().key("type").value("Split").key("pattern").begin_object().key("Regex").value(row.pattern);
      json_.end_object().key("behavior").value("Isolated").key("invert").value(false).end_object();
    }
    if (row.digits) json_.begin_object().key("type").value("Digits").key("individual_digits").value(true).end_object();
    json_.begin_object().key("type").value("ByteLevel").key("add_prefix_space").value(false);
    json_.key("trim_offsets").value(true).key("use_regex").value(row.pattern.empty()).end_object();
    json_.end_array().end_object();
    write_begin_and_end(row.begins);
    json_.key("model").begin_object().key("type").value("BPE").key("ignore_merges").value(row.takes_whole);
    write_vocabulary(tokens);
    const char* const merges_key = "tokenizer.ggml.merges";
    const auto merges = file_.texts(merges_key);
    if (!merges) throw data_error(file_.where(merges_key), "is missing");
    json_.key("merges").begin_array();
    for (const std::string_view merge : *merges) {
      if (find_invalid_utf8(merge) != std::string_view::npos)
        throw data_error(file_.where(merges_key), "has an entry that is not valid UTF-8");
      // A space that the left token has is none: the byte-level alphabet writes it otherwise.
      json_.value(merge);
    }
    json_.end_array().end_object();
  }

  void write_sentence_piece() {
    const bool adds_space = truth("add_space_prefix", true);
    std::vector<std::string> tokens = texts();
    // The converter writes spaces in the place of their marks.
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (vocabulary_.kinds[id] != Kind::user_defined) continue;
      for (std::size_t at = 0; (at = tokens[id].find(' ', at)) != std::string::npos; at += space_mark.size())
        tokens[id].replace(at, 1, space_mark);
    }
    write_added_tokens(tokens, !adds_space);
    json_.key("normalizer").begin_object().key("type").value("Sequence").key("normalizers").begin_array();
    if (adds_space) json_.begin_object().key("type").value("Prepend").key("prepend").value(space_mark).end_object();
    json_.begin_object().key("type").value("Replace").key("pattern").begin_object().key("String").value(" ");
    json_.end_object().key("content").value(space_mark).end_object().end_array().end_object();
    write_begin_and_end(true, "<s>", "</s>");
    const auto is_kind = [this](Kind kind) {
      return std::find(vocabulary_.kinds.begin(), vocabulary_.kinds.end(), kind) - vocabulary_.kinds.begin();
    };
    const auto count = static_cast<std::ptrdiff_t>(tokens.size());
    json_.key("model").begin_object().key("type").value("BPE").key("fuse_unk").value(true);
    json_.key("byte_fallback").value(is_kind(Kind::byte) != count);
    if (const auto id = vocabulary_.id_of(file_, "tokenizer.ggml.unknown_token_id")) {
      json_.key("unk_token").value(tokens[*id]);
    } else if (const std::ptrdiff_t first = is_kind(Kind::unknown); first != count) {
      json_.key("unk_token").value(tokens[static_cast<std::size_t>(first)]);
    }
    write_vocabulary(tokens);
    json_.key("merges").begin_array();
    const std::vector<std::string_view> sides = merges_of_scores(file_, vocabulary_);
    for (std::size_t i = 0; i < sides.size(); i += 2)
      json_.begin_array().value(sides[i]).value(sides[i + 1]).end_array();
    json_.end_array().end_object();
  }

  // Words begin with a mark there, and parts of words do not: the other way round than in vocab.txt.
  static std::string word_piece(std::string_view token) {
    if (token.starts_with(space_mark) && token != space_mark) return std::string(token.substr(space_mark.size()));
    if (token.starts_with('[') && token.ends_with(']')) return std::string(token);
    return "##" + std::string(token);
  }

  void write_word_piece() {
    std::vector<std::string> tokens;
    bool has_capitals = false;
    for (std::size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
      tokens.push_back(word_piece(vocabulary_.tokens[id]));
      const bool is_word = vocabulary_.kinds[id] == Kind::normal && !tokens.back().starts_with('[');
      has_capitals = has_capitals || (is_word && std::any_of(tokens.back().begin(), tokens.back().end(),
                                                             [](char c) { return c >= 'A' && c <= 'Z'; }));
    }
    write_added_tokens(tokens, false);
    // The file does not say whether texts are put into lower case: a vocabulary without capitals does.
    json_.key("normalizer").begin_object().key("type").value("BertNormalizer").key("clean_text").value(true);
    json_.key("handle_chinese_chars").value(true).key("lowercase").value(!has_capitals).end_object();
    json_.key("pre_tokenizer").begin_object().key("type").value("BertPreTokenizer").end_object();
    std::optional<std::size_t> begin, end;
    const auto key_of = [this](const char* own, const char* other) { return file_.has(own) ? own : other; };
    if (truth("add_bos_token", true))
      begin = special_id(key_of("tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"), "[CLS]");
    if (truth("add_eos_token", true))  // GGUF's own spelling
      end = special_id(key_of("tokenizer.ggml.seperator_token_id", "tokenizer.ggml.eos_token_id"), "[SEP]");
    write_template(begin, end);
    const auto unknown = vocabulary_.id_of(file_, "tokenizer.ggml.unknown_token_id");
    json_.key("model").begin_object().key("type").value("WordPiece");
    json_.key("unk_token").value(unknown ? tokens[*unknown] : "[UNK]");
    json_.key("continuing_subword_prefix").value("##").key("max_input_chars_per_word").value(std::int64_t{100});
    write_vocabulary(tokens);
    json_.end_object();
  }

  const GgufFile& file_;
  GgufVocabulary vocabulary_;
  StringSink sink_;
  JsonWriter json_;
};

}  // namespace

bool has_gguf_tokenizer(const GgufFile& file) {
  return file.has(model_key) && file.text(model_key) != "none" && file.text(model_key) != "no_vocab";
}

FileBytes tokenizer_of_gguf(const GgufFile& file) { return TokenizerWriter(file).write(); }

}  // namespace attn::text
