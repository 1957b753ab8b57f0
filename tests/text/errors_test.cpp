// What is not supported, missing or damaged in tokenizer.json is an error with its place.
#include "core/base64.hpp"
#include "text/support.hpp"

namespace attn::test {
namespace {

// Of the small tokenizer with something else at a JSON pointer.
void check_part(const std::string& pointer, const Json& value, const std::string& where, const std::string& message) {
  INFO(pointer << " " << value.dump());
  Json json = small_tokenizer();
  json[Json::json_pointer(pointer)] = value;
  check_refused([&] { read_tokenizer(json).encode("a b"); }, "tokenizer.json#" + where, message);
}

Json sequence(const char* list, const Json& part) { return {{"type", "Sequence"}, {list, Json::array({part})}}; }

}  // namespace

TEST_CASE("a part that is not supported is an error with its JSON pointer") {
  check_part("/version", "2.0", "/version", "the version '2.0' is not supported");
  check_part("/normalizer", {{"type", "Lowercaser"}}, "/normalizer/type",
             "the normalizer 'Lowercaser' is not supported; those are BertNormalizer, ");
  check_part("/normalizer", {{"type", "lowercase"}}, "/normalizer/type", "did you mean 'Lowercase'?");
  check_part("/normalizer", sequence("normalizers", {{"type", "X"}}), "/normalizer/normalizers/0/type", "'X'");
  check_part("/pre_tokenizer", {{"type", "UnicodeScripts"}}, "/pre_tokenizer/type",
             "the pre-tokenizer 'UnicodeScripts' is not supported");
  check_part("/pre_tokenizer", sequence("pretokenizers", {{"type", "X"}}), "/pre_tokenizer/pretokenizers/0/type",
             "'X'");
  check_part("/post_processor", {{"type", "X"}}, "/post_processor/type", "the post-processor 'X' is not supported");
  check_part("/post_processor", sequence("processors", {{"type", "X"}}), "/post_processor/processors/0/type", "'X'");
  check_part("/model/type", "CharBPE", "/model/type", "the model 'CharBPE' is not supported; those are BPE, Unigram, ");
}

TEST_CASE("members that are missing or of another kind") {
  Json json = small_tokenizer();
  json.erase("model");
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model", "is missing");
  json = small_tokenizer();
  json["model"].erase("vocab");
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model/vocab", "is missing");
  check_part("/model/unk_token", nullptr, "/model/unk_token", "is missing");
  check_part("/model/vocab/a", "1", "/model/vocab/a", "a string where an integer is expected");
  check_part("/model/vocab/a", -1, "/model/vocab/a", "-1 is no id of a token");
  check_part("/model/vocab/a", 1e12, "/model/vocab/a", "is no id of a token");
  check_part("/model/vocab", Json::array({1}), "/model/vocab/0", "a number where a list is expected");
  check_part("/model/vocab", Json::array({Json::array({"a"})}), "/model/vocab/0", "is no pair");
  check_part("/model/vocab", Json::array({Json::array({"a", 1})}), "/model/vocab",
             "a list where ids by token are expected");
  check_part("/model/type", "Unigram", "/model/vocab", "is an object where a list");
  check_part("/model/type", "WordPiece", "/model/continuing_subword_prefix", "is missing");
  check_part("/model/type", "BPE", "/model/merges", "is missing");
  check_part("/normalizer", Json::array(), "/normalizer", "a list where an object or null is expected");
  check_part("/normalizer", {{"type", "BertNormalizer"}}, "/normalizer/clean_text", "is missing");
  check_part("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA*"}},
             "/normalizer/precompiled_charsmap", "is no base64");
  check_part("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "//8AAA=="}},
             "/normalizer/precompiled_charsmap", "is cut off");
  check_part("/pre_tokenizer", {{"type", "CharDelimiterSplit"}, {"delimiter", "ab"}}, "/pre_tokenizer/delimiter",
             "is not one character");
  check_part("/pre_tokenizer", {{"type", "Punctuation"}, {"behavior", "isolated"}}, "/pre_tokenizer/behavior",
             "did you mean 'Isolated'?");
  check_part("/pre_tokenizer", {{"type", "FixedLength"}, {"length", 0}}, "/pre_tokenizer/length", "is 0");
  check_part("/pre_tokenizer",
             {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "always"}, {"add_prefix_space", false}},
             "/pre_tokenizer/prepend_scheme", "says otherwise than add_prefix_space");
  check_part("/added_tokens", Json::array({{{"content", "x"}}}), "/added_tokens/0/single_word", "is missing");
}

