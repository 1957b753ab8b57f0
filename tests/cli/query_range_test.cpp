// --query-range on the command line: what is written, drawn and refused.
#include "cli/session.hpp"

namespace attn::test {
namespace {

const std::string six_rows =
    R"({"embeddings":[[1,2],[3,1],[0,1],[2,2],[1,0],[0,3]],"tokens":["a","b","c","d","e","f"]})";
const Arguments drawn_rows{"compute", "--random", "6,4", "--causal", "--alibi", "--emit", "weights,output,lse,mask"};

}  // namespace

TEST_CASE("--query-range gives the rows of the whole run", "[range]") {
  const Json whole = run(drawn_rows).json();
  for (const auto& [range, begin, end] : {std::tuple{"1:4", 1U, 4U}, {":2", 0U, 2U}, {"5:", 5U, 6U}, {"0:6", 0U, 6U}}) {
    INFO(range);
    const Json part = run(drawn_rows + Arguments{"--query-range", range}).json();
    for (const char* name : {"weights", "output", "lse", "mask"}) {
      INFO(name);
      REQUIRE(part[name].size() == end - begin);
      for (std::size_t i = begin; i < end; ++i) CHECK(part[name][i - begin] == whole[name][i]);
    }
    CHECK(part["metadata"]["query_range"] == std::to_string(begin) + ":" + std::to_string(end));
    CHECK(part["metadata"]["queries"] == 6);
  }
  CHECK_FALSE(whole["metadata"].contains("query_range"));
}

TEST_CASE("rows of a range keep their tokens or numbers", "[range]") {
  const Folder folder;
  folder.write("six.json", six_rows);
  const Json labelled = run({"compute", "six.json", "--query-range", "2:4"}).json();
  CHECK(labelled["tokens"] == Json{"c", "d"});
  CHECK(labelled["key_tokens"].size() == 6);
  const Arguments text = drawn_rows + Arguments{"--query-range", "3:5", "-f", "text", "--emit", "lse"};
  const std::string table = run(text).out;
  CHECK(table.find("\n  3  ") != std::string::npos);
  CHECK(table.find("\n  0  ") == std::string::npos);
  // A matrix without tokens is numbers alone; with heads, the queries are named.
  CHECK(run(drawn_rows + Arguments{"--query-range", "3:5", "-f", "csv"}).out.find("query") == std::string::npos);
  const std::string heads =
      run({"compute", "--random", "1,1,6,4", "--query-range", "3:4", "-f", "csv", "--mask", "window:0,0"}).out;
  CHECK(heads == "batch,head,query,0,1,2,3,4,5\n0,0,3,0,0,0,1,0,0\n");
}

TEST_CASE("lines of a JSON Lines input each give the range", "[range]") {
  const std::string line = R"({"embeddings":[[1,0],[0,1],[1,1]]})";
  const Outcome outcome = run({"compute", "--query-range", "1:"}, line + "\n" + R"({"embeddings":[[1,0]]})" + "\n");
  CHECK(outcome.code == 1);
  CHECK(parsed_json(outcome.out.substr(0, outcome.out.find('\n')))["weights"].size() == 2);
  CHECK(outcome.out.find("--query-range: begins at 1, but there is 1 query") != std::string::npos);
}

TEST_CASE("pictures of a range are pooled, too", "[range]") {
  const Arguments base{"compute", "--random", "3000,8", "--causal", "-f", "png", "--query-range", "1000:2900"};
  const Outcome pooled = run(base);
  REQUIRE(pooled.code == 0);
  CHECK((pooled.out != run({"compute", "--random", "3000,8", "--causal", "-f", "png", "--query-range", "0:1900"}).out));
  CHECK((run(base + Arguments{"-v"}).err.find("pooled") != std::string::npos));
}

TEST_CASE("a range counts back from the last query, too", "[range]") {
  const Folder folder;
  folder.write("six.json", six_rows);
  const auto rows = [](const std::string& range) {
    const Outcome outcome = run({"compute", "six.json", "--query-range", range});
    CHECK(outcome.code == 0);
    return outcome.out;
  };
  CHECK(rows("-2:") == rows("4:6"));
  CHECK(rows(":-4") == rows("0:2"));
  CHECK(rows("-3:-1") == rows("3:5"));
  CHECK(rows("1:-1") == rows("1:5"));
  CHECK(rows("-6:2") == rows("0:2"));
}

TEST_CASE("--steps walk through the rows of a range", "[range]") {
  const std::string steps = run({"compute", "--random", "6,4", "--steps", "--query-range", "2:4"}).out;
  CHECK(steps.find("Q (2, 4)") != std::string::npos);
  CHECK(steps.find("K (6, 4)") != std::string::npos);
}

TEST_CASE("a range that is none, or not there, is wrong usage", "[range]") {
  const Folder folder;
  folder.write("six.json", six_rows);
  const auto refuse = [](const char* range, const std::string& message) {
    check_error(run({"compute", "six.json", "--query-range", range}), 2, "--query-range: " + message);
  };
  refuse("3", "'3' is not a range such as 2:5, 2: or :5");
  refuse(":", "':' is not a range such as 2:5, 2: or :5");
  refuse("1:2:3", "'1:2:3' is not a range such as 2:5, 2: or :5");
  refuse("a:2", "'a' is not a whole number");
  refuse("1:2.5", "'2.5' is not a whole number");
  refuse("-7:2", "begins at -7, but there are 6 queries");
  refuse(":-7", "ends at -7, but there are 6 queries");
  refuse("-2:-2", "the range -2:-2 holds no query");
  refuse("-2:-3", "the range -2:-3 holds no query");
  refuse("4:-2", "the range 4:4 holds no query");
  refuse("3:3", "the range 3:3 holds no query");
  refuse("4:2", "the range 4:2 holds no query");
  refuse("2:7", "ends at 7, but there are 6 queries");
  refuse("6:", "begins at 6, but there are 6 queries");
  check_error(run({"multihead", "six.json", "--query-range", "x:"}), 2, "--query-range: 'x' is not a whole number");
}

}  // namespace attn::test
