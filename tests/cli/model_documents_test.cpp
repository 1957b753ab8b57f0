// What whole models read: documents of texts and of ids, files of texts, standard input.
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

Json weights_of(const Arguments& more, const std::string& input = "") {
  return run(model(more), input).json()["weights"];
}

}  // namespace

TEST_CASE("a document of a text is that of --text", "[model]") {
  const Folder folder;
  write_bert();
  const Outcome of_flag = run(model({"--text", "a cat", "--layer", "1"}));
  REQUIRE(of_flag.code == 0);
  CHECK(of_flag.json()["tokens"][0] == "[CLS]");
  folder.write("in.json", R"({"text":"a cat"})");
  CHECK(run(model({"in.json", "--layer", "1"})).out == of_flag.out);
  CHECK(run(model({"--layer", "1"}), R"({"text":"a cat"})").out == of_flag.out);
  CHECK(run(model({"--text", "-", "--layer", "1"}), "a cat\n").out == of_flag.out);
  folder.write("pair.json", R"({"text_pair":"dog","text":"a cat"})");
  CHECK(run(model({"pair.json", "--layer", "1"})).out ==
        run(model({"--text", "a cat", "--text-pair", "dog", "--layer", "1"})).out);
  CHECK(run(model({"in.json", "--no-special-tokens", "--layer", "1"})).out ==
        run(model({"--text", "a cat", "--no-special-tokens", "--layer", "1"})).out);
}

TEST_CASE("labels of a text beside an INPUT", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("in.json", R"({"text":"a"})");
  CHECK(run(model({"in.json", "--text", "x y z", "--layer", "1"})).json()["tokens"] == Json{"x", "y", "z"});
  folder.write("in.json", R"({"text":"a","tokens":["x","y","z"]})");
  CHECK(run(model({"in.json", "--layer", "1"})).json()["tokens"] == Json{"x", "y", "z"});
  check_error(run(model({"in.json", "--text", "x y", "--layer", "1"})), 1, "--text: 2 tokens for 3 queries");
}

TEST_CASE("ids of a document", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("in.json", R"({"token_ids":[1,43,2]})");
  const Outcome of_flag = run(model({"--ids", "1,43,2", "--layer", "1"}));
  REQUIRE(of_flag.code == 0);
  CHECK(of_flag.json()["tokens"] == Json{"[CLS]", "a", "[SEP]"});
  CHECK(run(model({"in.json", "--layer", "1"})).out == of_flag.out);
  CHECK(run(model({"--text", "a", "--layer", "1"})).json()["weights"] == of_flag.json()["weights"]);
  folder.write("batch.json", R"({"token_ids":[[1,43,2]],"tokens":["x","y","z"]})");
  const Json batch = run(model({"batch.json", "--layer", "1"})).json();
  CHECK(batch["tokens"] == Json{"x", "y", "z"});
  CHECK(batch["weights"] == Json::array({of_flag.json()["weights"]}));
  folder.write("types.json", R"({"token_ids":[1,43,2],"type_ids":[0,0,1]})");
  CHECK(weights_of({"types.json", "--layer", "1"}) != of_flag.json()["weights"]);
}

TEST_CASE("ids that the tokenizer does not have are labelled by their numbers", "[model]") {
  const Folder folder;
  write_small_model("bert", "m", {.tokenizer = "bert", .vocabulary = 5000});
  CHECK(run(model({"--ids", "1,4321", "--layer", "0"})).json()["tokens"] == Json{"[CLS]", "4321"});
}