TEST_CASE("models that contradict themselves") {
  Json json = small_tokenizer();
  json["model"]["unk_token"] = "!";
  check_refused([&] { read_tokenizer(json).encode("x"); }, "tokenizer.json#/model", "'!', is not in the vocabulary");
  CHECK(shown(read_tokenizer(json).encode("a")) == "1@0:1");
  json["model"] = {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}};
  CHECK(shown(read_tokenizer(json).encode("ab ba")) == "2@0:2 1@3:4 0@4:5");
  const auto check_merge = [&](const Json& merge, const std::string& message, const std::string& place = "/1") {
    json["model"]["merges"] = Json::array({"a b", merge});
    check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model/merges" + place, message);
  };
  check_merge("ab", "is no pair of tokens with a space between them");
  check_merge("a b a", "is no pair of tokens with a space between them");
  check_merge("a x", "merge 1: the token 'x' is not in the vocabulary", "");
  check_merge({"b", "a"}, "merge 1: the token 'ba' is not in the vocabulary", "");
  json["model"]["continuing_subword_prefix"] = "##";
  check_merge({"a", "b"}, "merge 0: the token 'b' is shorter than continuing_subword_prefix", "");
  json["model"].erase("continuing_subword_prefix");
  json["model"]["merges"] = Json::array({Json::array({"a", "b", "a"})});
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model/merges/0/2", "one more than a pair");
  json["model"]["merges"] = Json::array();
  json["model"]["dropout"] = 0.1;
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model/dropout", "at random");
  json["model"] = {
      {"type", "Unigram"}, {"unk_id", 2}, {"vocab", Json::array({Json::array({"a", -1}), Json::array({"b", -2})})}};
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/model/unk_id", "2 is not the id of one of 2 tokens");
  json["model"]["unk_id"] = nullptr;
  check_refused([&] { read_tokenizer(json).encode("x"); }, "tokenizer.json#/model/unk_id", "is missing, and the text");
}

TEST_CASE("precompiled maps of characters that point where no character begins") {
  // A trie of 98 units in which 'a' leads to the replacement at `begin` of "é".
  const auto check_map = [](std::uint32_t begin, std::uint32_t size, const std::string& message) {
    std::vector<std::uint32_t> units(98, 0);
    units['a'] = 'a' | 1U << 8U | 1U << 10U;  // a value, one place from here
    units['a' ^ 1U] = begin;
    std::string map;
    const auto put = [&map](std::uint32_t word) {
      for (unsigned shift = 0; shift < 32; shift += 8) map.push_back(static_cast<char>(word >> shift & 0xFFU));
    };
    put(size * 4);
    for (std::uint32_t i = 0; i < size; ++i) put(units[i]);
    map += std::string("\xC3\xA9\0", 3);
    Json json = small_tokenizer();
    json["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", base64(map)}};
    json["model"]["vocab"]["\xC3\xA9"] = 7;
    if (message.empty()) {
      CHECK(shown(read_tokenizer(json).encode("a")) == "7@0:1");
    } else {
      check_refused([&] { read_tokenizer(json).encode("a"); }, "tokenizer.json#/normalizer/precompiled_charsmap",
                    message);
    }
  };
  check_map(0, 98, "");
  check_map(1, 98, "points into a character");
  check_map(9, 98, "points past its end");
  check_map(0, 97, "points past its end");
}

