// Structure that differs from row to row of a batch, against predicates, NumPy and transformers (make_rows.py).
#include <cmath>
#include <fstream>

#include "attn/kernels.hpp"
#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

Json golden(const std::string& name) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/rows/" + name);
  return parsed_json(file);
}

Arguments strings(const Json& list) { return list.get<Arguments>(); }

// The rows of a matrix as text: "1 0 0".
Json rows_of(const Json& matrix) {
  Json rows = Json::array();
  for (const Json& row : matrix) {
    std::string text;
    for (const Json& cell : row) text += (text.empty() ? "" : " ") + cell.dump();
    rows.push_back(text);
  }
  return rows;
}

double greatest_difference(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return std::abs(a.get<double>() - b.get<double>());
  if (!a.is_array() || !b.is_array() || a.size() != b.size()) return HUGE_VAL;
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, greatest_difference(a[i], b[i]));
  return greatest;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names{"reference"};
  for (const KernelSet* set : supported_kernel_sets()) names.emplace_back(set->name);
  return names;
}

}  // namespace

TEST_CASE("masks of rows are those of their predicates, and so are their counts", "[rows]") {
  const Folder folder;
  const Json all = golden("masks.json");
  folder.write("segments.json", Json{{"segments", all.at("segments")}}.dump());
  for (const Json& one : all.at("cases")) {
    const Arguments arguments = Arguments{"mask"} + strings(one.at("arguments"));
    INFO(joined(arguments));
    const Outcome outcome = run(arguments);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    Json expected = Json::array();
    for (const Json& matrix : one.at("mask")) expected.push_back(matrix);
    Json found = outcome.json()["mask"];
    if (shape(found).size() == 2) found = Json::array({found});
    REQUIRE(found.size() == expected.size());
    std::size_t ones = 0;
    for (std::size_t b = 0; b < found.size(); ++b) {
      CHECK(rows_of(found[b]) == expected[b]);
      for (const Json& row : found[b])
        for (const Json& cell : row) ones += cell.get<std::size_t>();
    }
    CHECK(run(arguments + Arguments{"--stats", "-q"}).json()["stats"]["attended"] == ones);
    // A picture of as many cells shows them one by one.
    CHECK(run(arguments + Arguments{"-q", "-f", "text", "--batch", "all"}).code == 0);
  }
}

TEST_CASE("attention of rows is that of NumPy, by every engine and kernel set", "[rows]") {
  const Folder folder;
  const Json identity = parsed_json("[[1,0],[0,1]]");
  for (const Json& one : golden("attention.json")) {
    Json document = one.at("document");
    folder.write("in.json", document.dump());
    // Heads have an axis of their own in multihead's cache.
    for (const char* const member : {"past_key", "past_value"})
      if (document.contains(member))
        for (Json& item : document[member]) item = Json::array({item});
    document["projections"] = {{"W_q", identity}, {"W_k", identity}, {"W_v", identity}};
    folder.write("projected.json", document.dump());
    const Arguments flags = strings(one.at("arguments"));
    INFO(document.dump() << "\n" << joined(flags));
    for (const std::string& kernel : kernel_names())
      for (const std::string emit : {"output", "weights,output"})
        for (const Arguments& command : {Arguments{"compute", "in.json"}, Arguments{"multihead", "projected.json"}}) {
          const Outcome outcome = run(command + flags + Arguments{"-q", "--emit", emit, "--kernel", kernel});
          INFO(joined(command) << " " << kernel << " " << emit << " " << outcome.err);
          REQUIRE(outcome.code == 0);
          CHECK(greatest_difference(outcome.json()["output"], one.at("output")) < 2e-6);
        }
    // Of JSON Lines, each is a document of its own; so is a range of queries.
    folder.write("in.jsonl", one.at("document").dump() + "\n" + one.at("document").dump() + "\n");
    for (const Json& line : run(Arguments{"compute", "in.jsonl", "-q"} + flags).json_lines())
      CHECK(greatest_difference(line["output"], one.at("output")) < 2e-6);
    const Json part = run(Arguments{"compute", "in.json", "-q", "--query-range", "1:2"} + flags).json()["output"];
    for (std::size_t b = 0; b < part.size() && shape(part).size() == 3; ++b)
      CHECK(greatest_difference(part[b][0], one.at("output")[b][1]) < 2e-6);
  }
}

