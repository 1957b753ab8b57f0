// --stats and --top: their members, tables, files, and the outputs that show them.
#include <cmath>

#include "cli/session.hpp"

namespace attn::test {
namespace {

// Scores of 0 and ln 4 between two tokens: weights of 1/2, 1/2 and 1/5, 4/5.
const std::string two_tokens =
    R"({"tokens":["the","cat"],"query":[[0],[1]],"key":[[0],[1.3862943611198906]],"value":[[1],[2]],"scale":1})";

Json run_json(const Arguments& arguments, const std::string& input) {
  const Outcome outcome = run(arguments, input);
  INFO(joined(arguments) << ": " << outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome.json();
}

}  // namespace

TEST_CASE("stats and top follow the tensors in the result, before its metadata", "[readings]") {
  const Json result = run_json({"compute", "--top", "1", "--stats", "--dtype", "f64"}, two_tokens);
  CHECK(members(result) == std::vector<std::string>{"tokens", "weights", "output", "stats", "top", "metadata"});
  CHECK(members(result["stats"]) == std::vector<std::string>{"row_sum", "entropy", "peak", "effective_keys",
                                                             "first_key_share", "mean_distance", "sparsity"});
  CHECK(result["stats"]["entropy"][0].get<double>() == Approx(std::log(2.0)));
  CHECK(result["stats"]["entropy"][1].get<double>() == Approx(-0.2 * std::log(0.2) - 0.8 * std::log(0.8)));
  CHECK(result["stats"]["mean_distance"][0].get<double>() == Approx(0.5));
  CHECK(result["stats"]["mean_distance"][1].get<double>() == Approx(0.2));
  CHECK(result["top"].dump() == R"([[{"key":0,"token":"the","weight":0.5}],[{"key":1,"token":"cat","weight":)" +
                                    result["weights"][1][1].dump() + "}]]");
}

TEST_CASE("stats and top are shaped like lse, with the tokens of the keys", "[readings]") {
  const Json plain = run_json({"compute", "--random", "2,3,4,5", "--stats", "--top", "2", "--emit", "lse"}, "");
  CHECK(shape(plain["lse"]) == std::vector<std::size_t>{2, 3, 4});
  for (const auto& [name, values] : plain["stats"].items()) CHECK(shape(values) == shape(plain["lse"]));
  CHECK(shape(plain["top"]) == std::vector<std::size_t>{2, 3, 4, 2});
  CHECK(members(plain["top"][1][2][3][1]) == std::vector<std::string>{"key", "weight"});
  const Json cross =
      run_json({"compute", "--top", "9"},
               R"({"tokens":["a"],"key_tokens":["x","y"],"query":[[1]],"key":[[0],[1]],"value":[[1],[1]]})");
  REQUIRE(cross["top"][0].size() == 2);
  CHECK(cross["top"][0][0]["token"] == "y");
  CHECK(cross["top"][0][1]["token"] == "x");
}

TEST_CASE("NaN in a row of stats or top is null", "[readings]") {
  const Json result =
      run_json({"compute", "--mask", "none", "--empty-row", "nan", "--stats", "--top", "1"}, two_tokens);
  CHECK(result["stats"]["entropy"].dump() == "[null,null]");
  CHECK(result["top"][0].dump() == R"([{"key":0,"token":"the","weight":null}])");
}

TEST_CASE("stats and top as text have a row for each query", "[readings]") {
  const Outcome outcome =
      run({"compute", "--stats", "--top", "2", "--emit", "lse", "-f", "text", "--precision", "3"}, two_tokens);
  CHECK(outcome.out == R"(lse (2,)
  the  0.693
  cat  1.609

stats (2, 7)
         sum  entropy   peak  eff. keys  first key  distance  sparsity
  the  1.000    0.693  0.500      2.000      0.500     0.500     0.000
  cat  1.000    0.500  0.800      1.649      0.200     0.200     0.000

top 2 (2,)
  the   the 0.500  cat 0.500
  cat   cat 0.800  the 0.200
)");
}

TEST_CASE("keys of weight 0 are not among the strongest ones of a text", "[readings]") {
  const Arguments base{"compute", "--causal", "--top", "2", "--emit", "lse"};
  CHECK(has(run(base + Arguments{"-f", "text", "--precision", "3"}, two_tokens).out, R"(top 2 (2,)
  the   the 1.000
  cat   cat 0.800  the 0.200
)"));
  CHECK(run(base, two_tokens).json()["top"][0].size() == 2);
  const Folder folder;
  folder.write("w.json", "[[1,0],[0.25,0.75]]");
  CHECK(has(run({"visualize", "w.json", "--top", "2"}).out, "top 2 (2,)\n  0   0 1.0000\n  1   1 0.7500  0 0.2500\n"));
}

TEST_CASE("many queries and many strongest keys are elided in text", "[readings]") {
  const std::string text =
      run({"compute", "--random", "40,4", "--stats", "--top", "30", "--emit", "lse", "-f", "text"}).out;
  const std::string stats = text.substr(text.find("stats")), top = text.substr(text.find("top"));
  for (const std::string& table : {stats.substr(0, stats.find("top")), top}) {
    CHECK(table.find("\n  …\n") != std::string::npos);
    CHECK(table.find("\n  0 ") != std::string::npos);
    CHECK(table.find("\n  39 ") != std::string::npos);
    CHECK(table.find("\n  20 ") == std::string::npos);
  }
  CHECK(top.find("  …  ") != std::string::npos);
}

TEST_CASE("files of arrays hold the stats, JSON files both, and one tensor neither", "[readings]") {
  const Folder folder;
  const Arguments files{"-o", "r.npz", "-o", "r.safetensors", "-o", "r.json", "-o", "lse=lse.json"};
  REQUIRE(run(Arguments{"compute", "--stats", "--top", "1"} + files, two_tokens).code == 0);
  CHECK(members(parsed_json(folder.read("lse.json"))) == std::vector<std::string>{"tokens", "lse", "metadata"});
  const Json written = parsed_json(folder.read("r.json"));
  CHECK(written.contains("stats"));
  CHECK(written.contains("top"));
  CHECK(folder.read("r.npz").find("stats.mean_distance.npy") != std::string::npos);
  CHECK(folder.read("r.safetensors").find("\"stats.entropy\":{\"dtype\":\"F32\",\"shape\":[2],") != std::string::npos);
  // Programs that look for tensors in such a result are not misled.
  CHECK(run({"visualize", "r.json"}).code == 0);
  CHECK(run({"visualize", "r.npz"}).code == 0);
}

TEST_CASE("JSON Lines have stats and top in every line", "[readings]") {
  const Outcome outcome = run({"compute", "--stats", "--top", "1"}, two_tokens + "\n" + two_tokens + "\n");
  CHECK(outcome.code == 0);
  const std::size_t end = outcome.out.find('\n') + 1;
  CHECK(outcome.out.substr(0, end) == outcome.out.substr(end));
  CHECK(parsed_json(outcome.out.substr(0, end)).contains("top"));
}

TEST_CASE("stats and top need no matrix, pictures or not", "[readings]") {
  const Folder folder;
  const Arguments base{"compute", "--random", "1,1,3000,8",   "--causal", "--emit", "output", "--stats",
                       "--top",   "2",        "--max-memory", "12M",      "-o",     "-"};  // the weights take 34 MiB
  const Json alone = run_json(base, ""), pictured = run_json(base + Arguments{"-o", "w.png"}, "");
  CHECK(alone["stats"] == pictured["stats"]);
  CHECK(alone["top"] == pictured["top"]);
  CHECK(alone["stats"]["effective_keys"][0][0][0] == 1);
  CHECK(alone["top"][0][0][0][0]["key"] == 0);
}

TEST_CASE("stats and top that no output would show are an error", "[readings]") {
  const Folder folder;
  folder.write("x.json", two_tokens);
  const Arguments base{"compute", "x.json"};
  const std::string of_stats = "--stats: no output shows it: it goes to text, .json, .jsonl, .npz and .safetensors";
  const std::string of_top = "--top: no output shows it: it goes to text, .json and .jsonl";
  check_error(run(base + Arguments{"--stats", "-o", "w.png"}), 2, of_stats);
  check_error(run(base + Arguments{"--stats", "-o", "weights=w.json"}), 2, of_stats);
  check_error(run(base + Arguments{"--stats", "-f", "csv"}), 2, of_stats);
  check_error(run(base + Arguments{"--top", "1", "-o", "w.npz"}), 2, of_top);
  check_error(run(base + Arguments{"--top", "0"}), 2, "--top: must be 1 or more, not 0");
  check_error(run(base + Arguments{"--top", "few"}), 2, "--top: 'few' is not a whole number");
  CHECK(folder.files() == std::vector<std::string>{"x.json"});
}

TEST_CASE("distances count from where --like puts the queries", "[readings]") {
  const std::string document = R"({"query":[[0]],"key":[[0],[0],[0]],"value":[[0],[0],[0]]})";
  const auto distance = [&](const Arguments& flags) {
    return run(Arguments{"compute", "--stats"} + flags, document).json()["stats"]["mean_distance"][0].get<double>();
  };
  CHECK(distance({}) == Approx(1));
  CHECK(distance({"--mask", "!sink:1"}) == Approx(1.5));
  CHECK(distance({"--mask", "!sink:1", "--like", "flash", "--causal"}) == Approx(0.5));
}

}  // namespace attn::test
