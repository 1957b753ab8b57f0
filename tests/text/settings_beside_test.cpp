// tokenizer_config.json beside a tokenizer.json: told where it says otherwise, and followed nowhere.
#include "text/support.hpp"

namespace attn::test {
namespace {

using Notes = std::vector<std::string>;

/// A tokenizer of the tests' data, with settings beside it.
Tokenizer beside(const TextFolder& folder, const std::string& name, const std::string& settings) {
  std::filesystem::copy_file(std::string(ATTN_TEST_DATA) + "/tokenizers/" + name + "/tokenizer.json",
                             folder.path() + "/tokenizer.json", std::filesystem::copy_options::overwrite_existing);
  folder.write("tokenizer_config.json", settings);
  return Tokenizer::open(folder.path());
}

std::string differs(const TextFolder& folder, const std::string& name, const std::string& other,
                    const std::string& member, const std::string& own) {
  return folder.path() + "/tokenizer_config.json#/" + name + " is " + other + ", but the " + member +
         " in tokenizer.json, which counts here, is " + own + "; the transformers library may go by the former";
}

}  // namespace

TEST_CASE("settings of all texts that differ are told", "[beside]") {
  const TextFolder folder;
  CHECK(beside(folder, "gpt2", R"({"add_prefix_space":true})").notes("") ==
        Notes{differs(folder, "add_prefix_space", "true", "add_prefix_space of its ByteLevel", "false")});
  CHECK(beside(folder, "bert", R"({"do_lower_case":false})").notes("") ==
        Notes{differs(folder, "do_lower_case", "false", "lowercase of its BertNormalizer", "true")});
  CHECK(beside(folder, "bert-cased", R"({"do_lower_case":true,"strip_accents":true})").notes("") ==
        Notes{differs(folder, "do_lower_case", "true", "lowercase of its BertNormalizer", "false"),
              differs(folder, "strip_accents", "true", "strip_accents of its BertNormalizer", "false")});
  CHECK(
      beside(folder, "bert", R"({"strip_accents":false,"tokenize_chinese_chars":false})").notes("") ==
      Notes{differs(folder, "strip_accents", "false", "strip_accents of its BertNormalizer", "true"),
            differs(folder, "tokenize_chinese_chars", "false", "handle_chinese_chars of its BertNormalizer", "true")});
}

TEST_CASE("settings that agree, say nothing or are of no part are not told", "[beside]") {
  const TextFolder folder;
  for (
      const char* const settings :
      {"{}", R"({"do_lower_case":true,"strip_accents":true,"tokenize_chinese_chars":true})",
       R"({"do_lower_case":null,"strip_accents":"false","add_prefix_space":true,"bos_token":null,"mask_token":"[MASK]"})",
       R"({"added_tokens_decoder":{"4":{"content":"[MASK]","special":false},"5":null},"pad_token":[[["x"]]]})"})
    CHECK(beside(folder, "bert", settings).notes("x [MASK] false").empty());
  CHECK(beside(folder, "gpt2", R"({"add_prefix_space":false,"do_lower_case":true})").notes("").empty());
  std::filesystem::remove(folder.path() + "/tokenizer_config.json");
  CHECK(Tokenizer::open(folder.path()).notes("").empty());
}

TEST_CASE("tokens that tokenizer.json does not have are told of texts that have them", "[beside]") {
  const TextFolder folder;
  const std::vector<std::pair<std::string, std::string>> members{
      {"extra_special_tokens", R"(["hello"])"},
      {"extra_special_tokens", R"({"greeting":"hello"})"},
      {"additional_special_tokens", R"([{"content":"hello"}])"},
      {"mask_token", R"("hello")"},
      {"bos_token", R"({"content":"hello","lstrip":false})"},
      {"added_tokens_decoder", R"({"4":{"content":"hello"}})"},
  };
  for (const auto& [name, value] : members) {
    const Tokenizer tokenizer = beside(folder, "bert", "{\"" + name + "\":" + value + "}");
    CHECK(tokenizer.notes("say hell").empty());
    const Notes notes = tokenizer.notes("say hello");
    CHECK(notes ==
          Notes{"the text has 'hello', which is one token by " + folder.path() + "/tokenizer_config.json#/" + name +
                " and the transformers library, but is none of the added tokens of tokenizer.json, "
                "which count here"});
    CHECK(tokenizer.notes("say", "hello") == notes);
    CHECK(tokenizer.notes("hello", "hello") == notes);
    CHECK(texts(tokenizer.encode("hello", std::nullopt, false)).size() > 1);
  }
  CHECK(beside(folder, "bert", R"({"sep_token":"hello","mask_token":"hello"})").notes("hello").size() == 1);
}

TEST_CASE("an added token that is found in another way is told of texts that have it", "[beside]") {
  const TextFolder folder;
  for (const char* const way : {"single_word", "lstrip", "rstrip", "normalized"}) {
    const Tokenizer tokenizer = beside(
        folder, "bert", R"({"added_tokens_decoder":{"4":{"content":"[MASK]",")" + std::string(way) + "\":true}}}");
    CHECK(tokenizer.notes("mask").empty());
    CHECK(tokenizer.notes("x[MASK]") ==
          Notes{"the text has '[MASK]', which is found in another way by " + folder.path() +
                "/tokenizer_config.json#/added_tokens_decoder/4 and the transformers library than by tokenizer.json, "
                "which counts here: single_word, lstrip, rstrip or normalized differ"});
  }
}

TEST_CASE("a damaged tokenizer_config.json is refused", "[beside]") {
  const TextFolder folder;
  check_refused([&] { beside(folder, "bert", "{"); }, folder.path() + "/tokenizer_config.json:1:2", "is no valid JSON");
}

}  // namespace attn::test
