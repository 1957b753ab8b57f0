// Teaching code that draws in an order of its own: the numbers of its notebooks, by
// tests/data/multihead/notebooks.json.
#include <cmath>
#include <fstream>

#include "cli/session.hpp"

namespace attn::test {
namespace {

void check_equal(const Json& given, const Json& wanted, double tolerance) {
  REQUIRE(given.is_array() == wanted.is_array());
  if (!wanted.is_array()) {
    CHECK(std::abs(given.get<double>() - wanted.get<double>()) <= tolerance);
    return;
  }
  REQUIRE(given.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) check_equal(given[i], wanted[i], tolerance);
}

const Json three = parsed_json("[[1,0],[0,1],[1,1]]");

}  // namespace

TEST_CASE("notebooks' numbers come out", "[notebooks]") {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/multihead/notebooks.json");
  REQUIRE(file.good());
  const Json cases = parsed_json(file);
  REQUIRE(cases.size() >= 14);
  for (const Json& c : cases) {
    const std::string command = c["command"];
    INFO(command);
    const Outcome outcome = run(words_of(command));
    REQUIRE(outcome.code == 0);
    const double tolerance = c["exact"] ? 0 : command.find("f64") != std::string::npos ? 1e-13 : 2e-6;
    for (const auto& [name, wanted] : c["tensors"].items()) check_equal(outcome.json()[name], wanted, tolerance);
  }
}

TEST_CASE("what was drawn, and in which order, is told", "[notebooks]") {
  const Json drawn = run(words_of("multihead --random 3,4 --init torch-randn --init-scale 0.1 --draw-order "
                                  "weights,inputs --seed-skip 3,randn:4"))
                         .json()["metadata"];
  CHECK(drawn["init_scale"] == 0.1);
  CHECK(drawn["draw_order"] == "weights,inputs");
  CHECK(drawn["seed_skip"] == "3,randn:4");

  const Arguments linear = words_of("multihead --random 3,4 --init torch-linear --heads 2");
  CHECK(run(linear).err ==
        "attn: note: --init torch-linear: query, key and value are nn.Linear(4, 4, bias=False); PyTorch's default is a "
        "bias, which --qkv-bias draws as well\n");
  CHECK(run(linear + Arguments{"--kv-heads", "1"}).err ==
        "attn: note: --init torch-linear: query, key and value are nn.Linear(4, 4, bias=False) and nn.Linear(4, 2, "
        "bias=False); PyTorch's default is a bias, which --qkv-bias draws as well\n");
  CHECK(run(linear + Arguments{"--stacked", "--no-output-projection"})
            .err.find("nn.Linear(4, 2, bias=False), for each head;") != std::string::npos);
  CHECK(run(linear + Arguments{"--qkv-bias"}).err == "");
  CHECK(run(linear + Arguments{"-q"}).err == "");
  CHECK(run(words_of("multihead --random 3,4 --init torch-rand")).err == "");
}

TEST_CASE("each line of JSON Lines is drawn for as if it were alone", "[notebooks]") {
  const std::string line = R"({"tokens":["a","b","a"]})";
  const Arguments flags = words_of("multihead --embed 4 --init torch-rand --draw-order weights,inputs --seed 4");
  const Json alone = run(flags, line).json();
  const std::vector<Json> lines = run(flags, line + "\n" + line + "\n").json_lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["output"] == alone["output"]);
  CHECK(lines[1]["output"] == alone["output"]);
}

TEST_CASE("a file takes the place of a drawn tensor, which is drawn all the same", "[notebooks]") {
  const Folder folder;
  folder.write("x.json", three.dump());
  const Arguments flags = words_of("multihead --random 3,2 --embeddings x.json --init torch-rand");
  const Json before = run(flags).json(), after = run(flags + words_of("--draw-order weights,inputs")).json();
  CHECK(before["output"] != after["output"]);
  CHECK(after["output"] == run(words_of("multihead x.json --init torch-rand")).json()["output"]);
}

TEST_CASE("bare numbers are embeddings", "[notebooks]") {
  const Folder folder;
  folder.write("x.json", three.dump());
  const Json wanted = run({"compute"}, Json{{"embeddings", three}}.dump()).json();
  CHECK(run({"compute"}, three.dump()).out == wanted.dump() + "\n");
  CHECK(run({"compute", "x.json"}).json()["output"] == wanted["output"]);
  CHECK(run({"compute", "--dtype", "f64"}, "[[[0.1,2],[3,4]]]").json()["output"].size() == 1);
  check_error(run({"compute"}, "[1,2]"), 1,
              "standard input#: the shape (2,) is none of (L, d), (B, L, d) and (B, H, L, d)");
  check_error(run({"compute"}, "[[1,2],[3]]"), 1, "standard input#/1: is ragged: its length is 1, that of #/0 is 2");
  CHECK(run({"mask", "causal", "--input", "x.json", "-f", "json"}).json()["queries"] == 3);
}

