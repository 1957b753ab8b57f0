// --list tokens: what the tokenizer beside a checkpoint makes of a text.
#include "cli/checkpoint_case.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

std::string tokenizer_path(const std::string& name) { return std::string(ATTN_TEST_DATA) + "/tokenizers/" + name; }

Arguments list_tokens(const std::string& name) {
  return {"multihead", "--weights", tokenizer_path(name), "--list", "tokens"};
}

}  // namespace

TEST_CASE("--list tokens as text", "[tokens]") {
  const Folder folder;
  const Outcome outcome =
      run(list_tokens("bert") + Arguments{"--text", "A naïve cat", "--text-pair", "中", "-f", "text"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  const std::string table = outcome.out.substr(outcome.out.find('\n') + 1);
  CHECK(outcome.out.starts_with(tokenizer_path("bert") + "/tokenizer.json: 13 tokens\n"));
  CHECK(table.starts_with("      id  token  in  place  text\n 0     1  [CLS]\n 1    43  a      A   0:1    A\n"));
  CHECK(table.find("##i    A   4:5    ï\n") != std::string::npos);
  CHECK(table.find("中     B   0:1    中\n") != std::string::npos);
  CHECK(run(list_tokens("bert") + Arguments{"--text", "A naïve cat", "--text-pair", "中"}, "", Device::terminal).out ==
        outcome.out);
  CHECK(
      run(list_tokens("bert") + Arguments{"--text", "A naïve cat", "--text-pair", "中", "-o", "list.txt"}).out.empty());
  CHECK(folder.read("list.txt") == outcome.out);
}

TEST_CASE("--list tokens as JSON", "[tokens]") {
  const Json list = run(list_tokens("bert") + Arguments{"--text", "a", "--text-pair", "b"}).json();
  CHECK(members(list) == std::vector<std::string>{"file", "text", "text_pair", "tokens", "token_ids", "places",
                                                  "type_ids", "special_tokens"});
  CHECK(list["text"] == "a");
  CHECK(list["text_pair"] == "b");
  CHECK(list["tokens"] == Json{"[CLS]", "a", "[SEP]", "b", "[SEP]"});
  CHECK(list["token_ids"] == Json{1, 43, 2, 44, 2});
  CHECK(list["places"] == Json{{0, 0}, {0, 1}, {0, 0}, {0, 1}, {0, 0}});
  CHECK(list["type_ids"] == Json{0, 0, 0, 1, 1});
  CHECK(list["special_tokens"] == Json{true, false, true, false, true});
}

TEST_CASE("--no-special-tokens, --text -, --ids", "[tokens]") {
  const Folder folder;
  CHECK(run(list_tokens("bert") + Arguments{"--text", "a", "--no-special-tokens"}).json()["tokens"] ==
        Json::array({"a"}));
  CHECK(run(list_tokens("bert") + Arguments{"--text", "-", "--no-special-tokens"}, "a b\r\n").json()["text"] == "a b");
  const Json ids = run(list_tokens("bert") + Arguments{"--ids", "1,43,2"}).json();
  CHECK(members(ids) == std::vector<std::string>{"file", "tokens", "token_ids"});
  CHECK(ids["tokens"] == Json{"[CLS]", "a", "[SEP]"});
  folder.write("ids.json", "[43, 44]");
  CHECK(run(list_tokens("bert") + Arguments{"--ids", "ids.json"}).json()["tokens"] == Json{"a", "b"});
  CHECK(run(list_tokens("bert") + Arguments{"--ids", "43", "-f", "text"}).out ==
        tokenizer_path("bert") + "/tokenizer.json: 1 token\n   id  token\n0  43  a\n");
}

TEST_CASE("the tokenizer is looked for in the checkpoint's folder", "[tokens]") {
  const Folder folder;
  copy_checkpoint("bert", "model");
  check_error(run({"multihead", "--weights", "model", "--list", "tokens", "--text", "a"}), 1,
              "model: has no tokenizer.json, vocab.txt, or vocab.json with merges.txt");
  std::filesystem::copy_file(tokenizer_path("gpt2") + "/tokenizer.json", "model/tokenizer.json");
  const Outcome outcome = run({"multihead", "--weights", "model/model.safetensors", "--list", "tokens", "--text", "a"});
  CHECK(outcome.json()["file"] == "model/tokenizer.json");
}

TEST_CASE("what tokenizer_config.json says otherwise is told", "[tokens]") {
  const Folder folder;
  write_small_model("bert", "m", {.tokenizer = "bert", .vocabulary = 4058});
  folder.write("m/tokenizer_config.json", R"({"do_lower_case":false,"mask_token":"cat"})");
  const std::string
      setting =
          "attn: note: warning: m/tokenizer_config.json#/do_lower_case is false, but the lowercase of its "
          "BertNormalizer in tokenizer.json, which counts here, is true; the transformers library may go "
          "by the former\n",
      token =
          "attn: note: warning: the text has 'cat', which is one token by "
          "m/tokenizer_config.json#/mask_token and the transformers library, but is none of the added "
          "tokens of tokenizer.json, which count here\n";
  const Arguments list{"multihead", "--weights", "m", "--list", "tokens"};
  const Outcome listed = run(list + Arguments{"--text", "A cat"});
  CHECK(listed.err == setting + token);
  CHECK(listed.json()["tokens"][1] == "a");
  CHECK(run(list + Arguments{"--text", "A", "--text-pair", "cat"}).err == setting + token);
  CHECK(run(list + Arguments{"--text", "A cat", "-q"}).err.empty());
  CHECK(run(list + Arguments{"--ids", "1,43"}).err.empty());
  const Arguments layer{"multihead", "--weights", "m", "--layer", "1", "-f", "json"};
  const Outcome computed = run(layer + Arguments{"--text", "A dog"});
  CHECK(computed.code == 0);
  CHECK(computed.err.find(setting) != std::string::npos);
  CHECK(computed.err.find("'cat'") == std::string::npos);
  folder.write("two.jsonl", "{\"text\":\"A cat\"}\n{\"text\":\"dog\"}\n");
  const Outcome lines = run(layer + Arguments{"two.jsonl"});
  CHECK(lines.code == 0);
  CHECK(lines.err.find("do_lower_case is false") != std::string::npos);
  CHECK(lines.err.find("the text has 'cat'") != std::string::npos);
}

TEST_CASE("--list layers is --list", "[tokens]") {
  const Folder folder;
  copy_checkpoint("bert", "model");
  const Arguments list{"multihead", "--weights", "model", "--list"};
  CHECK(run(list + Arguments{"layers"}).out == run(list).out);
  CHECK(run(list + Arguments{"-f", "text"}).out.starts_with("model/model.safetensors: bert"));
}

TEST_CASE("errors of --list tokens", "[tokens]") {
  const Arguments list = list_tokens("bert");
  check_error(run(list), 2, "--list: tokens needs --text or --ids");
  check_error(run({"multihead", "--weights", "model", "--list", "token"}), 2,
              "--list: 'token' is none of layers, tokens; did you mean 'tokens'?");
  check_error(run(list + Arguments{"--text", "a", "-f", "npy"}), 2, "--list: gives json or text");
  check_error(run(list + Arguments{"--text", "a", "--layer", "0"}), 2, "--layer: does not go with --list tokens");
  check_error(run(list + Arguments{"--text", "a", "--arch", "bert"}), 2, "--arch: does not go with --list tokens");
  check_error(run(list + Arguments{"--text", "a", "--prefix", "x"}), 2, "--prefix: does not go with --list tokens");
  for (const Arguments& more :
       {Arguments{"--text", "a"}, Arguments{"--text-pair", "a"}, Arguments{"--no-special-tokens"}})
    check_error(run(list + Arguments{"--ids", "1"} + more), 2, more.front() + ": does not go with --ids");
  for (const auto& [more, rule] : {std::pair<Arguments, std::string>{{"--ids", "1"}, "goes with --weights"},
                                   {{"--text-pair", "a"}, "goes with --weights and --text"},
                                   {{"--no-special-tokens"}, "goes with --weights and a text"}})
    check_error(run(Arguments{"multihead", "--random", "2,4"} + more), 2, more.front() + ": " + rule);
  check_error(run(list + Arguments{"--ids", "99999"}), 1,
              "--ids: " + tokenizer_path("bert") + "/tokenizer.json has no token 99999; its ids go to 4057");
  check_error(run(list + Arguments{"--ids", "1,x"}), 1, "1,x: cannot be read: No such file or directory");
  check_error(run(list + Arguments{"--text", "a\xFF"}), 1, "the text is not valid UTF-8");
}

}  // namespace attn::test
