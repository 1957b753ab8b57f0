// attn mask: grids from flags and documents, matrices row by row, pictures without a matrix.
#include "cli/session.hpp"

namespace attn::test {
namespace {

Outcome mask(const std::string& expression, const Arguments& arguments) {
  return run(Arguments{"mask", expression} + arguments);
}

Json matrix(const std::string& expression, const Arguments& arguments) {
  const Outcome outcome = mask(expression, arguments);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome.json()["mask"];
}

const Json lower = parsed_json("[[1,0,0],[1,1,0],[1,1,1]]");

}  // namespace

TEST_CASE("--input gives the mask that compute would use", "[mask]") {
  const Folder folder;
  folder.write("mask.csv", "1,0,1,1\n1,1,0,1\n");
  for (
      const std::string document :
      {R"({"embeddings":[[1],[2],[3],[4]]})",
       R"({"query":[[1],[2]],"key":[[1],[2],[3],[4]],"value":[[1],[2],[3],[4]]})",
       R"({"embeddings":[[1],[2],[3],[4]],"segments":[0,0,1,1]})",
       R"({"embeddings":[[1],[2],[3],[4]],"mask":[[1,1,0,1]]})",
       R"({"embeddings":[[1],[2],[3],[4]],"bias":[[0,null,2,0]]})",
       R"({"embeddings":[[1],[2]],"past_key":[[1],[2],[3]],"past_value":[[1],[2],[3]]})",
       R"({"embeddings":[[[1],[2],[3],[4]],[[1],[2],[3],[4]]],"key_lengths":[4,2]})",
       R"({"query":[[[1],[2]],[[1],[2]]],"key":[[[1],[2],[3],[4]],[[1],[2],[3],[4]]],"value":[[[1],[2],[3],[4]],[[1],[2],[3],[4]]],"key_lengths":[4,3]})",
       R"({"embeddings":[[1,2],[2,3],[3,4]],"num_heads":2,"mask":[[[1,1,0],[1,0,1],[1,1,1]],[[0,1,1],[1,1,1],[1,1,0]]]})"}) {
    folder.write("in.json", document);
    const bool has_segments = document.find("segments") != std::string::npos;
    const std::string expression = has_segments ? "segments & causal | sink:1" : "causal | sink:1";
    Arguments compute{"compute", "in.json", "-q", "--mask", expression, "--emit", "mask"};
    const Outcome wanted = run(compute);
    INFO(document << "\n" << wanted.err);
    REQUIRE(wanted.code == 0);
    Json all = wanted.json()["mask"];
    Json own = matrix(expression, {"--input", "in.json"});
    // Axes along which nothing differs are left out.
    while (shape(own).size() < shape(all).size()) {
      for (const Json& part : all) CHECK(part == all[0]);
      Json first = all[0];
      all = std::move(first);
    }
    CHECK(own == all);
  }
}

TEST_CASE("--input gives sizes, tokens and a mask without an expression", "[mask]") {
  const Folder folder;
  folder.write("in.json", R"({"tokens":["a","b","c"],"mask":[[1,0,0],[1,1,0],[1,1,1]]})");
  const Outcome own = run({"mask", "--input", "in.json"});
  CHECK(own.json()["mask"] == lower);
  CHECK(own.json()["expression"] == "all");
  CHECK(mask("all", {"--input", "in.json", "-f", "csv"}).out == ",a,b,c\na,1,0,0\nb,1,1,0\nc,1,1,1\n");
  folder.write("segments.json", R"({"segments":[7,7,3]})");
  CHECK(matrix("segments", {"--input", "segments.json"}) == parsed_json("[[1,1,0],[1,1,0],[0,0,1]]"));
  CHECK(run({"mask", "segments", "--input", "-"}, R"({"segments":[1,2]})").json()["mask"] ==
        parsed_json("[[1,0],[0,1]]"));
  folder.write("words.json", R"({"tokens":["x","y"]})");
  CHECK(mask("causal", {"--input", "words.json", "--text", "one two", "-f", "csv"}).out ==
        ",one,two\none,1,0\ntwo,1,1\n");
  CHECK(matrix("causal", {"--input", "words.json", "--queries", "3"}) == lower);
}

TEST_CASE("--key-lengths hides padding and aligns the queries", "[mask]") {
  const Folder folder;
  CHECK(matrix("causal", {"--queries", "2", "--key-lengths", "4"}) == parsed_json("[[1,1,1,0],[1,1,1,1]]"));
  CHECK(matrix("all", {"--queries", "1", "--key-lengths", "2,0,3"}) == parsed_json("[[[1,1,0]],[[0,0,0]],[[1,1,1]]]"));
  CHECK(matrix("all", {"--queries", "1", "--keys", "3", "--key-lengths", "2,2"}) == parsed_json("[[1,1,0]]"));
  folder.write("lengths.json", "[1,2]");
  CHECK(matrix("all", {"--queries", "1", "--key-lengths", "lengths.json"}) == parsed_json("[[[1,0]],[[1,1]]]"));
  const Json stats = mask("all", {"--queries", "1", "--key-lengths", "1,0,3", "--stats"}).json()["stats"];
  CHECK(stats["attended"] == 4);
  CHECK(stats["empty_rows"] == 1);
  CHECK(mask("all", {"--queries", "1", "--key-lengths", "1,2", "-f", "csv"}).out ==
        "batch,query,0,1\n0,0,1,0\n1,0,1,1\n");
}

TEST_CASE("--offset may be negative", "[mask]") {
  CHECK(matrix("causal", {"--queries", "3", "--offset", "-1"}) == parsed_json("[[0,0,0],[1,0,0],[1,1,0]]"));
}

TEST_CASE("matrices that are written row by row are what they would be as a whole", "[mask]") {
  const Folder folder;
  const Arguments arguments{"--queries", "300", "--keys", "200"};
  const Json rows = matrix("causal | stride:3", arguments);
  CHECK(shape(rows) == std::vector<std::size_t>{300, 200});
  std::string csv, bytes;
  for (const Json& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      csv += (k == 0 ? "" : ",") + std::string(row[k] == 1 ? "1" : "0");
      bytes += row[k] == 1 ? '\1' : '\0';
    }
    csv += '\n';
  }
  CHECK((mask("causal | stride:3", arguments + Arguments{"-f", "csv"}).out == csv));
  const std::string npy = mask("causal | stride:3", arguments + Arguments{"-f", "npy"}).out;
  CHECK((npy.substr(npy.size() - bytes.size()) == bytes));
  REQUIRE(mask("causal | stride:3", arguments + Arguments{"-o", "m.npz", "-o", "m.safetensors"}).code == 0);
  for (const std::string name : {"m.npz", "m.safetensors"}) CHECK((matrix("file:" + name, arguments) == rows));
  const std::string additive = mask("causal", {"--queries", "2", "--as", "additive", "-f", "tsv"}).out;
  CHECK(additive == "0\t-inf\n0\t0\n");
}

