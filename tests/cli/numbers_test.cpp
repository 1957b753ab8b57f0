// The numbers of visualize's matrices: documents and arrays in the place of pictures.
#include "attn/read.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

// (2, 1, 3, 2, 2): two layers of three heads.
const char* const layers_json =
    "[[[[[0.5,0.5],[0,1]],[[1,0],[0.25,0.75]],[[0.75,0.25],[1,0]]]],"
    "[[[[0,1],[0.5,0.5]],[[0.25,0.75],[1,0]],[[1,0],[0,1]]]]]";

Arguments numbers(const Arguments& more) { return Arguments{"visualize", "layers.json", "-f", "json"} + more; }

}  // namespace

TEST_CASE("numbers are those of the chosen matrices", "[numbers]") {
  const Folder folder;
  folder.write("layers.json", layers_json);
  const Json all = parsed_json(layers_json);
  const Json last = run(numbers({})).json();
  CHECK(members(last) == std::vector<std::string>{"weights", "metadata"});
  CHECK(last["weights"] == all[1][0]);
  CHECK(last["metadata"] == Json{{"command", "visualize"},
                                 {"version", ATTN_VERSION},
                                 {"dtype", "f64"},
                                 {"layer", 1},
                                 {"of_batch", {0}},
                                 {"of_heads", {0, 1, 2}}});
  const Json some = run(numbers({"--layer", "all", "--head", "2,0"})).json();
  CHECK(some["weights"] == Json{{{all[0][0][2], all[0][0][0]}}, {{all[1][0][2], all[1][0][0]}}});
  CHECK(some["metadata"]["layers"] == Json{0, 1});
  CHECK(some["metadata"]["batch"] == 1);
  CHECK(some["metadata"]["of_heads"] == Json{2, 0});
  const Json one = run(numbers({"--layer", "0", "--head", "1"})).json();
  CHECK(one["weights"] == all[0][0][1]);
  CHECK(one["metadata"]["layer"] == 0);
  const Json mean = run(numbers({"--layer", "max", "--head", "mean"})).json();
  CHECK(mean["weights"] == Json{{0.75, 0.5833333333333334}, {0.5, 0.5833333333333334}});
  CHECK(mean["metadata"]["of_layers"] == "max");
  CHECK(mean["metadata"]["of_heads"] == "mean");
  check_error(run(numbers({"--layer", "1,0"})), 2, "--layer: numbers are of layers in ascending order");
  for (const auto& [flag, text] : {std::pair{"--head", "0,2,0:1"}, {"--layer", "0,0"}, {"--batch", "0,-1"}})
    check_error(run(numbers({flag, text})), 2,
                flag + (": '" + std::string(text)) + "' chooses one of them twice; numbers are of each once");
}