TEST_CASE("padding of rows of different lengths", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("ragged.json", R"({"token_ids":[[1,43,44,2],[1,43,2]]})");
  check_error(run(model({"ragged.json", "--layer", "2"})), 1,
              "ragged.json#/token_ids/1: has 3 ids, but the first row has 4: pad the shorter rows at their ends, with "
              "any id of the vocabulary, and say in key_lengths how many of each row count");
  folder.write("padded.json", R"({"token_ids":[[1,43,44,2],[1,43,2,77]],"key_lengths":[4,3]})");
  const Json padded = weights_of({"padded.json", "--layer", "2"}),
             alone = weights_of({"--ids", "1,43,2", "--layer", "2"});
  REQUIRE(shape(padded) == std::vector<std::size_t>{2, 4, 4, 4});
  for (std::size_t head = 0; head < 4; ++head)
    for (std::size_t query = 0; query < 3; ++query)
      for (std::size_t key = 0; key < 4; ++key) {
        const double expected = key < 3 ? alone[head][query][key].get<double>() : 0.0;
        CHECK(padded[1][head][query][key].get<double>() == Approx(expected).margin(1e-6));
      }
}

TEST_CASE("members of flags reach a text as well", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("mask.json", "[[1,0,0],[1,1,0],[1,1,1]]");
  const Json masked = weights_of({"--text", "a", "--mask-file", "mask.json", "--layer", "1"});
  CHECK(masked[0][0] == Json{1.0, 0.0, 0.0});
  CHECK(masked == weights_of({"--text", "a", "--mask", "causal", "--layer", "1"}));
  CHECK(weights_of({"--text", "a", "--key-lengths", "2", "--layer", "1"})[0][0][2] == 0.0);
  folder.write("in.json", R"({"token_ids":[1,43,2],"mask":[[1,0,0],[1,1,0],[1,1,1]]})");
  CHECK(weights_of({"in.json", "--layer", "1"}) == masked);
}

TEST_CASE("JSON Lines of texts", "[model]") {
  const Folder folder;
  write_bert();
  const std::string lines = "{\"text\":\"a cat\"}\n{\"text\":7}\n\n{\"token_ids\":[1,43,2]}\n";
  folder.write("in.jsonl", lines);
  const Outcome outcome = run(model({"in.jsonl", "--layer", "1"}));
  CHECK(outcome.code == 1);
  const std::vector<Json> results = outcome.json_lines();
  REQUIRE(results.size() == 3);
  CHECK(results[0] == run(model({"--text", "a cat", "--layer", "1"})).json());
  CHECK(results[1]["error"]["line"] == 2);
  CHECK(results[2] == run(model({"--ids", "1,43,2", "--layer", "1"})).json());
  CHECK(run(model({"--layer", "1"}), lines).json_lines()[0] == results[0]);
}

TEST_CASE("a file of texts, one a line", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("in.txt",
               "\xEF\xBB\xBF"
               "a cat\r\n\n  \na\n");
  const Outcome outcome = run(model({"in.txt", "--layer", "1"}));
  CHECK(outcome.code == 0);
  const std::vector<Json> results = outcome.json_lines();
  REQUIRE(results.size() == 2);
  CHECK(results[0]["weights"] == weights_of({"--text", "a cat", "--layer", "1"}));
  CHECK(results[1]["weights"] == weights_of({"--text", "a", "--layer", "1"}));
  CHECK(results[0]["metadata"]["input"] == Json{{"line", 1}});
  CHECK(results[1]["metadata"]["input"] == Json{{"line", 4}});
  folder.write("one.txt", "a");
  CHECK(run(model({"one.txt", "--layer", "1", "-o", "out.jsonl"})).code == 0);
  CHECK(parsed_json(folder.read("out.jsonl"))["weights"] == results[1]["weights"]);
  folder.write("bad.txt", "a\nb\xFF\n");
  const Outcome bad = run(model({"bad.txt", "--layer", "1"}));
  CHECK(bad.code == 1);
  CHECK(bad.json_lines()[1]["error"] == Json{{"line", 2}, {"message", "bad.txt:2: the text is not valid UTF-8"}});
  for (const char* nothing : {"", "\n \n"}) {
    folder.write("blank.txt", nothing);
    check_error(run(model({"blank.txt", "--layer", "1"})), 1, "blank.txt: is empty; a text a line is expected");
  }
  const std::string wide("a\0\n\0b\0\n\0", 8);
  folder.write("wide.txt", wide);
  const std::string refused = ": is UTF-16LE, and text is read as UTF-8; 'iconv -f UTF-16LE -t UTF-8' converts it";
  check_error(run(model({"wide.txt", "--layer", "1"})), 1, "wide.txt" + refused);
  check_error(run(model({"--text", "-", "--layer", "1"}), wide), 1, "standard input" + refused);
  check_error(run(model({"in.txt", "-o", "x.png"})), 2,
              "INPUT: a file of texts gives JSON Lines, on standard output or in one -o FILE.jsonl; --text - reads one "
              "text and gives every format");
  CHECK(run(model({"--text", "-", "-o", "x.png"}), "a").code == 0);
  folder.write("numbers.txt", "1,2\n3,4\n");
  CHECK(run({"multihead", "numbers.txt", "--init", "xavier", "--heads", "1"}).code == 0);
}

