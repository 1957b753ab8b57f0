// What a file says of its axes and its numbers is what `visualize` draws.
#include "cli/session.hpp"

namespace attn::test {
namespace {

std::string drawn(const Arguments& more, const std::string& input = "") {
  const Outcome outcome = run(Arguments{"visualize", "--annot"} + more, input);
  INFO(joined(more) + outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("batch items are such in every format that says so", "[axes]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "2,4,3", "-o", "w.csv", "-o", "w.json", "-o", "w.npz", "-o", "w.safetensors",
               "-o", "w.svg"})
              .code == 0);
  for (const std::string file : {"w.csv", "w.json", "w.npz", "w.safetensors"}) {
    INFO(file);
    CHECK(has(drawn({file}), "Batch 0\n"));
    CHECK(has(drawn({file, "--batch", "1"}), "Batch 1\n"));
    CHECK(has(drawn({file, "--batch", "all"}), "Batch 1\n"));
    CHECK(has(drawn({file, "--batch", "mean"}), "Mean of 2 batch items\n"));
    CHECK_FALSE(has(drawn({file, "--head", "mean"}), "Mean"));
    check_error(run({"visualize", file, "--head", "1"}), 2, "--head: 1 does not exist; there is 1, number 0");
  }
  CHECK((run({"visualize", "w.json", "-f", "svg"}).out == folder.read("w.svg")));
  CHECK(has(drawn({"w.json", "--tensor", "output", "--batch", "1"}), "Batch 1\n"));
}

TEST_CASE("heads stay heads, with a batch and without", "[axes]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "4,6", "--heads", "2", "-o", "h.json", "-o", "h.csv"}).code == 0);
  REQUIRE(run({"compute", "--random", "2,4,6", "--heads", "2", "-o", "b.json", "-o", "b.csv"}).code == 0);
  for (const std::string format : {".json", ".csv"}) {
    CHECK(has(drawn({"h" + format}), "Head 0"));
    CHECK(has(drawn({"h" + format, "--head", "1"}), "Head 1\n"));
    CHECK(has(drawn({"b" + format, "--head", "1", "--batch", "1"}), "Batch 1, Head 1\n"));
  }
  // Heads where nothing is said.
  CHECK(has(drawn({"--head", "1"}, "[[[1,0],[0,1]],[[0,1],[1,0]]]"), "Head 1\n"));
}

TEST_CASE("the masks of batch items are read as such", "[axes]") {
  const Folder folder;
  REQUIRE(
      run({"mask", "causal", "--queries", "3", "--key-lengths", "3,2", "-o", "m.json", "-o", "m.csv", "-o", "m.npz"})
          .code == 0);
  for (const std::string file : {"m.json", "m.csv", "m.npz"}) {
    INFO(file);
    CHECK(has(drawn({file, "--tensor", "mask", "--batch", "1"}), "Batch 1\n"));
  }
  CHECK(folder.read("m.json").starts_with(R"({"expression":"causal","queries":3,"keys":3,"batch":2,"mask":)"));
  folder.write("h.json", "[[[1,0],[1,1]],[[1,1],[1,1]]]");
  folder.write("in.json",
               R"({"query":[[[[1],[1]],[[1],[1]]]],"key":[[[[1],[1]],[[1],[1]]]],"value":[[[[1],[1]],[[1],[1]]]]})");
  const std::string heads = run({"mask", "file:h.json", "--input", "in.json"}).out;
  CHECK(heads.starts_with(R"({"expression":"file:h.json","queries":2,"keys":2,"heads":2,"mask":)"));
  CHECK(has(drawn({"--tensor", "mask", "--head", "1"}, heads), "Head 1\n"));
  // A mask of batch items hides what it hides of heads.
  CHECK(has(drawn({"--fmt", ".1f"}, R"({"weights":[[[[1,0]],[[1,0]]],[[[1,0]],[[1,0]]]],"mask":[[[1,0]],[[1,1]]],)"
                                    R"("metadata":{"batch":2,"heads":2}})"),
            "0 ▒1.0▒          0 ▒1.0▒\n"));
}

TEST_CASE("the header of a CSV says which axes there are", "[axes]") {
  const std::string one = "0,0,0.5,0.5\n0,1,0.25,0.75\n", other = "1,0,1,0\n1,1,0.125,0.875\n";
  CHECK(has(drawn({}, "layer,query,0,1\n" + one + other), "Layer 1\n"));
  CHECK(has(drawn({"--layer", "0"}, "layer,query,0,1\n" + one + other), "Layer 0\n"));
  CHECK(has(drawn({"--batch", "1"}, "batch,query,0,1\n" + one + other), "Batch 1\n"));
  CHECK(has(drawn({"--head", "1"}, "head,query,0,1\n" + one + other), "Head 1\n"));
  const std::string layers =
      "layer,head,query,0,1\n3,0,0,1,0\n3,0,1,0.5,0.5\n3,1,0,1,0\n3,1,1,0,1\n"
      "4,0,0,1,0\n4,0,1,1,0\n4,1,0,1,0\n4,1,1,1,0\n";
  CHECK(has(drawn({"--head", "1"}, layers), "Layer 4, Head 1\n"));
  CHECK(has(drawn({"--layer", "3", "--head", "0"}, layers), "Layer 3, Head 0\n"));
  check_error(run({"visualize", "--layer", "0"}, layers), 2, "--layer: 0 does not exist; there are 3, 4");
  const Outcome rolled = run({"visualize", "--rollout", "--layer", "3", "--annot"}, layers);
  CHECK(has(rolled.out, "Rollout, Layer 3\n"));
  CHECK(rolled.err == "attn: note: --rollout is of the layers that the input has: 3, 4\n");
}

TEST_CASE("a result of one layer is of the layer that its metadata names", "[axes]") {
  const Folder folder;
  const std::string weights =
      R"({"weights":[[[1,0],[0.5,0.5]],[[1,0],[0,1]]],"metadata":{"batch":1,"heads":2,"layer":)";
  folder.write("1.json", weights + "1}}");
  folder.write("5.json", weights + "5}}");
  CHECK(has(drawn({"1.json", "--layer", "1"}), "Layer 1, Head 0"));
  CHECK(has(drawn({"1.json"}), "Layer 1, Head 1\n"));
  check_error(run({"visualize", "1.json", "--layer", "0"}), 2, "--layer: 0 does not exist; there is 1");
  // Files of a layer each.
  CHECK(has(drawn({"1.json", "5.json"}), "Layer 5, Head 0"));
  CHECK(has(drawn({"5.json", "1.json", "--layer", "1"}), "Layer 1, Head 0"));
  check_error(run({"visualize", "1.json", "1.json"}), 1,
              "1.json: is of layer 1, and so is 1.json; files of one shape are a layer each, and --compare draws two");
  CHECK(has(drawn({"1.json", "--compare", "1.json", "--head", "0"}), "1, Layer 1, Head 0"));
  // Where one does not say, they count from 0.
  folder.write("bare.json", "[[[1,0],[0.5,0.5]],[[1,0],[0,1]]]");
  CHECK(has(drawn({"5.json", "bare.json"}), "Layer 1, Head 0"));
}

TEST_CASE("several documents are refused with the way to draw one of them", "[axes]") {
  const Folder folder;
  const std::string lines = run({"compute"}, three_tokens + "\n\n" + three_tokens + "\n").out;
  folder.write("x.jsonl", lines);
  const std::string problem = "holds several documents, one a line, and a picture is of one: ";
  check_error(run({"visualize", "x.jsonl"}), 1,
              "x.jsonl: " + problem + "'sed -n 2p x.jsonl | attn visualize' draws that of line 2");
  check_error(run({"visualize"}, lines), 1,
              "standard input: " + problem + "'... | sed -n 2p | attn visualize' draws that of line 2");
  check_error(run({"visualize", "--diff", "x.jsonl"}, "[[1]]"), 1,
              "x.jsonl: " + problem + "'sed -n 2p x.jsonl | attn visualize' draws that of line 2");
  // A name that a shell would take apart is not written into a command.
  folder.write("two words.jsonl", lines);
  check_error(run({"visualize", "two words.jsonl"}), 1,
              "two words.jsonl: " + problem + "'... | sed -n 2p | attn visualize' draws that of line 2");
  folder.write("rubbish.json", "{\"weights\":[[1,0]]}\nrubbish\n");
  check_error(run({"visualize", "rubbish.json"}), 1, "rubbish.json:2:1: 'r' after the end of the value");
  const std::size_t second = lines.find('\n') + 1;
  CHECK(has(drawn({}, lines.substr(second)), "journey"));
  folder.write("one.jsonl", lines.substr(second));
  CHECK(has(drawn({"one.jsonl"}), "journey"));
}

TEST_CASE("numbers that float32 cannot hold are drawn as they are", "[axes][wide]") {
  const Folder folder;
  // Differences.
  folder.write("a.json", "[[0.5,0.25]]");
  folder.write("b.json", "[[0.5000000001,0.25]]");
  CHECK(has(drawn({"b.json", "--diff", "a.json", "--fmt", ".1e"}), "1.0e-10"));
  // Whole numbers.
  CHECK(has(drawn({"--fmt", "d"}, "[[16777217,1]]"), "16777217"));
  CHECK(has(drawn({"--fmt", "d"}, "16777217,1\n1,2\n"), "16777217"));
  CHECK(has(drawn({"--fmt", ".0e"}, "[[1e39,1]]"), "1e+39"));
  // A run's own.
  const Arguments scores{"compute", "--dtype", "f64", "--emit", "scores,weights"};
  const std::string document = run(scores, "[[1e20,2],[3,4]]").out;
  CHECK(has(drawn({"--tensor", "scores", "--fmt", ".2e"}, document), "7.07e+39"));
  for (const std::string dtype : {"f32", "f64"}) {
    INFO(dtype);
    const Arguments base{"compute", "--random", "4,3", "--dtype", dtype};
    const Arguments digits{"--annot", "--fmt", ".17g", "-f", "svg"};
    REQUIRE(run(base + Arguments{"-o", "w.json", "-o", "w.npy", "-o", "w.npz", "-o", "w.safetensors", "-o", "w.csv"})
                .code == 0);
    const std::string own = run(base + digits).out;
    for (const std::string file : {"w.json", "w.npy", "w.npz", "w.safetensors"}) {
      INFO(file);
      CHECK((run(Arguments{"visualize", file} + digits).out == own));
      const Outcome none = run({"visualize", "w.csv", "--diff", file, "--annot", "--fmt", ".1e"});
      CHECK(none.code == 0);
      CHECK(has(none.out, "0.0e+00"));
      CHECK_FALSE(has(none.out, "e-"));
    }
    CHECK((run(Arguments{"visualize", "w.csv"} + digits).out == own) == (dtype == "f64"));
  }
}

TEST_CASE("files of numbers of two widths are drawn together", "[axes][wide]") {
  const Folder folder;
  REQUIRE(run({"compute", "--random", "2,4,3", "-o", "32.npy"}).code == 0);
  REQUIRE(run({"compute", "--random", "2,4,3", "--dtype", "f64", "-o", "64.npy"}).code == 0);
  CHECK(has(drawn({"32.npy", "64.npy", "--head", "0"}), "Layer 1"));
  CHECK(has(drawn({"64.npy", "--diff", "32.npy", "--head", "0", "--fmt", ".1e"}), "e-0"));
  CHECK(has(drawn({"32.npy", "--compare", "64.npy", "--head", "0"}), "64"));
}

}  // namespace attn::test
