// What tokenizers do beside what the stored ones show: texts as a person reads them, ids by token, older files.
#include "text/support.hpp"

namespace attn::test {
namespace {

Tokenizer stored(const std::string& name) {
  return Tokenizer::open(std::string(ATTN_TEST_DATA) + "/tokenizers/" + name);
}

}  // namespace

TEST_CASE("tokens are what a person reads") {
  // Marks of sub-words stay; bytes become characters where a token has whole ones.
  CHECK(texts(stored("gpt2").encode("he cat\n")) == std::vector<std::string>{"he", "Ġc", "at", "Ċ"});
  CHECK(texts(stored("gpt2").encode("é🫠")) == std::vector<std::string>{"é", "<0xF0><0x9F>", "<0xAB>", "<0xA0>"});
  CHECK(texts(stored("bert").encode("[MASK]", std::nullopt, false)) == std::vector<std::string>{"[MASK]"});
  CHECK(texts(stored("roberta").encode("x  <mask>", std::nullopt, false)) ==
        std::vector<std::string>{"Ġ", "x", "<mask>"});
  CHECK(texts(stored("llama2").encode("a\U0001FAE0", std::nullopt, false)) ==
        std::vector<std::string>{"▁a", "<0xF0>", "<0x9F>", "<0xAB>", "<0xA0>"});
  // What Unigram does not know is shown itself.
  CHECK(texts(stored("xlm-roberta").encode("a ጀ", std::nullopt, false)) == std::vector<std::string>{"▁a", "▁", "ጀ"});
}

TEST_CASE("special tokens, types and parts of a pair") {
  const std::vector<TextToken> tokens = stored("bert").encode("a", "b");
  CHECK(texts(tokens) == std::vector<std::string>{"[CLS]", "a", "[SEP]", "b", "[SEP]"});
  std::string seen;
  for (const TextToken& token : tokens)
    seen += std::to_string(token.type) + (token.is_special ? "s" : "t") + std::to_string(token.part) + " ";
  CHECK(seen == "0s-1 0t0 0s-1 1t1 1s-1 ");
}

TEST_CASE("ids and tokens of a vocabulary") {
  const Tokenizer tokenizer = read_tokenizer(small_tokenizer());
  CHECK(tokenizer.ids() == 4);
  CHECK(tokenizer.id("b") == 2);
  CHECK(!tokenizer.id("z"));
  CHECK(tokenizer.token(3) == "c");
  CHECK(!tokenizer.token(4));
  CHECK(!tokenizer.token(-1));
  CHECK(tokenizer.name() == "tokenizer.json");
}

TEST_CASE("an added token that the model has not is numbered behind its vocabulary") {
  Json json = small_tokenizer();
  json["added_tokens"] = Json::array({{{"id", 9},
                                       {"content", "x"},
                                       {"single_word", false},
                                       {"lstrip", false},
                                       {"rstrip", false},
                                       {"normalized", false},
                                       {"special", false}}});
  const Tokenizer tokenizer = read_tokenizer(json);
  CHECK(tokenizer.id("x") == 4);
  CHECK(shown(tokenizer.encode("axb")) == "1@0:1 4@1:2 2@2:3");
  CHECK(tokenizer.ids() == 5);
}

TEST_CASE("models of files that do not say their type") {
  Json json = small_tokenizer();
  json["model"].erase("type");
  CHECK(shown(read_tokenizer(json).encode("a z")) == "1@0:1 0@2:3");
  json["model"] = {{"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}};
  CHECK(shown(read_tokenizer(json).encode("ab")) == "2@0:2");
}

TEST_CASE("folders with older files, or without a tokenizer") {
  const TextFolder folder;
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path(),
                "has no tokenizer.json, vocab.txt, or vocab.json with merges.txt");
  folder.write("spiece.model", "x");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path(),
                "its spiece.model is SentencePiece's own format");
  folder.write("vocab.txt", "[UNK]\r\n[CLS]\r\na\r\n");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/vocab.txt", "has no token '[SEP]'");
  folder.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\nA\n##b\n");
  CHECK(shown(Tokenizer::open(folder.path()).encode("AB", std::nullopt, false)) == "3@0:1 5@1:2");
  folder.write("tokenizer_config.json", R"({"do_lower_case": false, "cls_token": {"content": "a"}})");
  CHECK(shown(Tokenizer::open(folder.path()).encode("A")) == "3@0:0 4@0:1 2@0:0");
  folder.write("added_tokens.json", "{}");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/added_tokens.json", "is not read");
}

using Ids = std::vector<std::int64_t>;

// Of a folder's tokenizer with these settings.
Ids ids_with(const TextFolder& folder, const Json& settings, const std::string& text) {
  folder.write("tokenizer_config.json", settings.dump());
  Ids ids;
  for (const TextToken& token : Tokenizer::open(folder.path()).encode(text)) ids.push_back(token.id);
  return ids;
}

Json added_token(const char* content, bool is_normalized = false) {
  return {{"content", content},          {"lstrip", false}, {"rstrip", false}, {"single_word", false},
          {"normalized", is_normalized}, {"special", false}};
}

// Ids are those of transformers 5.24.0.
TEST_CASE("tokens that tokenizer_config.json adds to older files") {
  const TextFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n");
  const auto ids = [&](const Json& added, const char* text) {
    return ids_with(folder, {{"added_tokens_decoder", added}}, text);
  };
  CHECK(ids({{"4", added_token("[MASK]")}}, "a <new> b<new>ab") == Ids{2, 5, 1, 1, 1, 6, 1, 1, 1, 5, 7, 3});
  CHECK(ids({{"8", added_token("<new>")}}, "a <new> b<new>ab") == Ids{2, 5, 8, 6, 8, 5, 7, 3});
  CHECK(ids({{"8", added_token("<NEW>", true)}}, "a <new> b<new>ab") == Ids{2, 5, 8, 6, 8, 5, 7, 3});
  CHECK(ids({{"10", added_token("<c>")}, {"9", added_token("<b>")}, {"8", added_token("<a>")}}, "<c><a><b>") ==
        Ids{2, 10, 8, 9, 3});
  // Special tokens are told in texts whether they are listed or not.
  CHECK(ids({{"8", added_token("<new>")}}, "a [mask] [MASK] b") == Ids{2, 5, 1, 1, 1, 4, 6, 3});
  const auto refused = [&](const Json& added, const std::string& place, const std::string& message) {
    folder.write("tokenizer_config.json", Json{{"added_tokens_decoder", added}}.dump());
    check_refused([&] { Tokenizer::open(folder.path()); },
                  folder.path() + "/tokenizer_config.json#/added_tokens_decoder/" + place, message);
  };
  refused({{"11", added_token("<new>")}}, "11", "is not the id that '<new>' gets, which is 8");
  refused({{"5", added_token("<new>")}}, "5", "is not the id that '<new>' gets, which is 8");
  refused({{"3", added_token("[MASK]")}}, "3", "is not the id that '[MASK]' gets, which is 4");
  refused({{"x", added_token("<new>")}}, "x", "is no id of a token");
  refused({{"8", nullptr}}, "8", "is null, and has to be an object");
  refused({{"8", Json::object()}}, "8/content", "is missing");
}

// Likewise.
TEST_CASE("special tokens that tokenizer_config.json names for older files") {
  const TextFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n");
  const char* const text = "a <new> [MASK]b";
  CHECK(ids_with(folder, Json::object(), text) == Ids{2, 5, 1, 1, 1, 4, 6, 3});
  CHECK(ids_with(folder, {{"bos_token", "<new>"}}, text) == Ids{2, 5, 8, 4, 6, 3});
  CHECK(ids_with(folder, {{"mask_token", "<new>"}}, text) == Ids{2, 5, 8, 1, 1, 1, 6, 3});
  CHECK(ids_with(folder, {{"mask_token", nullptr}}, text) == Ids{2, 5, 1, 1, 1, 1, 1, 1, 6, 3});
  CHECK(ids_with(folder, {{"additional_special_tokens", Json::array({"<new>"})}}, text) == Ids{2, 5, 8, 4, 6, 3});
  CHECK(ids_with(folder, {{"extra_special_tokens", Json::array({"<new>"})}}, text) == Ids{2, 5, 8, 4, 6, 3});
  CHECK(ids_with(folder,
                 {{"added_tokens_decoder", {{"8", added_token("<z>")}}}, {"extra_special_tokens", {"<new>", "[MASK]"}}},
                 text) == Ids{2, 5, 9, 4, 6, 3});
  const auto refused = [&](const Json& settings, const std::string& place, const std::string& message) {
    folder.write("tokenizer_config.json", settings.dump());
    check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/tokenizer_config.json#/" + place, message);
  };
  refused({{"cls_token", nullptr}}, "cls_token", "is null, and this tokenizer needs the token");
  refused({{"unk_token", nullptr}}, "unk_token", "is null, and this tokenizer needs the token");
  refused({{"sep_token", Json::object()}}, "sep_token/content", "is missing");
  refused({{"extra_special_tokens", {{"image_token", "<new>"}}}}, "extra_special_tokens",
          "a list of strings is expected");

  std::filesystem::remove(folder.path() + "/vocab.txt");
  folder.write("vocab.json", R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "ab": 6, "Ġ": 7,
                                 "<mask>": 8, "<|endoftext|>": 9, "<": 10, "n": 11, "e": 12, "w": 13, ">": 14})");
  folder.write("merges.txt", "#version: 0.2\na b\n");
  const auto with = [](const char* name, Json settings) {
    settings["tokenizer_class"] = name;
    return settings;
  };
  CHECK(ids_with(folder, with("GPT2Tokenizer", {{"eos_token", "<new>"}}), "ab <new>ab<|endoftext|>") ==
        Ids{6, 7, 15, 6, 9});
  CHECK(ids_with(folder, with("GPT2Tokenizer", {{"pad_token", "<new>"}}), "ab <new>ab") == Ids{6, 7, 15, 6});
  CHECK(ids_with(folder, with("GPT2Tokenizer", {{"pad_token", nullptr}}), "ab <new>") == Ids{6, 7, 10, 11, 12, 13, 14});
  CHECK(ids_with(folder, with("RobertaTokenizer", {{"bos_token", "<new>"}}), "ab <new>ab") == Ids{0, 6, 7, 15, 6, 2});
  CHECK(ids_with(folder, with("RobertaTokenizer", {{"added_tokens_decoder", {{"15", added_token("<new>")}}}}),
                 "ab <new>ab") == Ids{0, 6, 7, 15, 6, 2});
  refused(with("RobertaTokenizer", {{"sep_token", nullptr}}), "sep_token", "is null");
}

TEST_CASE("a byte-level vocabulary of older files needs to know its model") {
  const TextFolder folder;
  folder.write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})");
  folder.write("merges.txt", "#version: 0.2\na b\n");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/vocab.json",
                "how its model uses it is not known");
  folder.write("config.json", R"({"model_type": "gpt2"})");
  CHECK(shown(Tokenizer::open(folder.path()).encode("ab<|endoftext|>")) == "2@0:2 3@2:15");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/vocab.json", "has no token '</s>'");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  check_refused([&] { Tokenizer::open(folder.path()); }, folder.path() + "/vocab.json", "and is 'cliptokenizer'");
}

}  // namespace attn::test