TEST_CASE("left-padded models give transformers' states", "[rows][models]") {
  const Folder folder;
  for (const Json& one : golden("models.json")) {
    const std::string family = one.at("family");
    write_small_model(family, family, {});
    const Json document{
        {"token_ids", one.at("ids")}, {"key_starts", one.at("starts")}, {"positions", one.at("positions")}};
    folder.write("in.json", document.dump());
    Arguments arguments{"multihead", "in.json", "--weights",           family, "--layer",
                        "all",       "--emit",  "weights,hidden_last", "-q"};
    const bool decodes = one.contains("decoder_ids");
    if (decodes) {
      folder.write("decoder_ids.json", one.at("decoder_ids").dump());
      arguments = arguments + Arguments{"--decoder-ids", "decoder_ids.json", "--cross"};
    }
    const Outcome outcome = run(arguments);
    INFO(family << " " << document.dump() << "\n" << outcome.err);
    REQUIRE(outcome.code == 0);
    const Json result = outcome.json();
    for (std::size_t b = 0; b < one.at("starts").size(); ++b)
      for (std::size_t i = decodes ? 0 : one.at("starts")[b].get<std::size_t>(); i < one.at("hidden_last")[b].size();
           ++i) {
        CHECK(greatest_difference(result["hidden_last"][b][i], one.at("hidden_last")[b][i]) < 5e-5);
        const Json& last = result["weights"][result["weights"].size() - 1][b];
        for (std::size_t h = 0; h < last.size(); ++h)
          CHECK(greatest_difference(last[h][i], one.at("weights")[b][h][i]) < 1e-5);
      }
  }
}

TEST_CASE("padding takes no positions of a model where they count from the start", "[rows][models]") {
  const Folder folder;
  write_small_model("gpt2", "gpt2", {});
  std::ifstream config("gpt2/config.json");
  const auto most = parsed_json(config).at("n_positions").get<std::size_t>();
  const auto with_start = [&](std::size_t start, const std::string& positions) {
    const Json document{
        {"token_ids", Json::array({std::vector<int>(most + 3, 7)})}, {"key_starts", {start}}, {"positions", positions}};
    folder.write("in.json", document.dump());
    return run({"multihead", "in.json", "--weights", "gpt2", "--emit", "output", "-q"});
  };
  CHECK(with_start(3, "from-start").code == 0);
  const std::string too_long = "in.json#/token_ids: has " + std::to_string(most + 3) + " tokens, and the model has " +
                               std::to_string(most) + " positions";
  check_error(with_start(2, "from-start"), 1, too_long);
  check_error(with_start(3, "from-zero"), 1, too_long);
  check_error(with_start(most + 4, "from-start"), 1,
              "in.json#/key_starts/0: the key start " + std::to_string(most + 4) + " is not in 0 … " +
                  std::to_string(most + 3));
}

TEST_CASE("rows that do not fit are refused, by the place that they come from", "[rows]") {
  const Folder folder;
  const std::string batch = R"("embeddings":[[[1],[2],[3]],[[1],[2],[3]]])";
  const auto refused = [&](const std::string& member, const std::string& message) {
    folder.write("in.json", "{" + batch + "," + member + "}");
    check_error(run({"compute", "in.json"}), 1, "in.json#/" + message);
    check_error(run({"mask", "causal", "--input", "in.json"}), 1, "in.json#/" + message);
  };
  refused(R"("key_starts":[1])", "key_starts: 1 key start for a batch of 2");
  refused(R"("key_starts":[1,4])", "key_starts/1: the key start 4 is not in 0 … 3");
  refused(R"("key_starts":[-1,0])", "key_starts/0: the key start -1 is not in 0 … 3");
  refused(R"("key_starts":[0,2],"key_lengths":[3,1])", "key_starts/1: the key start 2 is past the key length 1");
  refused(R"("prefix_lengths":[1,2,3])", "prefix_lengths: 3 prefix lengths for a batch of 2");
  refused(R"("prefix_lengths":[1,4])", "prefix_lengths/1: the prefix length 4 is not in 0 … 3");
  refused(R"("segments":[[0,0,1]])"
          R"(,"key_starts":[9,0])",
          "key_starts/0: the key start 9 is not in 0 … 3");
  refused(R"("segments":[[0,0],[1,1]])", "segments: 2 segment ids for 3 keys");
  refused(R"("segments":[[0,0,1],[1,1,2],[1,1,1]])", "segments: 3 rows of segment ids for a batch of 2");
  refused(R"("segments":[[0,0,1],[1,1]])", "segments/1: has 2 ids, but the first row has 3");
  refused(R"("positions":"start")", "positions: 'start' is neither 'from-start' nor 'from-zero'");
  folder.write("in.json", "{" + batch + "}");
  check_error(run({"compute", "in.json", "--key-starts", "1"}), 2, "--key-starts: 1 key start for a batch of 2");
  check_error(run({"compute", "in.json", "--key-starts", "1,4"}), 2, "--key-starts: the key start 4 is not in 0 … 3");
  check_error(run({"compute", "in.json", "--prefix-lengths", "4,1"}), 2,
              "--prefix-lengths: the prefix length 4 is not in 0 … 3");
  folder.write("half.csv", "0.5,1\n");
  check_error(run({"compute", "in.json", "--key-starts", "half.csv"}), 1,
              "--key-starts: a key start is a whole number of 0 or more");
  check_error(run({"compute", "in.json", "--positions", "from-left"}), 2,
              "--positions: 'from-left' is not one of from-zero and from-start; did you mean 'from-zero'?");
  check_error(run({"compute", "in.json", "--mask-of", "old"}), 2, "--mask-of: 'old' is not one of all and new");
  check_error(run({"compute", "in.json", "--mask", "prefix:1,2,3"}), 2,
              "--mask: prefix: 3 numbers for a batch of 2; the form is prefix:N, or one number for each batch item");
  check_error(run({"mask", "sliding_window:4", "--queries", "9"}), 2,
              "EXPR: column 1: unknown atom 'sliding_window'; for a window of N keys that ends at the query write "
              "window:N-1,0, as in 'causal & window:3,0'");
}

