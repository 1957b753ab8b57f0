// The shapes of every tensor for every shape of input, as the manual's table has them.
#include "cli/session.hpp"

namespace attn::test {
namespace {

using Shape = std::vector<std::size_t>;

struct Row {
  Arguments arguments;
  Shape matrix, output, lse, present_key, present_value;
};

const Arguments everything{"--emit", "scores,capped,masked,mask,weights,output,lse,present_key,present_value"};

void check(const Row& row, const std::string& input = "") {
  INFO(joined(row.arguments));
  const Outcome outcome = run(row.arguments + everything, input);
  REQUIRE(outcome.err == "");
  const Json json = outcome.json();
  for (const char* name : {"scores", "capped", "masked", "mask", "weights"}) {
    INFO(name);
    CHECK(shape(json[name]) == row.matrix);
  }
  CHECK(shape(json["output"]) == row.output);
  CHECK(shape(json["lse"]) == row.lse);
  CHECK(shape(json["present_key"]) == row.present_key);
  CHECK(shape(json["present_value"]) == row.present_value);
}

// Identity projections of width 4 for two heads; grouped: one key/value head.
std::string document(const std::string& embeddings, bool grouped) {
  const std::string eye = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]", narrow = "[[1,0],[0,1],[1,0],[0,1]]";
  const std::string& key = grouped ? narrow : eye;
  return R"({"embeddings":)" + embeddings + R"(,"projections":{"W_q":)" + eye + R"(,"W_k":)" + key + R"(,"W_v":)" +
         key + "}}";
}

}  // namespace

TEST_CASE("compute keeps the rank of its input", "[shapes]") {
  check({{"compute", "--random", "3,4", "--keys", "5", "--d-value", "2"}, {3, 5}, {3, 2}, {3}, {5, 4}, {5, 2}});
  check({{"compute", "--random", "2,3,4", "--keys", "5", "--d-value", "2"},
         {2, 3, 5},
         {2, 3, 2},
         {2, 3},
         {2, 5, 4},
         {2, 5, 2}});
  check({{"compute", "--random", "2,4,3,4", "--keys", "5", "--d-value", "2"},
         {2, 4, 3, 5},
         {2, 4, 3, 2},
         {2, 4, 3},
         {2, 4, 5, 4},
         {2, 4, 5, 2}});
  check({{"compute", "--random", "2,4,3,4", "--keys", "5", "--kv-heads", "2"},
         {2, 4, 3, 5},
         {2, 4, 3, 4},
         {2, 4, 3},
         {2, 2, 5, 4},
         {2, 2, 5, 4}});
}

TEST_CASE("compute splits the last axis into heads and merges them again", "[shapes]") {
  check({{"compute", "--random", "3,8", "--heads", "4"}, {4, 3, 3}, {3, 8}, {4, 3}, {4, 3, 2}, {4, 3, 2}});
  check({{"compute", "--random", "3,8", "--heads", "1"}, {1, 3, 3}, {3, 8}, {1, 3}, {1, 3, 8}, {1, 3, 8}});
  check({{"compute", "--random", "2,3,8", "--heads", "4", "--kv-heads", "2"},
         {2, 4, 3, 3},
         {2, 3, 8},
         {2, 4, 3},
         {2, 2, 3, 2},
         {2, 2, 3, 2}});
}

TEST_CASE("multihead has a head axis, one head or many", "[shapes]") {
  const std::string flat = "[[1,2,3,4],[0,1,0,1],[2,2,1,1]]";
  check({{"multihead", "--heads", "2"}, {2, 3, 3}, {3, 4}, {2, 3}, {2, 3, 2}, {2, 3, 2}}, document(flat, false));
  check({{"multihead", "--heads", "1"}, {1, 3, 3}, {3, 4}, {1, 3}, {1, 3, 4}, {1, 3, 4}}, document(flat, false));
  check({{"multihead", "--heads", "2"}, {2, 3, 3}, {3, 4}, {2, 3}, {1, 3, 2}, {1, 3, 2}}, document(flat, true));
  check({{"multihead", "--heads", "2"}, {2, 2, 3, 3}, {2, 3, 4}, {2, 2, 3}, {2, 2, 3, 2}, {2, 2, 3, 2}},
        document("[" + flat + "," + flat + "]", false));
}

TEST_CASE("--average drops the head axis of the weights alone", "[shapes]") {
  const Json json =
      run({"multihead", "--heads", "2", "--average", "--emit", "weights,lse"}, document("[[1,2,3,4]]", false)).json();
  CHECK(shape(json["weights"]) == Shape{1, 1});
  CHECK(shape(json["lse"]) == Shape{2, 1});
}

TEST_CASE("cached keys count among the keys", "[shapes]") {
  check({{"compute"}, {1, 3}, {1, 1}, {1}, {3, 2}, {3, 1}},
        R"({"query":[[1,2]],"key":[[1,2]],"value":[[3]],"past_key":[[1,2],[3,4]],"past_value":[[1],[2]]})");
}

TEST_CASE("sizes of nothing give results of nothing", "[shapes]") {
  const Json json = run({"compute", "--random", "2,3", "--keys", "0"}).json();
  CHECK(json["weights"] == parsed_json("[[],[]]"));
  CHECK(json["output"] == parsed_json("[[0,0,0],[0,0,0]]"));
  CHECK(run({"compute", "--random", "0,3"}).json()["output"] == parsed_json("[]"));
}

}  // namespace attn::test