TEST_CASE("a model is named when a document has opened it", "[model]") {
  const Folder folder;
  write_small_model("gpt2", "m");  // has no tokenizer
  const Arguments layer{"multihead", "--weights", "m", "--layer", "0"};
  folder.write("in.txt", "hello\nworld\n");
  const Outcome none = run(layer + Arguments{"in.txt"});
  CHECK(none.code == 1);
  CHECK(none.json_lines().size() == 2);
  CHECK(none.err == "");
  const Outcome second = run(layer, "{\"text\":\"a\"}\n{\"token_ids\":[1,2]}\n{\"token_ids\":[3]}\n");
  CHECK(second.code == 1);
  CHECK(second.err == run(layer + Arguments{"--ids", "1,2"}).err);
  CHECK(second.err.starts_with("attn: note: layer 0 of m/model.safetensors, gpt2 of "));
}

TEST_CASE("ids of archives", "[model]") {
  const Folder folder;
  write_bert();
  const std::vector<float> ids{1, 43, 2};
  for (const char* const file : {"in.npz", "in.safetensors"}) {
    Result document;
    document.tensors.push_back({"token_ids", Tensor::of<float>({1, 3}, ids)});
    StringSink sink;
    write_result(document, *format_of_path(file), sink);
    folder.write(file, sink.text);
    CHECK(weights_of({file, "--layer", "1"})[0] == weights_of({"--ids", "1,43,2", "--layer", "1"}));
  }
}