TEST_CASE("masks in the shapes that people have are read, or told the shape that is", "[rows]") {
  const Folder folder;
  const std::string keys = R"("embeddings":[[[1],[2],[3]],[[1],[2],[4]]])";
  folder.write("in.json", "{" + keys + R"(,"mask":[[1,1,0],[0,1,1]]})");
  const std::string error =
      " does not broadcast to the scores' (2, 3, 3); for keys of each batch item it is (2, 1, 1, 3)";
  check_error(run({"compute", "in.json"}), 1, "in.json#/mask: the mask's shape (2, 3)" + error);
  folder.write("bias.json", "{" + keys + R"(,"bias":[[0,0,null],[null,0,0]]})");
  check_error(run({"compute", "bias.json"}), 1, "bias.json#/bias: the shape (2, 3)" + error);
  // The shape of the advice gives what it is meant to.
  folder.write("in.json", "{" + keys + R"(,"mask":[[[[1,1,0]]],[[[0,1,1]]]]})");
  folder.write("rows.json", "{" + keys + R"(,"key_starts":[0,1],"key_lengths":[2,3]})");
  CHECK(run({"compute", "in.json"}).json()["output"] == run({"compute", "rows.json"}).json()["output"]);
  folder.write("bias.json", "{" + keys + R"(,"bias":[[[[0,0,null]]],[[[null,0,0]]]]})");
  CHECK(run({"compute", "bias.json"}).json()["output"] == run({"compute", "rows.json"}).json()["output"]);
  // (B, S) and (L, S) alike.
  const std::string square = R"({"embeddings":[[[1],[2]],[[3],[4]]],)";
  const std::string note =
      " has the shape (2, 2) and was read as (L, S), one for all batch items; for keys of each batch item it is "
      "(2, 1, 1, 2)\n";
  folder.write("in.json", square + R"("mask":[[1,0],[1,1]]})");
  CHECK(run({"compute", "in.json"}).err == "attn: note: the mask of in.json#/mask" + note);
  CHECK(run({"mask", "--input", "in.json"}).err == "attn: note: the mask of in.json#/mask" + note);
  folder.write("in.json", square + R"("bias":[[0,1],[2,3]]})");
  CHECK(run({"compute", "in.json"}).err == "attn: note: the bias of in.json#/bias" + note);
  folder.write("in.json", R"({"embeddings":[[1],[2]],"mask":[[1,0],[1,1]]})");
  CHECK(run({"compute", "in.json"}).err.empty());
}

TEST_CASE("a mask of the new keys is told the flag that reads it", "[rows]") {
  const Folder folder;
  const std::string cached = R"({"embeddings":[[1],[2]],"past_key":[[1],[2],[3]],"past_value":[[1],[2],[3]])";
  folder.write("in.json", cached + R"(,"mask":[[1,0],[1,1]]})");
  const std::string error =
      "in.json#/mask: the mask's shape (2, 2) does not broadcast to the scores' (2, 5); it has the new keys alone: "
      "--mask-of new lets every query attend the 3 cached ones";
  check_error(run({"compute", "in.json"}), 1, error);
  check_error(run({"mask", "--input", "in.json"}), 1, error);
  const Json open = parsed_json("[[1,1,1,1,0],[1,1,1,1,1]]");
  CHECK(run({"compute", "in.json", "--mask-of", "new", "--emit", "mask"}).json()["mask"] == open);
  CHECK(run({"mask", "--input", "in.json", "--mask-of", "new"}).json()["mask"] == open);
  folder.write("own.csv", "1,0\n1,1\n");
  folder.write("plain.json", cached + "}");
  CHECK(run({"compute", "plain.json", "--mask", "file:own.csv", "--mask-of", "new", "--emit", "mask"}).json()["mask"] ==
        open);
  CHECK(run({"compute", "plain.json", "--mask-file", "own.csv", "--mask-of", "new", "--mask-means", "drop", "--emit",
             "mask"})
            .json()["mask"] == parsed_json("[[1,1,1,0,1],[1,1,1,0,0]]"));
  // A bias has a column for every key; its minus infinity hides as before.
  folder.write("both.json", cached + R"(,"mask":[[1,0],[1,1]],"bias":[0,null,0,0,0]})");
  CHECK(run({"compute", "both.json", "--mask-of", "new", "--emit", "mask"}).json()["mask"] ==
        parsed_json("[[1,0,1,1,0],[1,0,1,1,1]]"));
  CHECK(run({"compute", "both.json", "--mask-of", "new", "-o", "w.png"}).code == 0);
  folder.write("bias.json", cached + R"(,"bias":[[0,1],[2,3]]})");
  check_error(run({"compute", "bias.json"}), 1,
              "bias.json#/bias: the shape (2, 2) has no columns for the 3 cached keys: 0 in them adds nothing");
}

