// Dropout from the command line: whose numbers, in which order, and what a result shows of it.
#include <algorithm>

#include "cli/session.hpp"

namespace attn::test {
namespace {

// Six tokens whose weights are all 1/6 by --scale 0, so that what is dropped can be read from them.
const std::string six = R"({"embeddings":[[1,0],[0,1],[1,1],[2,1],[1,2],[0,3]]})";
const Arguments even{"compute", "--scale", "0", "--emit", "dropped", "--dropout", "0.5"};

// A row a word: 1 for kept weights.
std::string kept(const Outcome& outcome) {
  REQUIRE(outcome.err == "");
  std::string text;
  const Json dropped = outcome.json()["dropped"];
  for (const Json& row : dropped) {
    if (!text.empty()) text += ' ';
    for (const Json& weight : row) {
      CHECK((weight == 0 || std::abs(weight.get<double>() - 1.0 / 3) < 1e-7));
      text += weight == 0 ? '0' : '1';
    }
  }
  return text;
}

}  // namespace

TEST_CASE("dropout of seed 123 drops what PyTorch's does", "[dropout]") {
  // torch.manual_seed(123); torch.nn.Dropout(0.5)(torch.ones(6, 6)), as published: 2 is 1 here.
  const std::string torch = "110110 000101 111101 011001 010101 011110";
  CHECK(kept(run(even + Arguments{"--seed", "123"}, six)) == torch);
  CHECK(kept(run(even + Arguments{"--dropout-seed", "123"}, six)) == torch);
  CHECK(kept(run(even + Arguments{"--dropout-seed", "123", "--seed", "9", "--quiet"}, six)) == torch);
  CHECK(kept(run(even + Arguments{"--seed", "123", "--rng", "torch-mkl"}, six)) ==
        "111111 010000 001010 110001 100001 010000");
  // numpy.random.seed(123); numpy.random.rand(6, 6) < 0.5
  CHECK(kept(run(even + Arguments{"--seed", "123", "--rng", "numpy"}, six)) ==
        "011001 001110 111011 000000 011110 111111");
}

TEST_CASE("one stream draws the inputs and then the dropout; a seed of its own starts another", "[dropout]") {
  const Arguments random{"--random", "6,2", "--seed", "123"};
  // torch.manual_seed(123); three times torch.randn(6, 2), then dropout.
  const std::string later = kept(run(even + random));
  CHECK(later == "100000 001011 011111 001101 000011 110111");
  CHECK(kept(run(even + random + Arguments{"--dropout-seed", "123"})) == "110110 000101 111101 011001 010101 011110");
  // What is drawn before is not changed by what is drawn after.
  const Arguments values{"compute", "--random", "6,2", "--seed", "123", "--emit", "query,key,value,weights"};
  const Json with = run(values + Arguments{"--dropout", "0.5"}).json(), without = run(values).json();
  for (const char* name : {"query", "key", "value", "weights"}) CHECK(with[name] == without[name]);
}

TEST_CASE("without dropout, and with probability 0, nothing changes", "[dropout]") {
  const Arguments all{"compute", "--random", "5,4", "--emit", "weights,dropped,output,lse"};
  const Outcome plain = run(all), zero = run(all + Arguments{"--dropout", "0", "--dropout-seed", "3"});
  CHECK(plain.json()["dropped"] == plain.json()["weights"]);
  CHECK(zero.out == plain.out);
  const Json half = run(all + Arguments{"--dropout", "0.5"}).json();
  CHECK(half["weights"] == plain.json()["weights"]);
  CHECK(half["lse"] == plain.json()["lse"]);
  CHECK(half["dropped"] != plain.json()["dropped"]);
  CHECK(half["output"] != plain.json()["output"]);
}

TEST_CASE("with probability 1 every weight is dropped", "[dropout]") {
  for (const char* command : {"compute", "multihead"}) {
    const std::string projections =
        R"({"embeddings":[[1,0],[0,1]],"projections":{"W_q":[[1,0],[0,1]],"W_k":[[1,0],[0,1]],"W_v":[[1,0],[0,1]]}})";
    const Outcome all =
        run({command, "--dropout", "1", "--emit", "dropped,output"}, command[0] == 'c' ? six : projections);
    REQUIRE(all.code == 0);
    for (const char* name : {"dropped", "output"})
      for (const Json& number : all.json()[name].flatten()) CHECK(number == 0);
  }
}

TEST_CASE("each of JSON Lines is drawn for as if it were alone", "[dropout]") {
  const std::string two = R"({"embeddings":[[1,0],[0,1]]})";
  for (const Arguments& flags :
       {Arguments{"--dropout", "0.5", "--seed", "5"}, Arguments{"--dropout", "0.5", "--dropout-seed", "5"},
        Arguments{"--dropout", "0.5", "--random", "3,4"}}) {
    INFO(joined(flags));
    const Arguments command = Arguments{"compute"} + flags;
    const Outcome lines = run(command + Arguments{"-"}, six + "\n" + two + "\n" + six + "\n");
    CHECK(lines.out == run(command + Arguments{"-"}, six).out + run(command + Arguments{"-"}, two).out +
                           run(command + Arguments{"-"}, six).out);
  }
}

TEST_CASE("--steps shows what dropout has left", "[dropout]") {
  const Arguments steps{"compute", "--steps", "--scale", "0", "--seed", "123"};
  const std::string plain = run(steps, six).out, text = run(steps + Arguments{"--dropout", "0.5"}, six).out;
  CHECK(plain.find("dropout") == std::string::npos);
  const std::string table =
      "dropout: each weight becomes 0 with probability 0.5, and else is multiplied by 1/(1 - 0.5) = 2\n"
      "  dropped (6, 6)\n"
      "            0       1       2       3       4       5\n"
      "    0  0.3333  0.3333  0.0000  0.3333  0.3333  0.0000\n";
  CHECK(text.find(table) != std::string::npos);
  // The output that follows is of those weights: row 0 keeps tokens 0, 1, 3 and 4.
  CHECK(text.find("  output (6, 2)\n"
                  "            0       1\n"
                  "    0  1.3333  1.3333\n") != std::string::npos);
  CHECK(run(steps + Arguments{"--dropout", "1"}, six).out.find("becomes 0 with probability 1\n") != std::string::npos);
}

TEST_CASE("the dropped weights can be picked, and pictures without a name are of the weights", "[dropout]") {
  const Folder folder;
  folder.write("six.json", six);
  const Arguments command{"compute", "six.json", "--dropout", "0.5"};
  REQUIRE(run(command + Arguments{"-o", "dropped=d.csv", "-o", "dropped=d.npy", "-o", "w.png", "-o", "dropped=d.png"})
              .code == 0);
  REQUIRE(run({"compute", "six.json", "-o", "plain.png"}).code == 0);
  CHECK((folder.read("w.png") == folder.read("plain.png")));
  CHECK((folder.read("d.png") != folder.read("plain.png")));
  const std::string csv = folder.read("d.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 6);
  CHECK(folder.read("d.npy").size() == 128 + 6 * 6 * 4);
}

TEST_CASE("results name the dropout", "[dropout]") {
  const Json shared = run(even + Arguments{"--seed", "7", "--rng", "numpy"}, six).json()["metadata"];
  CHECK(shared["dropout"] == 0.5);
  CHECK(shared["seed"] == 7);
  CHECK(shared["rng"] == "numpy");
  const Json own = run(even + Arguments{"--seed", "7", "--dropout-seed", "8"}, six).json()["metadata"];
  CHECK(own["dropout_seed"] == 8);
  CHECK(own["rng"] == "torch");
}

TEST_CASE("wrong dropout is exit code 2 and one line", "[dropout]") {
  for (const char* command : {"compute", "multihead"}) {
    const auto fails = [&](const Arguments& flags, const std::string& message) {
      check_error(run(Arguments{command} + flags, six), 2, message);
    };
    fails({"--dropout", "1.5"}, "--dropout: must be a probability from 0 to 1, not 1.5");
    fails({"--dropout", "-0.1"}, "--dropout: must be a probability from 0 to 1, not -0.1");
    fails({"--dropout", "half"}, "--dropout: 'half' is not a number");
    fails({"--dropout", "nan"}, "--dropout: 'nan' is not a number");
    fails({"--dropout-seed", "1"}, "--dropout-seed: goes with --dropout");
    fails({"--dropout", "0.5", "--dropout-seed", "-1"}, "--dropout-seed: must be 0 or more, not -1");
    fails({"--dropout", "0.5", "--dropout-seed", "x"}, "--dropout-seed: 'x' is not a whole number");
    fails({"--dropout", "0.5", "--dropout-seed", "4294967296", "--rng", "numpy"},
          "--dropout-seed: numpy takes seeds from 0 to 4294967295, not 4294967296");
    fails({"--dropout", "0.5", "--seed", "4294967296", "--rng", "numpy"},
          "--seed: numpy takes seeds from 0 to 4294967295, not 4294967296");
    fails(
        {"--dropout", "0.5", "--rng", "troch"},
        "--rng: no generator is named 'troch' (there are torch, torch-mkl, numpy, numpy-pcg64); did you mean 'torch'?");
  }
}

}  // namespace attn::test
