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

// Whether the part, or one of a Sequence, turns bytes into the byte-level alphabet.
bool has_byte_level(const Config& part, const char* list) {
  const std::string type = part.text("type").value_or("");
  if (type != "Sequence") return type == "ByteLevel";
  for (const Config& step : part.objects(list).value_or(std::vector<Config>()))
    if (has_byte_level(step, list)) return true;
  return false;
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
      parts.is_byte_level = parts.is_byte_level || (part && has_byte_level(*part, "normalizers"));
    } else if (name == "pre_tokenizer") {
      const std::optional<Config> part = read_part(reader);
      if (part) parts.pre_tokenizer = make_pre_tokenizer(*part);
      parts.is_byte_level = parts.is_byte_level || (part && has_byte_level(*part, "pretokenizers"));
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