TEST_CASE("left-padded rows are those of the texts alone", "[rows]") {
  const Folder folder;
  const std::string projections =
      R"("num_heads":1,"projections":{"W_q":[[1,0],[0,1]],"W_k":[[1,2],[0,1]],"W_v":[[1,0],[0,1]]}})";
  folder.write("alone.json", R"({"embeddings":[[1,2],[3,1],[0,2]],)" + projections);
  folder.write(
      "padded.json",
      R"({"embeddings":[[[9,9],[7,8],[1,2],[3,1],[0,2]]],"key_starts":[2],"positions":"from-start",)" + projections);
  const Arguments flags{"--rope",  "100", "--causal", "--alibi",           "--stats",
                        "--dtype", "f64", "--emit",   "key,weights,output"};
  const Outcome padded = run(Arguments{"multihead", "padded.json"} + flags);
  CHECK(padded.err.empty());
  const Json one = run(Arguments{"multihead", "alone.json"} + flags).json(), all = padded.json();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(all["key"][0][0][i + 2] == one["key"][0][i]);
    CHECK(all["output"][0][i + 2] == one["output"][i]);
    for (const char* const stat : {"first_key_share", "mean_distance", "entropy"})
      CHECK(all["stats"][stat][0][0][i + 2] == one["stats"][stat][0][i]);
  }
  CHECK(all["output"][0][0] == parsed_json("[0,0]"));
  CHECK(all["metadata"]["positions"] == "from-start");
  const Arguments steps{"multihead", "padded.json", "--rope", "100", "--steps"};
  CHECK(run(steps).out.find("radians. Positions count from the key start.") != std::string::npos);
  CHECK(run(steps + Arguments{"--positions", "from-zero"}).out.find("Positions count") == std::string::npos);
  // From key 0 keys are turned by two positions more, and relative to each other all is the same.
  const Json zero = run(Arguments{"multihead", "padded.json", "--positions", "from-zero"} + flags).json();
  CHECK(zero["key"][0][0][2] != all["key"][0][0][2]);
  CHECK(greatest_difference(zero["output"], all["output"]) < 1e-12);
  CHECK_FALSE(zero["metadata"].contains("positions"));
}

TEST_CASE("notes tell what padding does to positions, and what masks nothing", "[rows]") {
  const Folder folder;
  const std::string batch = R"({"embeddings":[[[1],[2],[3]],[[1],[2],[3]]])";
  folder.write("in.json", batch + R"(,"key_starts":[0,1]})");
  CHECK(run({"compute", "in.json", "--mask", "causal & sink:1"}).err ==
        "attn: note: sink:1 counts from key 0, which is padding in some rows; --positions from-start counts from each "
        "row's first key, and from-zero says that this is meant\n");
  for (const char* const from : {"from-zero", "from-start"})
    CHECK(run({"compute", "in.json", "--mask", "causal & sink:1", "--positions", from}).err.empty());
  folder.write("in.json", batch + R"(,"prefix_lengths":[1,2]})");
  CHECK(run({"compute", "in.json", "--causal"}).err ==
        "attn: note: the numbers of in.json#/prefix_lengths mask nothing by themselves; --mask 'causal | prefix' is "
        "causal with prefixes that all see\n");
  CHECK(run({"compute", "in.json", "--mask", "causal | prefix"}).err.empty());
  folder.write("in.json", batch + R"(,"positions":"from-start"})");
  CHECK(run({"compute", "in.json"}).err ==
        "attn: note: positions from-start: there are no key starts, and positions count from key 0; --key-starts or "
        "the member key_starts gives them\n");
}

}  // namespace attn::test