TEST_CASE("numbers of rollouts, differences and parts", "[numbers]") {
  const Folder folder;
  folder.write("layers.json", layers_json);
  folder.write("a.json", R"({"tokens":["un","##do","it"],"weights":[[0.5,0.25,0.25],[0,0.5,0.5],[0.125,0.125,0.75]]})");
  folder.write("b.json", R"({"weights":[[0,0.25,0.75],[0,0.5,0.5],[0.125,0.125,0.75]]})");
  const Json rollout = run(numbers({"--rollout", "--rollout-fusion", "max", "--layer", "0"})).json();
  CHECK(rollout["metadata"]["rollout"] == "max");
  CHECK(rollout["metadata"]["layer"] == 0);
  // Fused [[1, 0.5], [1, 1]]; with the identity and rows divided by their sums:
  CHECK(rollout["weights"] == Json{{0.8, 0.2}, {0.3333333333333333, 0.6666666666666666}});
  CHECK(run(numbers({"--rollout"})).json()["metadata"]["rollout"] == "mean");
  CHECK(!run(numbers({})).json()["metadata"].contains("rollout"));

  const Arguments a{"visualize", "a.json", "-f", "json"};
  const Json difference = run(a + Arguments{"--diff", "b.json"}).json();
  CHECK(difference["weights"] == Json{{0.5, 0, -0.5}, {0, 0, 0}, {0, 0, 0}});
  CHECK(difference["metadata"]["subtracted"] == "b.json");
  const Json words = run(a + Arguments{"--merge-words"}).json();
  CHECK(words["tokens"] == Json{"undo", "it"});
  CHECK(words["weights"] == Json{{0.625, 0.375}, {0.25, 0.75}});
  const Json part = run(a + Arguments{"--rows", "1:", "--cols", "it,un", "--renormalize"}).json();
  CHECK(part["tokens"] == Json{"##do", "it"});
  CHECK(part["key_tokens"] == Json{"it", "un"});
  CHECK(part["weights"] == Json{{1, 0}, {0.8571428571428571, 0.14285714285714285}});
  // Rows that were chosen have labels, columns that were not have their numbers.
  const Json rows = run({"visualize", "b.json", "--rows", "2", "-f", "json"}).json();
  CHECK(rows["tokens"] == Json::array({"2"}));
  CHECK(rows["key_tokens"] == Json{"0", "1", "2"});
}

TEST_CASE("numbers are not pooled, and a picture may stand beside them", "[numbers]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "300,4", "-o", "weights=w.npy"}).code == 0);
  const Outcome outcome = run({"visualize", "w.npy", "-o", "n.npy", "-o", "w.png", "--size", "300x200", "-f", "text"});
  REQUIRE(outcome.code == 0);
  CHECK(folder.read("n.npy") == folder.read("w.npy"));
  CHECK(folder.read("w.png").starts_with("\x89PNG"));
  CHECK(outcome.out == run({"visualize", "w.npy"}).out);
}

TEST_CASE("numbers in every format", "[numbers]") {
  const Folder folder;
  folder.write("layers.json", layers_json);
  REQUIRE(run({"compute", "--random", "3,2", "--causal", "--emit", "weights,mask", "--tokens", "a,b,c", "-o", "w.json"})
              .code == 0);
  const Json weights = parsed_json(folder.read("w.json"))["weights"];
  for (const char* const format : {"json", "jsonl", "npz", "safetensors"}) {
    const std::string file = std::string("n.") + format;
    REQUIRE(run({"visualize", "w.json", "-o", file}).code == 0);
    // Read again, it has the same numbers, labels and masked cells.
    CHECK(run({"visualize", file}).out == run({"visualize", "w.json"}).out);
    CHECK(run({"visualize", file, "-f", "json"}).json()["mask"] == Json{{1, 0, 0}, {1, 1, 0}, {1, 1, 1}});
    CHECK(run({"visualize", file, "-f", "json"}).json()["weights"] == weights);
  }
  for (const char* const format : {"npy", "csv", "tsv"}) {
    const std::string file = std::string("n.") + format;
    REQUIRE(run({"visualize", "w.json", "-o", file}).code == 0);
    CHECK(run({"visualize", file, "-f", "json"}).json()["weights"] == weights);
  }
  CHECK(folder.read("n.csv").starts_with(",a,b,c\na,1,0,0\n"));
  const std::string csv = run({"visualize", "layers.json", "--layer", "1", "--head", "0,2", "-f", "csv"}).out;
  CHECK(csv == "head,query,0,1\n0,0,0,1\n0,1,0.5,0.5\n2,0,1,0\n2,1,0,1\n");
  CHECK(run({"visualize", "layers.json", "--layer", "all", "--head", "1", "-f", "tsv"}).out ==
        "layer\tbatch\thead\tquery\t0\t1\n0\t0\t1\t0\t1\t0\n0\t0\t1\t1\t0.25\t0.75\n1\t0\t1\t0\t0.25\t0.75\n"
        "1\t0\t1\t1\t1\t0\n");
}

TEST_CASE("numbers keep the tensor's name", "[numbers]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "2,2", "--emit", "scores,weights", "-o", "r.json", "-o", "r.npz"}).code == 0);
  for (const char* const file : {"r.json", "r.npz"}) {
    const Json scores = run({"visualize", file, "--tensor", "scores", "-f", "json"}).json();
    CHECK(scores["scores"] == parsed_json(folder.read("r.json"))["scores"]);
    CHECK(!scores.contains("weights"));
  }
  CHECK(run({"visualize", "r.npz:scores", "-f", "json"}).json().contains("scores"));
}

TEST_CASE("heads of a selection are counted anew, which is told", "[numbers]") {
  const Folder folder;
  folder.write("layers.json", layers_json);
  REQUIRE(run({"visualize", "layers.json", "--head", "0,2", "-o", "n.json", "-o", "n.npz"}).code == 0);
  for (const char* const file : {"n.json", "n.npz"})
    CHECK(run({"visualize", file}).err ==
          "attn: note: the heads are numbered from 0 here: they were taken from numbers 0 and 2\n");
  REQUIRE(run({"compute", "--random", "3,2,2,2", "-o", "weights=b.npy"}).code == 0);
  REQUIRE(run({"visualize", "b.npy", "--batch", "1:", "-o", "b.json"}).code == 0);
  CHECK(run({"visualize", "b.json"}).err ==
        "attn: note: the batch items are numbered from 0 here: they were taken from numbers 1 and 2\n");
  REQUIRE(run({"visualize", "b.npy", "--batch", "all", "-o", "b.json"}).code == 0);
  CHECK(run({"visualize", "b.json"}).err.empty());
}

TEST_CASE("what does not go with numbers", "[numbers]") {
  const Folder folder;
  folder.write("w.json", "[[0.5,0.5],[0,1]]");
  const Arguments base{"visualize", "w.json", "-f", "npy"};
  check_error(run(base + Arguments{"--compare", "w.json"}), 2,
              "--compare: draws two inputs: numbers are of one, or of their --diff");
  check_error(run(base + Arguments{"--reshape", "1x2"}), 2,
              "--reshape: lays out a picture: numbers stay in their rows, in a run without it");
  check_error(run(base + Arguments{"--stats"}), 2, "--stats: is text: no output shows it; add -o - or -o FILE.txt");
  CHECK(run({"visualize", "w.json", "-o", "n.csv", "--cmap", "magma", "--annot"}).err ==
        "attn: note: --cmap changes nothing here: no output is a picture with colours\n"
        "attn: note: --annot changes nothing here: no output is a picture\n");
  CHECK(run({"visualize", "w.json", "-o", "n.csv", "--stats", "-f", "text"}).code == 0);
  CHECK(folder.read("n.csv") == "0.5,0.5\n0,1\n");
}

TEST_CASE("numbers do not lack a mask that nobody has", "[numbers]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "2,2", "--causal", "-o", "w.json"}).code == 0);
  const Outcome outcome = run({"visualize", "w.json", "-f", "json"});
  CHECK(outcome.err.empty());
  CHECK(!outcome.json().contains("mask"));
  CHECK(outcome.json()["metadata"]["mask"] == "causal");
}

}  // namespace attn::test
