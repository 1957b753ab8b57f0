// Looks for members that attn writes; what others write under their names is passed over.
#include "io/json/metadata.hpp"

#include <algorithm>
#include <string_view>

#include "attn/error.hpp"
#include "io/json/reader.hpp"

namespace attn::io {
namespace {

void add_mask(std::string_view name, ResultFacts& facts) {
  facts.mask += (facts.mask.empty() ? "" : ", ") + std::string(name);
}

void read_member(JsonReader& reader, std::string_view name, ResultFacts& facts) {
  const JsonReader::Kind kind = reader.peek();
  if (name == "dtype" && kind == JsonReader::Kind::string) {
    facts.dtype = reader.read_string();
  } else if (name == "layout" && kind == JsonReader::Kind::string) {
    facts.layout = reader.read_string();
  } else if (name == "mask" && kind == JsonReader::Kind::string) {
    add_mask(reader.read_string(), facts);
  } else if (name == "stored_mask" || name == "key_lengths" || name == "key_starts") {
    add_mask(name, facts);
    reader.skip();
  } else if (name == "layer" && kind == JsonReader::Kind::number) {
    const std::int64_t number = reader.read_integer();
    if (number >= 0) facts.layer = number;
  } else if (name == "batch" && kind == JsonReader::Kind::number) {
    facts.batch = reader.read_integer();
  } else if (std::vector<std::int64_t>* const numbers = name == "layers"     ? &facts.layers
                                                        : name == "of_batch" ? &facts.of_batch
                                                        : name == "of_heads" ? &facts.of_heads
                                                                             : nullptr;
             numbers != nullptr && kind == JsonReader::Kind::array) {
    reader.begin_array();
    while (reader.next_element()) numbers->push_back(reader.read_integer());
  } else {
    reader.skip();
  }
}

// Nothing, if the bytes are not one JSON object.
ResultFacts facts_in(const FileBytes& json) {
  ResultFacts facts;
  try {
    JsonReader reader(json);
    std::string name;
    reader.begin_object();
    while (reader.next_member(name)) read_member(reader, name, facts);
    reader.finish();
  } catch (const Error&) {
    return {};
  }
  return facts;
}

}  // namespace

ResultFacts facts_of_metadata(const std::string& json) { return facts_in(FileBytes::of(json, "metadata")); }

ResultFacts last_facts(const FileBytes& document) {
  constexpr std::string_view name = "\"metadata\"", space = " \t\r\n";
  constexpr std::size_t most = std::size_t{1} << 20;  // far more than attn writes
  std::string_view bytes = document.bytes();
  const std::size_t brace = bytes.find_last_not_of(space);
  if (brace == std::string_view::npos || bytes[brace] != '}') return {};
  bytes = bytes.substr(0, brace);
  bytes = bytes.substr(bytes.size() - std::min(bytes.size(), most));
  // A member of that name within another one is not all that is left up to the brace.
  for (std::size_t at = bytes.rfind(name); at != std::string_view::npos; at = bytes.substr(0, at).rfind(name)) {
    const std::size_t colon = bytes.find_first_not_of(space, at + name.size());
    if (colon == std::string_view::npos || bytes[colon] != ':') continue;
    ResultFacts facts = facts_in(document.part(bytes.substr(colon + 1)));
    if (!facts.dtype.empty()) return facts;
  }
  return {};
}

}  // namespace attn::io
