// Looks for members that attn writes; what others write under their names is passed over.
#include "io/json/metadata.hpp"

#include <string_view>

#include "attn/error.hpp"
#include "io/json/reader.hpp"

namespace attn::io {
namespace {

void read_member(JsonReader& reader, std::string_view name, ResultFacts& facts) {
  const JsonReader::Kind kind = reader.peek();
  if (name == "layer" && kind == JsonReader::Kind::number) {
    const std::int64_t number = reader.read_integer();
    if (number >= 0) facts.layer = number;
  } else if (name == "batch" && kind == JsonReader::Kind::number) {
    facts.batch = reader.read_integer();
  } else if (name == "layers" && kind == JsonReader::Kind::array) {
    reader.begin_array();
    while (reader.next_element()) facts.layers.push_back(reader.read_integer());
  } else {
    reader.skip();
  }
}

}  // namespace

ResultFacts facts_of_metadata(const std::string& json) {
  ResultFacts facts;
  try {
    JsonReader reader(FileBytes::of(json, "metadata"));
    std::string name;
    reader.begin_object();
    while (reader.next_member(name)) read_member(reader, name, facts);
    reader.finish();
  } catch (const Error&) {
    return {};
  }
  return facts;
}

}  // namespace attn::io
