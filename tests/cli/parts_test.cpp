// Flags of parts: what a picture shows of its matrices, as numbers in cells and in terminals.
#include "cli/session.hpp"

namespace attn::test {
namespace {

// Two heads of 3 × 3 weights with tokens.
const std::string weights = R"({"tokens":["a","b","a"],"weights":[
  [[0.5,0.25,0.25],[0.1,0.2,0.7],[0,0,1]],[[0.3,0.3,0.4],[0.6,0.2,0.2],[1,0,0]]]})";

// The picture of the first head as text with numbers in its cells.
Outcome drawn(const Arguments& options, const std::string& input = weights) {
  return run(Arguments{"visualize", "--head", "0", "--annot"} + options, input);
}

bool shows(const Outcome& outcome, const std::string& text) { return outcome.out.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("--rows and --cols choose by number and by token", "[parts]") {
  const Outcome row = drawn({"--rows", "b"});
  CHECK(row.code == 0);
  CHECK(shows(row, "0.10"));
  CHECK(shows(row, "0.70"));
  CHECK_FALSE(shows(row, "0.50"));
  CHECK(drawn({"--rows", "a"}).out == drawn({"--rows", "0,2"}).out);
  CHECK(drawn({"--rows", "1:2"}).out == row.out);
  CHECK(drawn({"--cols", "-1"}).out == drawn({"--cols", "2"}).out);
  CHECK(drawn({"--rows", "all", "--cols", "all"}).out == drawn({}).out);
}

TEST_CASE("--rows of weights that are computed need no document of them", "[parts]") {
  const Outcome picture = run({"compute", "-f", "png", "--rows", "journey"}, three_tokens);
  CHECK(picture.err == "");
  CHECK(picture.code == 0);
  CHECK(picture.out != run({"compute", "-f", "png"}, three_tokens).out);
  // The same picture as of the weights in a document.
  const std::string document = run({"compute", "--emit", "weights"}, three_tokens).out;
  CHECK(run({"visualize", "-f", "png", "--rows", "journey"}, document).out == picture.out);
}

TEST_CASE("--renormalize lets what is left of rows sum to 1", "[parts]") {
  const Outcome rest = drawn({"--cols", "1:", "--renormalize"});
  CHECK(rest.err == "");
  CHECK(shows(rest, "0.78"));  // 0.7 of 0.9
  CHECK(rest.out != drawn({"--cols", "1:"}).out);
  const Outcome none = drawn({"--cols", "0:2", "--renormalize"});
  CHECK(none.code == 0);
  CHECK(none.err == "attn: note: --renormalize: 1 row sums to 0 and stays as it is\n");
  CHECK(drawn({"--cols", "0:2", "--renormalize", "-q"}).err == "");
  const Outcome of_all = run({"visualize", "--cols", "0,1", "--rows", "2,2", "--renormalize"}, weights);
  CHECK(of_all.err == "attn: note: --renormalize: 2 rows sum to 0 and stay as they are\n");
  check_error(drawn({"--renormalize"}, "[[1,-1],[0,1]]"), 2, "--renormalize: is for weights: row 0 has the number -1");
}

TEST_CASE("--merge-words makes words, whose numbers rows and columns count", "[parts]") {
  const std::string pieces = R"({"tokens":["[CLS]","un","##til"],"weights":[[1,0,0],[0.5,0.25,0.25],[0.1,0.2,0.7]]})";
  const Outcome merged = drawn({"--merge-words"}, pieces);
  CHECK(merged.err == "");
  CHECK(shows(merged, "until"));
  CHECK_FALSE(shows(merged, "##"));
  CHECK(shows(merged, "0.30"));  // the mean of 0.5 and 0.1
  CHECK(shows(merged, "0.70"));  // and of what is left
  CHECK(drawn({"--merge-words", "--rows", "until", "--cols", "1"}, pieces).out ==
        drawn({"--merge-words", "--rows", "1", "--cols", "until"}, pieces).out);
  check_error(drawn({"--merge-words"}), 2, "--merge-words: no token has the mark of a sub-word: ##, Ġ or ▁");
  check_error(drawn({"--merge-words"}, "[[1,0],[0,1]]"), 2,
              "--merge-words: needs tokens as the labels of rows and columns");
  // A column of a mask that stands for two keys is more than 1, and drawn as such.
  const Arguments mask{"mask", "!none", "--queries", "2", "--text", "un ##til", "--annot", "-f", "text"};
  CHECK(shows(run(mask + Arguments{"--merge-words"}), "2.00"));
}

TEST_CASE("--rollout draws the product of the layers up to --layer", "[parts]") {
  // Â of the layers: [[0.75, 0.25], [0, 1]] and [[1, 0], [0.5, 0.5]].
  const std::string layers = R"([[[[[0.5,0.5],[0,1]]]],[[[[1,0],[1,0]]]]])";
  const Outcome last = run({"visualize", "--rollout", "--annot", "--fmt", ".4f"}, layers);
  CHECK(last.err == "");
  CHECK(shows(last, "0.7500"));
  CHECK(shows(last, "0.3750"));
  CHECK(shows(last, "0.6250"));
  CHECK(shows(last, "Rollout, Layer 1"));
  const Outcome first = run({"visualize", "--rollout", "--annot", "--layer", "0"}, layers);
  CHECK(shows(first, "0.25"));
  CHECK_FALSE(shows(first, "0.63"));
  check_error(run({"visualize", "--rollout"}, weights), 2,
              "--rollout: is over layers: it needs (layers, batch, heads, L, L), or a file a layer, not (2, 3, 3)");
  check_error(run({"visualize", "--rollout", "--head", "0"}, layers), 2,
              "--head: goes without --rollout, which makes one head of all; see --rollout-fusion");
  check_error(run({"visualize", "--rollout-fusion", "max"}, layers), 2, "--rollout-fusion: goes with --rollout");
  check_error(run({"visualize", "--rollout", "--rollout-fusion", "sum"}, layers), 2,
              "--rollout-fusion: 'sum' is not one of mean, max and min");
  const std::string narrow = R"({"weights":)" + layers + R"(,"metadata":{"dtype":"f32"}})";
  check_error(run({"visualize", "--rollout", "--max-memory", "50"}, narrow), 1,
              "--max-memory: the rollout of (2, 1, 1, 2, 2) passes the limit of 50 bytes");
}

TEST_CASE("a grid of layers and heads has a row a layer", "[parts]") {
  const Folder folder;
  // Three layers of two heads: by default six panels stand in three columns.
  const std::string layers = R"([[[[[1]],[[0]]]],[[[[1]],[[0]]]],[[[[1]],[[0]]]]])";
  const auto size = [&](const Arguments& options) {
    const std::string png = run(Arguments{"visualize", "-f", "png"} + options, layers).out;
    const auto number = [&](std::size_t at) {
      return static_cast<unsigned char>(png[at + 2]) * 256 + static_cast<unsigned char>(png[at + 3]);
    };
    return std::pair(number(16), number(20));
  };
  const auto [width, height] = size({"--layer", "all"});
  CHECK(height > width);
  const auto [flat_width, flat_height] = size({"--layer", "all", "--head", "0"});
  CHECK(flat_width > flat_height);  // one head of each: a row of layers
}

TEST_CASE("--reshape draws keys as a grid, and its advice about one key too many works", "[parts]") {
  const std::string row = "[[0.2,0.1,0.3,0.15,0.25],[0.4,0.1,0.1,0.2,0.2]]";
  const auto grid = [&](const Arguments& options) {
    return run(Arguments{"visualize", "--annot", "--fmt", ".3f", "--reshape", "2x2"} + options, row);
  };
  check_error(grid({"--rows", "0"}), 2,
              "--reshape: 5 keys are one more than the 4 of 2x2; --cols 1: leaves the first out, the class token");
  const Outcome first = grid({"--rows", "0", "--cols", "1:"});
  CHECK(first.err == "");
  CHECK(shows(first, "0.250"));
  CHECK(shows(first, "Query 0"));
  const Outcome mean = grid({"--cols", "1:"});
  CHECK(shows(mean, "0.225"));
  CHECK(shows(mean, "Mean of "));
  check_error(run({"visualize", "--reshape", "2by2"}, row), 2, "--reshape: '2by2' is not a grid such as 14x14");
  check_error(run({"visualize", "--reshape", "0x4"}, row), 2, "--reshape: must be 1 or more, not 0");
  check_error(run({"visualize", "--reshape", "3x2"}, row), 2, "--reshape: 5 keys are not the 6 of 3x2");
}

TEST_CASE("--overlay lays the grid over a picture", "[parts]") {
  const Folder folder;
  folder.write("w.json", "[[0.1,0.2,0.3,0.4]]");
  folder.write("no.png", "no picture");
  const std::string photo = ATTN_TEST_DATA "/render/photo.jpg";
  const Arguments base{"visualize", "w.json", "-f", "png"};
  const Outcome over = run(base + Arguments{"--reshape", "1x4", "--overlay", photo});
  CHECK(over.code == 0);
  CHECK(over.err == "attn: note: --overlay: 16 × 12 pixels are stretched onto 1 row and 4 columns of cells\n");
  CHECK(over.out != run(base + Arguments{"--reshape", "1x4"}).out);
  check_error(run(base + Arguments{"--overlay", photo}), 2,
              "--overlay: goes with --reshape, which says what covers the picture");
  check_error(run(base + Arguments{"--reshape", "2x2", "--overlay", photo, "--diff", "w.json"}), 2,
              "--overlay: goes without --diff: what covers a picture is not negative");
  check_error(run(base + Arguments{"--reshape", "2x2", "--overlay", "no.png"}), 1,
              "no.png: is no PNG or JPEG that can be read: unknown image type");
  CHECK(run(base + Arguments{"--reshape", "2x2", "--overlay", "none.png"}).code == 1);
}

TEST_CASE("several files are layers, or steps of generation", "[parts]") {
  const Folder folder;
  folder.write("a.json", "[[[[1,0],[0.5,0.5]]]]");
  folder.write("b.json", "[[[[0,1],[0.25,0.75]]]]");
  folder.write("c.csv", "0.2,0.3,0.5\n");
  folder.write("d.json", "[[0.1,0.1,0.8]]");
  folder.write("e.json", "[[1]]");
  folder.write("tokens.txt", "x\ny\nz\n");
  folder.write("two.json", "[[[[[1,0],[0.5,0.5]]]],[[[[0,1],[0.25,0.75]]]]]");
  const Arguments annot{"visualize", "--annot", "--layer", "all"};
  const Outcome layers = run(annot + Arguments{"a.json", "b.json"});
  CHECK(layers.err == "");
  CHECK(shows(layers, "Layer 1"));
  CHECK(layers.out == run(annot + Arguments{"two.json"}).out);
  const Outcome rolled = run({"visualize", "a.json", "b.json", "--rollout", "--annot"});
  CHECK(shows(rolled, "Rollout"));

  const Outcome steps = run({"visualize", "e.json", "--annot", "--tokens", "tokens.txt"});
  CHECK(steps.code == 1);
  folder.write("s0.json", "[[1,0],[0.5,0.5]]");
  const Outcome grown = run({"visualize", "s0.json", "d.json", "--annot", "--tokens", "tokens.txt"});
  CHECK(grown.err == "");
  CHECK(shows(grown, "0.80"));
  CHECK(shows(grown, "z"));
  folder.write("both.json", "[[[1,0],[0.5,0.5]],[[0.1,0.1,0.8]]]");
  CHECK(run({"visualize", "both.json", "--annot", "--tokens", "tokens.txt"}).out == grown.out);
  folder.write("one.json", "[[0.3,0.7]]");
  CHECK(run({"visualize", "one.json", "d.json", "--rows", "'2'", "--annot"}).out ==
        run({"visualize", "one.json", "d.json", "--rows", "1", "--annot"}).out);
  check_error(run({"visualize", "a.json", "d.json"}), 1,
              "d.json: has the shape (1, 3) after (1, 1, 2, 2): layers have one shape, and a step of generation has a "
              "key more for each of its queries, or one query and the same keys");
  check_error(run({"visualize", "a.json", "b.json", "--max-memory", "80"}), 1,
              "--max-memory: the files up to b.json need 128 bytes; the limit is 80 bytes");
}

TEST_CASE("--stats and --top of stored weights are what compute prints", "[parts]") {
  const Arguments readings{"--stats", "--top", "2"};
  const std::string document = run({"compute", "--emit", "weights"}, three_tokens).out;
  const std::string tables = run({"visualize", "--stats", "--top", "2"}, document).out;
  const std::string computed = run(Arguments{"compute", "--emit", "output", "-f", "text"} + readings, three_tokens).out;
  CHECK(tables.rfind("stats (3, 7)\n", 0) == 0);
  CHECK(computed.substr(computed.find("stats")) == tables);

  // Of several heads, each under its title; of chosen rows, the same numbers.
  const Outcome heads = run(Arguments{"visualize"} + readings, weights);
  CHECK(shows(heads, "Head 1\nstats (3, 7)"));
  const Outcome row = run(Arguments{"visualize", "--head", "0", "--rows", "b"} + readings, weights);
  CHECK(row.out ==
        "Head 0\nstats (1, 7)\n        sum  entropy    peak  eff. keys  first key  distance  sparsity\n"
        "  b  1.0000   0.8018  0.7000     2.2296     0.1000    0.8000    0.0000\n\n"
        "top 2 (1,)\n  b   a 0.7000  b 0.2000\n");

  const Folder folder;
  folder.write("w.json", "[[0.5,0.25,0.25]]");
  CHECK(run({"visualize", "w.json", "--stats"}).err ==
        "attn: note: --stats: distances count from the same place, query 0 from key 0, for 1 queries and 3 keys\n");
  CHECK(run({"visualize", "w.json", "--top", "1", "-o", "w.png", "-o", "-"}).out == "top 1 (1,)\n  0   0 0.5000\n");
  check_error(run({"visualize", "w.json", "--top", "0"}), 2, "--top: must be 1 or more, not 0");
  check_error(run({"visualize", "w.json", "--stats", "-o", "w.png"}), 2,
              "--stats: is text: no output shows it; add -o - or -o FILE.txt");
  check_error(run({"visualize", "w.json", "--stats", "--diff", "w.json"}), 2,
              "--stats: is of one input: it goes without --compare and --diff");
  check_error(run({"visualize", "w.json", "--top", "2", "--cols", "1:"}), 2,
              "--top: is of whole rows: it goes without --cols, --renormalize and --reshape");
}

TEST_CASE("--titles names the matrices in the order in which they are drawn", "[parts]") {
  const Outcome named = run({"visualize", "--titles", "first,'2,3'"}, weights);
  CHECK(named.err == "");
  CHECK(shows(named, "first"));
  CHECK(shows(named, "2,3"));
  CHECK_FALSE(shows(named, "Head"));
  const Folder folder;
  folder.write("w.json", "[[1]]");
  CHECK(shows(run({"visualize", "w.json", "--compare", "w.json", "--titles", "old,new"}), "new"));
  check_error(run({"visualize", "--titles", "one"}, weights), 2,
              "--titles: has 1 title, and there are 2 matrices to draw");
  check_error(run({"visualize", "--titles", "one,"}, weights), 2,
              "--titles: 'one,' has an empty item; a comma itself stands in quotes");
}

TEST_CASE("parts that cannot be are refused", "[parts]") {
  check_error(drawn({"--rows", "3"}), 2, "--rows: 3 does not exist; there are 3, 0 to 2");
  check_error(drawn({"--cols", "c"}), 2, "--cols: there is no token 'c'; did you mean 'a'?");
  check_error(drawn({"--rows", "a"}, "[[1,0],[0,1]]"), 2,
              "--rows: 'a' is no number, and there are no tokens; --tokens FILE reads them, else numbers choose");
  check_error(run({"compute", "--random", "3,4", "-f", "png", "--rows", "a"}), 2,
              "--rows: 'a' is no number, and there are no tokens; --tokens FILE reads them, else numbers choose");
  CHECK(run({"compute", "--random", "3,4", "-f", "png", "--rows", "a", "--tokens", "a,b,c"}).code == 0);
  check_error(run({"mask", "causal", "--queries", "3", "-f", "png", "--rows", "a"}), 2,
              "--rows: 'a' is no number, and there are no tokens");
}

TEST_CASE("weights of which a part is drawn are held in memory, or refused", "[parts]") {
  const Arguments large{"compute", "--random", "4096,1", "-f", "png", "--max-memory", "32M"};
  CHECK(run(large).code == 0);
  const Outcome refused = run(large + Arguments{"--rows", "0:10"});
  CHECK(refused.code == 1);
  CHECK(refused.err.find("attn: error: --max-memory: this needs ") == 0);
  const Outcome mask = run({"mask", "causal", "--queries", "4096", "-f", "png", "--rows", "5", "--max-memory", "1M"});
  CHECK(mask.code == 1);
  CHECK(mask.err.find("attn: error: --max-memory: a mask of 4096 × 4096 passes the limit") == 0);
}

}  // namespace attn::test
