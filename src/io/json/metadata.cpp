// Looks for members that attn writes; what others write under their names is passed over.
#include "io/json/metadata.hpp"

#include "io/json/reader.hpp"

namespace attn::io {

std::vector<std::int64_t> layers_of_metadata(const std::string& json) {
  std::vector<std::int64_t> layers;
  try {
    JsonReader reader(FileBytes::of(json, "metadata"));
    std::string name;
    reader.begin_object();
    while (reader.next_member(name)) {
      if (name != "layers" || reader.peek() != JsonReader::Kind::array) {
        reader.skip();
        continue;
      }
      reader.begin_array();
      while (reader.next_element()) layers.push_back(reader.read_integer());
    }
  } catch (const Error&) {
    return {};
  }
  return layers;
}

}  // namespace attn::io