TEST_CASE("a long mask is drawn and counted in a window's size", "[mask]") {
  const std::string expression = "causal & (window:9999,0 | sink:4)";
  const Arguments size{"--queries", "131072"};
  const std::string text = mask(expression, size + Arguments{"-f", "text"}).out;
  CHECK(text.find("131072 queries × 131072 keys\n       ┌──") == 0);
  CHECK(std::count(text.begin(), text.end(), '\n') == 121);  // in a pipe, of 240 columns
  const std::string shown = run(Arguments{"mask", expression} + size, "", Device::terminal).out;
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 23);
  // The sinks and the window's edges are between empty and full.
  CHECK(text.find("│░") != std::string::npos);
  CHECK(mask("all", size + Arguments{"-f", "text"}).out.find("│██████") != std::string::npos);
  const std::string color = mask(expression, size + Arguments{"-f", "text", "--color", "always"}).out;
  CHECK(color.find("▀") != std::string::npos);
  const Outcome png = mask(expression, size + Arguments{"-f", "png", "-v"});
  CHECK(png.out.substr(1, 3) == "PNG");
  CHECK(png.err.find("attn: note: the picture is pooled: a pixel is the mean of 128 × 128 cells\n") !=
        std::string::npos);
  const Arguments small{"--queries", "2000", "-f", "png", "--size", "400x400"};
  CHECK((mask("stride:9", small).out != mask("stride:9", small + Arguments{"--pool", "max"}).out));
  CHECK((mask("stride:9", small + Arguments{"--log"}).out != mask("stride:9", small).out));
  CHECK(mask(expression, size + Arguments{"--stats", "--threads", "1"}).out ==
        mask(expression, size + Arguments{"--stats", "--threads", "3"}).out);
}

