// JSON of tests: all that is made of nlohmann's templates for them.
#include "support/json.hpp"

#include <fstream>

template class nlohmann::basic_json<>;
template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace attn::test {

Json parsed_json(const std::string& text) { return Json::parse(text); }

Json parsed_json(std::istream& text) { return Json::parse(text); }

Json parsed_json(std::istream&& text) { return Json::parse(text); }

Json read_json(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("there is no " + path);
  return Json::parse(file);
}

}  // namespace attn::test

std::string Catch::StringMaker<nlohmann::json>::convert(const nlohmann::json& value) { return value.dump(); }

std::string Catch::StringMaker<nlohmann::ordered_json>::convert(const nlohmann::ordered_json& value) {
  return value.dump();
}