TEST_CASE("templates and special tokens") {
  const Json piece = {{"SpecialToken", {{"id", "[X]"}, {"type_id", 0}}}};
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const auto check = [&](const Json& single, const Json& special, const std::string& where,
                         const std::string& message) {
    check_part("/post_processor",
               {{"type", "TemplateProcessing"},
                {"single", single},
                {"pair", Json::array({text})},
                {"special_tokens", special}},
               "/post_processor" + where, message);
  };
  check(Json::array({piece}), Json::object(), "/single/0/SpecialToken/id", "'[X]' is not among special_tokens");
  check(Json::array({{{"Other", 1}}}), Json::object(), "/single/0", "is neither a Sequence nor a SpecialToken");
  check(Json::array({{{"Sequence", {{"id", "C"}, {"type_id", 0}}}}}), Json::object(), "/single/0/Sequence/id",
        "neither A nor B");
  check(Json::array({{{"Sequence", {{"id", "B"}, {"type_id", 0}}}}}), Json::object(), "/single", "uses a second text");
  check(Json::array({piece}), {{"[X]", {{"ids", {1, 2}}, {"tokens", {"[X]"}}}}}, "/special_tokens/[X]",
        "has no ids and as many tokens");
  check_part("/post_processor", {{"type", "BertProcessing"}, {"sep", {"[SEP]"}}}, "/post_processor/sep/1",
             "is missing");
}

TEST_CASE("patterns") {
  const auto check = [](const Json& pattern, const std::string& where, const std::string& message) {
    check_part("/pre_tokenizer", {{"type", "Split"}, {"pattern", pattern}, {"behavior", "Removed"}, {"invert", false}},
               "/pre_tokenizer/pattern" + where, message);
  };
  check({{"Regex", "a(b"}}, "/Regex", "is no regular expression: end pattern with unmatched parenthesis");
  check({{"Glob", "*"}}, "", "has neither String nor Regex");
  // Without a limit, this takes longer than anyone waits.
  Json json = small_tokenizer();
  json["pre_tokenizer"] = {
      {"type", "Split"}, {"pattern", {{"Regex", "(x+x+)+y"}}}, {"behavior", "Removed"}, {"invert", false}};
  check_refused([&] { read_tokenizer(json).encode(std::string(60, 'x')); },
                "tokenizer.json#/pre_tokenizer/pattern/Regex", "cannot be matched with the text: retry-limit");
}

TEST_CASE("added tokens that the normalizer makes equal, or nothing") {
  Json json = small_tokenizer();
  const auto token = [](const char* content) {
    return Json{{"content", content}, {"single_word", false}, {"lstrip", false},
                {"rstrip", false},    {"normalized", true},   {"special", false}};
  };
  json["normalizer"] = {{"type", "Lowercase"}};
  json["added_tokens"] = {token("Day"), token("DAY")};
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/added_tokens/1",
                "is another token after normalization");
  json["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  json["added_tokens"] = Json::array({token("  ")});
  check_refused([&] { read_tokenizer(json); }, "tokenizer.json#/added_tokens/0", "leaves nothing of this token");
}

TEST_CASE("damaged JSON, duplicate tokens, text that is no UTF-8") {
  check_refused([] { read_tokenizer(std::string(R"({"model": {"vocab": {"a": 1, "a": 2}}})")); },
                "tokenizer.json#/model/vocab/a", "there are two members of this name");
  check_refused([] { read_tokenizer(std::string("{\"model\": ")); }, "tokenizer.json:1:11",
                "ends where a value is expected");
  std::string huge = small_tokenizer().dump();
  huge.replace(huge.find(R"("normalizer":null)"), 17, R"("normalizer":{"type":"Strip","strip_left":1e999})");
  check_refused([&] { read_tokenizer(huge); }, "tokenizer.json#/normalizer/strip_left", "is outside float64, which");
  check_refused([] { read_tokenizer("{\"decoder\": " + std::string(100000, '[')); }, "tokenizer.json:1:76",
                "nested deeper");
  const Tokenizer tokenizer = read_tokenizer(small_tokenizer());
  check_refused([&] { tokenizer.encode("a \xFF"); }, "", "the text is not valid UTF-8");
}

}  // namespace attn::test
