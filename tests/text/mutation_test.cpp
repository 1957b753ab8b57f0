// Tokenizers whose parts stand in other places: they tokenize or give an Error, and never anything else.
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "text/support.hpp"

namespace attn::test {
namespace {

// The stored tokenizer without most of its vocabulary, so that damage hits the parts as well.
std::string thinned(const std::string& name) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/tokenizers/" + name + "/tokenizer.json", std::ios::binary);
  Json json = parsed_json(file);
  Json& model = json["model"];
  if (model["vocab"].is_array()) {
    model["vocab"].erase(model["vocab"].begin() + 40, model["vocab"].end());
  } else {
    for (auto it = model["vocab"].begin(); it != model["vocab"].end();)
      it = it.key().size() > 1 && it.value() > 300 ? model["vocab"].erase(it) : std::next(it);
  }
  if (model.contains("merges")) {
    Json kept = Json::array();
    for (const Json& merge : model["merges"]) {
      const std::string left = merge[0], right = merge[1];
      if (model["vocab"].contains(left) && model["vocab"].contains(right) && model["vocab"].contains(left + right))
        kept.push_back(merge);
    }
    model["merges"] = kept;
  }
  return json.dump();
}

// Puts something else in the place of a part, or takes it away.
std::string rearranged(Json json, std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  std::vector<Json::json_pointer> places;
  const Json flat = json.flatten();
  for (const auto& [pointer, value] : flat.items())
    if (pointer.find("/vocab/") == std::string::npos && pointer.find("/merges/") == std::string::npos)
      for (Json::json_pointer place(pointer); !place.empty(); place = place.parent_pointer()) places.push_back(place);
  const std::vector<Json> odd{nullptr,
                              -1,
                              1e300,
                              0,
                              "",
                              "(x+x+)+y",
                              "(?<=a*)",
                              "\\",
                              "\u2581",
                              true,
                              Json::array(),
                              Json::object(),
                              Json::array({"a", "b"}),
                              Json{{"type", "NFKC"}},
                              Json{{"type", "Metaspace"}, {"replacement", "_"}}};
  for (std::size_t count = 1 + below(3); count > 0; --count) {
    const Json::json_pointer place = places[below(places.size())];
    if (!json.contains(place)) continue;
    Json& parent = json[place.parent_pointer()];
    if (parent.is_object() && below(4) == 0) {
      parent.erase(place.back());
    } else if (const Json::json_pointer from = places[below(places.size())]; below(2) == 0 && json.contains(from)) {
      const Json copy = json[from];
      json[place] = copy;
    } else {
      json[place] = odd[below(odd.size())];
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool tokenizes(const std::string& json) {
  try {
    const Tokenizer tokenizer = read_tokenizer(json);
    for (const char* text : {"The cat's 12 [MASK] ﬁé 中文👩🏾‍💻\t\x01 yesterday <mask>", "", "  a"}) {
      for (const TextToken& token : tokenizer.encode(text, "b")) {
        const std::size_t length = 60;
        if (token.begin > length || token.end > length) FAIL("a place past the end of the text");
      }
    }
    return true;
  } catch (const Error& error) {
    if (std::string(error.what()).empty() || std::string(error.what()).find('\n') != std::string::npos)
      FAIL("a message of no line, or more than one: " << error.what());
    return false;
  }
}

}  // namespace

TEST_CASE("rearranged tokenizers are read or refused") {
  std::mt19937 random(20240607);
  std::size_t taken = 0, times = 0;
  for (const std::filesystem::directory_entry& entry :
       std::filesystem::directory_iterator(std::string(ATTN_TEST_DATA) + "/tokenizers")) {
    if (!std::filesystem::exists(entry.path() / "tokenizer.json")) continue;
    INFO(entry.path().string());
    const std::string json = thinned(entry.path().filename().string());
    REQUIRE(tokenizes(json));
    const Json parts = parsed_json(json);
    for (std::size_t i = 0; i < 200; ++i, ++times) taken += tokenizes(rearranged(parts, random)) ? 1U : 0U;
  }
  CHECK(times > 2000);
  CHECK(taken > times / 20);
  CHECK(taken < times / 2);
}

}  // namespace attn::test