TEST_CASE("tokens come as a list or a file", "[notebooks]") {
  const Folder folder;
  folder.write("t.txt", "The\ncat\nsat\n");
  folder.write("t.json", R"(["The","cat","sat"])");
  folder.write("a,b,c", "x\ny\nz\n");
  const Json wanted = parsed_json(R"(["The","cat","sat"])");
  for (const std::string command : {"compute", "multihead --init torch-rand"})
    for (const std::string tokens : {"t.txt", "t.json", "The,cat,sat"}) {
      INFO(command << " " << tokens);
      CHECK(run(words_of(command) + Arguments{"--tokens", tokens}, three.dump()).json()["tokens"] == wanted);
    }
  CHECK(run({"compute", "--tokens", "a,b,c"}, three.dump()).json()["tokens"] == parsed_json(R"(["x","y","z"])"));
  CHECK(run({"compute", "--tokens", "'a,b',c,d"}, three.dump()).json()["tokens"] == parsed_json(R"(["a,b","c","d"])"));
  CHECK(run({"visualize", "--tokens", "The,cat,sat"}, "[[1,0,0],[0,1,0],[0,0,1]]").out.find("cat") !=
        std::string::npos);
  check_error(run({"compute", "--tokens", "none.txt"}, three.dump()), 1,
              "none.txt: cannot be read: No such file or directory");
  check_error(run({"compute", "--tokens", "a,b"}, three.dump()), 2, "--tokens: 2 tokens for 3 queries");
  check_error(run({"compute", "--text", "a b"}, three.dump()), 2, "--text: 2 tokens for 3 queries");
  check_error(run({"compute", "--text", "a b", "--tokens", "a,b"}, three.dump()), 2, "--tokens: goes without --text");
  check_error(run({"compute", "--key-lengths", "9"}, three.dump()), 2,
              "--key-lengths: the key length 9 is not in 0 … 3");
  check_error(run({"compute", "--key-lengths", "1,1"}, three.dump()), 2,
              "--key-lengths: 2 key lengths for a batch of 1");
}

TEST_CASE("tokens without vectors are told how to get them", "[notebooks]") {
  const std::string advice =
      "sets tokens, which have no vectors yet: --embed D draws one for each different token, --embeddings FILE reads "
      "one for each";
  const Folder folder;
  folder.write("x.json", three.dump());
  for (const Device device : {Device::pipe, Device::terminal}) {
    check_error(run({"compute", "--text", "a b c"}, "", device), 2, "--text: " + advice);
    check_error(run({"compute", "--tokens", "a,b,c"}, "\n", device), 2, "--tokens: " + advice);
  }
  check_error(run({"multihead", "--text", "a b c", "--init", "torch-rand"}), 2,
              "--text: " + advice + ", --weights DIR runs a model on the text");
  CHECK(run({"compute", "--text", "a b c", "--embed", "4"}).code == 0);
  CHECK(run({"compute", "--text", "a b c", "--embeddings", "x.json"}).code == 0);
  const std::string tokens = R"({"tokens":["a","b"]})";
  check_error(run({"compute"}, tokens), 1,
              "standard input: there is neither 'embeddings' nor 'query', 'key' and 'value'; --embed D draws a vector "
              "for each token");
  CHECK(run({"compute", "--embed", "4"}, tokens).code == 0);
}

TEST_CASE("draws that cannot be are refused", "[notebooks]") {
  const auto refused = [](const std::string& command, const std::string& message) {
    INFO(command);
    check_error(run(words_of(command), "[[1,2]]"), 2, message);
  };
  refused("compute --embed 4",
          "--embed: draws a vector for each token, and there are none: --text or --tokens names them");
  refused("compute --text 'a b a' --embed 1,4", "--embed: has 1 vector for 2 different tokens");
  refused("compute --text a --embed 1,2,3", "--embed: is D or N,D, as in nn.Embedding(N, D)");
  refused("compute --text a --embed 0", "--embed: must be 1 or more, not 0");
  refused("compute --text a --embed 4 --random 1,4", "--embed: goes without --random");
  refused("compute --text a --embed 4 --embeddings x.npy", "--embed: goes without --embeddings");
  refused("compute --embed-order seen", "--embed-order: goes with --embed");
  refused("compute --text a --embed 4 --embed-order alphabet",
          "--embed-order: 'alphabet' is not one of seen and sorted");
  refused("compute --seed-skip x", "--seed-skip: 'x' is not a whole number");
  refused("compute --seed-skip 1,randn:-1", "--seed-skip: must be 0 or more, not -1");
  refused("compute --seed-skip 68719476737", "--seed-skip: must be 68719476736 or less");
  refused("compute --rng numpy --seed 4294967296", "--seed: numpy takes seeds from 0 to 4294967295, not 4294967296");
  refused("multihead --draw-order weights,inputs", "--draw-order: goes with --init");
  refused("multihead --init torch-rand --draw-order weights,inputs",
          "--draw-order: goes with --random or --embed, which draw the inputs");
  refused("multihead --random 1,2 --init torch-rand --draw-order weights",
          "--draw-order: 'weights' is not one of inputs,weights and weights,inputs; did you mean 'weights,inputs'?");
  refused("multihead --init-scale 2", "--init-scale: goes with --init");
  refused("multihead --init torch-linear --init-scale 2",
          "--init-scale: goes with torch-rand and torch-randn: torch-linear has bounds of its own");
  refused("multihead --init torch-rand --init-scale x", "--init-scale: 'x' is not a number");
  check_error(run(words_of("compute --text a --embed 1000000,1000000 --max-memory 1M")), 1,
              "--max-memory: --embed 1000000,1000000 draws more than the limit allows");
}

}  // namespace attn::test
