// Reads tokenizer.json member by member: the model as it comes, small parts as objects.
#include "text/tokenizer_parts.hpp"

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/json/reader.hpp"

namespace attn::text {
namespace {

using io::Config;
using io::JsonReader;

// A part that is an object or null.
std::optional<Config> read_part(JsonReader& reader) {
  const std::string where = reader.here();
  if (reader.peek() == JsonReader::Kind::null) {
    reader.read_null();
    return std::nullopt;
  }
  if (reader.peek() != JsonReader::Kind::object) reader.unexpected("an object or null");
  return Config::of(reader.compact(), where);
}

std::vector<Config> read_list(JsonReader& reader) {
  std::vector<Config> list;
  reader.begin_array();
  while (reader.next_element()) {
    const std::string where = reader.here();
    if (reader.peek() != JsonReader::Kind::object) reader.unexpected("an object");
    list.push_back(Config::of(reader.compact(), where));
  }
  return list;
}

// The part itself, or the first of a Sequence, that is of the type.
std::optional<Config> step_of(const std::optional<Config>& part, const char* list, std::string_view wanted) {
  if (!part) return std::nullopt;
  const std::string type = part->text("type").value_or("");
  if (type == wanted) return part;
  if (type != "Sequence") return std::nullopt;
  for (const Config& step : part->objects(list).value_or(std::vector<Config>()))
    if (std::optional<Config> found = step_of(step, list, wanted)) return found;
  return std::nullopt;
}

}  // namespace

TokenizerParts read_tokenizer_parts(const FileBytes& file) {
  TokenizerParts parts;
  JsonReader reader(file);
  std::string name;
  reader.begin_object();
  while (reader.next_member(name)) {
    if (name == "version") {
      const std::string where = reader.here(), version = reader.read_string();
      if (version != "1.0")
        throw data_error(where, "the version '" + printable(version) + "' is not supported; 1.0 is");
    } else if (name == "added_tokens") {
      parts.added_tokens = read_list(reader);
    } else if (name == "normalizer") {
      const std::optional<Config> part = read_part(reader);
      if (part) parts.normalizer = make_normalizer(*part);
      parts.is_byte_level = parts.is_byte_level || step_of(part, "normalizers", "ByteLevel");
      parts.bert_normalizer = step_of(part, "normalizers", "BertNormalizer");
    } else if (name == "pre_tokenizer") {
      const std::optional<Config> part = read_part(reader);
      if (part) parts.pre_tokenizer = make_pre_tokenizer(*part);
      parts.byte_level_pre_tokenizer = step_of(part, "pretokenizers", "ByteLevel");
      parts.is_byte_level = parts.is_byte_level || parts.byte_level_pre_tokenizer;
    } else if (name == "model") {
      parts.model = read_model(reader);
    } else if (name == "post_processor") {
      const std::optional<Config> part = read_part(reader);
      if (part) parts.post_processor = make_post_processor(*part);
    } else {
      reader.skip();  // decoder, truncation, padding
    }
  }
  reader.finish();
  if (parts.model == nullptr) throw data_error(file.name() + "#/model", "is missing");
  return parts;
}

}  // namespace attn::text