TEST_CASE("documents that are for a model and have none, or for a layer", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("text.json", R"({"text":"a"})");
  folder.write("ids.json", R"({"token_ids":[1,43,2]})");
  check_error(run({"multihead", "text.json"}), 1, "text.json#/text: is for a whole model: --weights names it");
  check_error(run({"multihead", "ids.json"}), 1, "ids.json#/token_ids: is for a whole model: --weights names it");
  check_error(run({"compute", "ids.json"}), 1,
              "ids.json#/token_ids: is for a whole model, which attn multihead --weights runs");
  folder.write("x.json", R"({"token_ids":[1,43,2],"embeddings":[[1]]})");
  check_error(run(model({"x.json"})), 1, "x.json#/embeddings: does not go with token ids: a whole model makes its own");
  for (const char* const member : {"query", "key", "value", "past_key", "past_value"}) {
    folder.write("x.json", R"({"token_ids":[1,43,2],")" + std::string(member) + R"(":[[1]]})");
    check_error(run(model({"x.json"})), 1,
                "x.json#/" + std::string(member) + ": does not go with token ids: a whole model makes its own");
  }
  for (const auto& [member, value] : {std::pair{"num_heads", "1"},
                                      {"num_kv_heads", "1"},
                                      {"key_tokens", "[\"a\"]"},
                                      {"projections", "{\"W_q\":[[1]]}"}}) {
    folder.write("x.json", R"({"token_ids":[1,43,2],")" + std::string(member) + "\":" + value + "}");
    check_error(run(model({"x.json"})), 1,
                "x.json#/" + std::string(member) + ": does not go with token ids: a whole model makes its own");
  }
  check_error(run(model({"--text", "a", "--past-key", "ids.json:token_ids"})), 1,
              "--past-key: does not go with token ids: a whole model makes its own");
  folder.write("x.json", R"({"token_ids":[1],"text":"a"})");
  check_error(run(model({"x.json"})), 1, "x.json#/token_ids: does not go with a text: one of them is to be read");
  folder.write("x.json", R"({"text_pair":"a"})");
  check_error(run(model({"x.json"})), 1, "x.json#/text_pair: goes with a text");
  check_error(run(model({"ids.json", "--ids", "1"})), 2, "--ids: goes without an INPUT, which says it itself");
  check_error(run(model({"text.json", "--text-pair", "b"})), 2,
              "--text-pair: goes without an INPUT, which says it itself");
  check_error(run(model({"--text-pair", "b"})), 2, "--text-pair: goes with --text");
  folder.write("x.csv", "1,2\n");
  for (const Arguments& vectors :
       {Arguments{"--random", "2,16"}, Arguments{"--query", "x.csv"}, Arguments{"--embeddings", "x.csv"}})
    for (const Arguments& more :
         {Arguments{"--ids", "1,2"}, Arguments{"--text-pair", "b", "--text", "a"}, Arguments{"--no-special-tokens"}})
      check_error(run(model(vectors) + more), 2,
                  more.front() + ": does not go with " + vectors.front() + ", which is read in the place of a text");
  check_error(run(model({"--text", "a", "--embed", "16", "--text-pair", "b"})), 2,
              "--text-pair: does not go with --embed, which is read in the place of a text");
  check_error(run(model({"ids.json", "--no-special-tokens"})), 2,
              "--no-special-tokens: is of texts, and ids.json has none");
  folder.write("ids.npy", run({"mask", "causal", "--queries", "2", "--keys", "3", "-f", "npy"}).out);
  check_error(run(model({"--ids", "ids.npy"})), 1,
              "--ids: has the shape (2, 3), and is of one text: several are token_ids of an INPUT");
}

TEST_CASE("a text where a document is read is answered with --text, if the model has a tokenizer", "[model]") {
  const Folder folder;
  write_bert();
  const Arguments whole{"multihead", "--weights", "m", "-q"};
  check_error(run(whole, "a cat\n"), 1,
              "standard input:1:1: 'a cat' is not a number; --text - runs the model on a text");
  CHECK(run(whole + Arguments{"--text", "-"}, "a cat\n").out == run(whole + Arguments{"--text", "a cat"}).out);
  check_error(run(whole, "1,2\n3,x\n"), 1, "standard input:2:3: 'x' is not a number");
  for (const std::string text : {"a cat", "cat"})
    check_error(run(whole + Arguments{text}), 1,
                text + ": cannot be read: there is no such file; --text TEXT runs the model on a text");
  check_error(run(whole + Arguments{"cat.npy"}), 1, "cat.npy: cannot be read: No such file or directory");
  check_error(run(whole, "", Device::terminal), 2,
              "INPUT: there is no input: --text TEXT runs the model on a text; or name a file, pipe a document in, or "
              "give '-' to type one");
  std::filesystem::remove("m/tokenizer.json");
  check_error(run(whole, "a cat\n"), 1, "standard input:1:1: 'a cat' is not a number");
  check_error(run(whole + Arguments{"a cat"}), 1, "a cat: cannot be read: No such file or directory");
  check_error(run(whole, "", Device::terminal), 2,
              "INPUT: there is no input: name a file, pipe a document in, or give '-' to type one");
}

}  // namespace attn::test