TEST_CASE("pictures of batch items are chosen and reduced", "[mask]") {
  const Arguments lengths{"--queries", "2", "--key-lengths", "1,3", "-f", "text"};
  const std::string first = mask("all", lengths).out, second = mask("all", lengths + Arguments{"--batch", "1"}).out;
  CHECK(first != second);
  CHECK(first.find("0 ██\n") != std::string::npos);
  CHECK(mask("all", lengths + Arguments{"--batch", "mean"}).out.find("▒") != std::string::npos);
}

TEST_CASE("what is wrong with a mask's grid is an error", "[mask]") {
  const Folder folder;
  folder.write("in.json", R"({"embeddings":[[1],[2],[3]],"segments":[1,1]})");
  check_error(mask("causal", {"--input", "in.json"}), 1, "in.json#/segments: 2 segment ids for 3 keys");
  folder.write("in.json", R"({"embeddings":[[1],[2],[3]],"key_lengths":[4]})");
  check_error(mask("causal", {"--input", "in.json"}), 1, "in.json#/key_lengths/0: the key length 4 is not in 0 … 3");
  folder.write("in.json", R"({"embeddings":[[[1]],[[2]]],"key_lengths":[1]})");
  check_error(mask("causal", {"--input", "in.json"}), 1, "in.json#/key_lengths: 1 key length for a batch of 2");
  folder.write("in.json", R"({"embeddings":[1,2]})");
  check_error(mask("causal", {"--input", "in.json"}), 1,
              "in.json#/embeddings: the shape (2,) is not of rank 2, 3 or 4");
  folder.write("in.json", R"({"embeddings":[[1],[2]],"mask":[[1,1,1]]})");
  check_error(mask("causal", {"--input", "in.json"}), 1,
              "in.json#/mask: the mask's shape (1, 3) does not broadcast to the scores' (2, 2)");
  folder.write("in.jsonl", "{\"embeddings\":[[1]]}\n{\"embeddings\":[[1]]}\n");
  check_error(mask("causal", {"--input", "in.jsonl"}), 2, "--input: a mask is of one document, not of JSON Lines");
  check_error(mask("causal", {"--input", "nope.json"}), 1, "nope.json: cannot be read: No such file or directory");
  check_error(mask("causal", {"--queries", "2", "--keys", "3", "--key-lengths", "4"}), 2,
              "--key-lengths: the key length 4 is not in 0 … 3");
  check_error(mask("causal", {"--queries", "2", "--key-lengths", "2,x.npy"}), 1,
              "2,x.npy: cannot be read: No such file or directory");
  check_error(mask("causal", {"--queries", "2", "--threads", "0"}), 2, "--threads: must be 1 or more, not 0");
  check_error(mask("segments", {"--queries", "2"}), 2,
              "EXPR: segments: the input has no 'segments', one id for each key");
  check_error(mask("causal", {"--queries", "2000", "--as", "additive", "--max-memory", "1M", "-f", "npy"}), 1,
              "--max-memory: a mask of 2000 × 2000 passes the limit of 1.0 MiB; 512 queries and keys would fit, and "
              "--stats and pictures need no matrix");
  CHECK(mask("causal", {"--queries", "2000", "--max-memory", "16M", "-f", "png"}).code == 0);
  check_error(mask("causal", {"--queries", "2000", "-f", "png", "--annot"}), 2,
              "--annot: a matrix of 2000 x 2000 has too many cells for numbers; leave --annot out");
}

TEST_CASE("tokens that fit neither queries nor keys are an error", "[mask]") {
  check_error(mask("causal", {"--queries", "3", "--text", "a b"}), 2, "--text: 2 tokens for 3 queries and 3 keys");
  CHECK(mask("causal", {"--queries", "2", "--keys", "3", "--text", "a b c", "-f", "csv"}).code == 0);
  CHECK(mask("causal", {"--queries", "2", "--keys", "3", "--text", "a b", "-f", "csv"}).code == 0);
}

}  // namespace attn::test
