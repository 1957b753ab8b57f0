// The flags of multihead: which draws come when, what they refuse, and what the metadata says of them.
#include <cmath>

#include "cli/session.hpp"

namespace attn::test {
namespace {

// Three tokens of width 6 and no projections.
const std::string six = R"({"embeddings":[[1,2,0,3,1,0],[0,1,1,2,0,1],[2,0,1,1,3,1]]})";
const std::string eye4 = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]";

std::string with_projections(const std::string& more = "") {
  return R"({"embeddings":[[1,2,3,4],[4,3,2,1]],"projections":{"W_q":)" + eye4 + R"(,"W_k":)" + eye4 + R"(,"W_v":)" +
         eye4 + more + "}}";
}

Json result_of(const Arguments& arguments, const std::string& input = six) {
  const Outcome outcome = run(Arguments{"multihead", "-q"} + arguments, input);
  INFO(joined(arguments));
  REQUIRE(outcome.err == "");
  return outcome.json();
}

void refused(const Arguments& arguments, int code, const std::string& message, const std::string& input = six) {
  INFO(joined(arguments));
  check_error(run(Arguments{"multihead"} + arguments, input), code, message);
}

}  // namespace

TEST_CASE("inputs, then weights, come from one stream; --init-seed begins another", "[multihead]") {
  const Arguments drawn{"--random", "3,4", "--init", "torch-linear", "--heads", "2"};
  const Json one = result_of(drawn + Arguments{"--seed", "5"}, "");
  const Json other = result_of(drawn + Arguments{"--seed", "5", "--init-seed", "5"}, "");
  CHECK(one["weights"] != other["weights"]);
  CHECK(result_of(drawn + Arguments{"--seed", "5"}, "")["output"] == one["output"]);
  CHECK(result_of(drawn + Arguments{"--seed", "6"}, "")["output"] != one["output"]);
  // With inputs of a document the weights are the first draws of either.
  const Json seeded = result_of({"--init", "torch-linear", "--seed", "5"});
  CHECK(result_of({"--init", "torch-linear", "--init-seed", "5"})["output"] == seeded["output"]);
  CHECK(result_of({"--init", "torch-linear", "--init-seed", "5", "--seed", "9"})["output"] == seeded["output"]);
}

TEST_CASE("each line of JSON Lines has the weights that it would have alone", "[multihead]") {
  const std::string other = R"({"embeddings":[[3,1,2,0,0,1]]})";
  for (const Arguments& seed : {Arguments{"--seed", "3"}, Arguments{"--init-seed", "3"}}) {
    const Arguments arguments = Arguments{"multihead", "--init", "torch-randn", "--heads", "3"} + seed;
    const Outcome lines = run(arguments, six + "\n" + other + "\n" + six + "\n");
    CHECK(lines.err == "");
    CHECK(lines.out == run(arguments, six).out + run(arguments, other).out + run(arguments, six).out);
  }
  const Outcome bad = run({"multihead", "--init", "torch-randn", "--heads", "4"}, six + "\n" + six + "\n");
  CHECK(bad.code == 1);
  CHECK(bad.out.find("4 heads do not divide the width 6") != std::string::npos);
}

TEST_CASE("widths follow from the input, --d-out or --head-dim", "[multihead]") {
  const auto widths = [](const Arguments& more, const std::string& input = six) {
    const Json json =
        result_of(Arguments{"--init", "torch-linear", "--emit", "query,key,value,concat,output"} + more, input);
    return std::vector{shape(json["query"]), shape(json["key"]), shape(json["value"]), shape(json["concat"]),
                       shape(json["output"])};
  };
  using Shapes = std::vector<std::vector<std::size_t>>;
  CHECK(widths({}) == Shapes{{1, 3, 6}, {1, 3, 6}, {1, 3, 6}, {3, 6}, {3, 6}});
  CHECK(widths({"--heads", "3"}) == Shapes{{3, 3, 2}, {3, 3, 2}, {3, 3, 2}, {3, 6}, {3, 6}});
  CHECK(widths({"--heads", "4", "--kv-heads", "2", "--d-out", "8"}) ==
        Shapes{{4, 3, 2}, {2, 3, 2}, {2, 3, 2}, {3, 8}, {3, 8}});
  CHECK(widths({"--heads", "2", "--head-dim", "5"}) == Shapes{{2, 3, 5}, {2, 3, 5}, {2, 3, 5}, {3, 10}, {3, 10}});
  CHECK(widths({"--heads", "2", "--head-dim", "5", "--d-out", "10"}) == widths({"--heads", "2", "--head-dim", "5"}));
  const std::string grouped = R"({"num_heads":3,"num_kv_heads":1,)" + six.substr(1);
  CHECK(widths({}, grouped) == Shapes{{3, 3, 2}, {1, 3, 2}, {1, 3, 2}, {3, 6}, {3, 6}});
  const std::string cross = R"({"query":[[1,2]],"key":[[1,2,3],[3,2,1]],"value":[[1,2,3,4],[4,3,2,1]]})";
  CHECK(widths({}, cross) == Shapes{{1, 1, 2}, {1, 2, 2}, {1, 2, 2}, {1, 2}, {1, 2}});
}

TEST_CASE("metadata names how projections were drawn and what happened to queries and keys", "[multihead]") {
  const Json drawn = result_of({"--init", "torch-linear", "--init-seed", "7", "--qkv-bias", "--heads", "2", "--stacked",
                                "--rng", "numpy"})["metadata"];
  CHECK(drawn["init"] == "torch-linear");
  CHECK(drawn["init_seed"] == 7);
  CHECK(drawn["init_rng"] == "numpy");
  CHECK(drawn["qkv_bias"] == true);
  CHECK(drawn["stacked"] == true);
  CHECK(drawn["output_projection"] == false);
  CHECK(result_of({"--init", "xavier", "--seed", "9"})["metadata"]["init_seed"] == 9);
  const Json turned = result_of({"--init", "torch-mha", "--add-bias-kv", "--add-zero-attn", "--average", "--qk-norm",
                                 "--rope", "100:interleaved", "--rope-dims", "4", "--rope-offset", "-2"})["metadata"];
  CHECK(turned["output_projection"] == true);
  CHECK(turned["average"] == true);
  CHECK(turned["bias_kv"] == true);
  CHECK(turned["add_zero_attn"] == true);
  CHECK(turned["qk_norm_epsilon"] == 1e-6);
  CHECK(turned["rope_theta"] == 100);
  CHECK(turned["rope_layout"] == "interleaved");
  CHECK(turned["rope_dims"] == 4);
  CHECK(turned["rope_offset"] == -2);
  CHECK(turned["keys"] == 5);
  const Json plain = result_of({"--init", "torch-rand", "--rope", "10:half"})["metadata"];
  CHECK(plain["rope_layout"] == "half");
  for (const char* name : {"average", "bias_kv", "add_zero_attn", "qk_norm_epsilon", "rope_offset", "stacked"})
    CHECK(!plain.contains(name));
}

TEST_CASE("appended keys are labelled in tables", "[multihead]") {
  const std::string text =
      run({"multihead", "--init", "torch-mha", "--add-bias-kv", "--add-zero-attn", "--emit", "weights", "-f", "text"},
          three_tokens)
          .out;
  CHECK(text.find("weights (1, 3, 5)\nhead 0\n             Your  journey  starts    bias    zero\n") == 0);
}

TEST_CASE("wrong flags of drawn projections are exit code 2", "[multihead][errors]") {
  refused({"--init", "torch-liner"}, 2,
          "--init: no initialiser is named 'torch-liner' (there are torch-linear, torch-rand, torch-randn, torch-mha, "
          "xavier); did you mean 'torch-linear'?");
  refused({"--init", "torch-rand", "--init-seed", "x"}, 2, "--init-seed: 'x' is not a whole number");
  refused({"--init", "torch-rand", "--rng", "numpy", "--init-seed", "4294967296"}, 2,
          "--init-seed: numpy takes seeds from 0 to 4294967295, not 4294967296");
  for (const Arguments& flag : {Arguments{"--init-seed", "1"},
                                {"--head-dim", "2"},
                                {"--d-out", "6"},
                                {"--qkv-bias"},
                                {"--stacked"},
                                {"--add-bias-kv"}})
    refused(flag, 2, flag[0] + ": goes with --init");
  refused({"--init", "torch-rand"}, 2, "--init: draws projections, but there are some at standard input#/projections",
          with_projections());
  refused({"--init", "torch-rand", "--heads", "4"}, 2,
          "--heads: 4 heads do not divide the width 6 of standard input#/embeddings");
  refused({"--init", "torch-rand", "--heads", "4", "--d-out", "10"}, 2, "--heads: 4 heads do not divide --d-out 10");
  refused({"--init", "torch-rand", "--heads", "4", "--head-dim", "3", "--d-out", "10"}, 2,
          "--head-dim: 4 heads of width 3 do not make --d-out 10");
  refused({"--init", "torch-rand", "--heads", "2", "--head-dim", "9223372036854775807"}, 2,
          "--head-dim: is more than attn can count");
  refused({"--init", "torch-rand", "--head-dim", "0"}, 2, "--head-dim: must be 1 or more, not 0");
  refused({"--init", "torch-rand", "--d-out", "0"}, 2, "--d-out: must be 1 or more, not 0");
  refused({"--init", "torch-rand", "--heads", "6", "--kv-heads", "4"}, 2,
          "--kv-heads: 4 key/value heads do not divide 6 query heads");
  refused({"--init", "torch-rand", "--heads", "2", "--kv-heads", "1", "--stacked"}, 2,
          "--stacked: stacked heads have a key and a value head each: --kv-heads must be 2, not 1");
  refused({"--init", "torch-rand", "--qkv-bias"}, 2, "--qkv-bias: torch-rand draws no biases; torch-linear does");
  refused({"--init", "xavier", "--qkv-bias"}, 2, "--qkv-bias: xavier has biases in any case, all zero");
  refused({"--init", "torch-mha", "--qkv-bias"}, 2, "--qkv-bias: torch-mha has biases in any case, all zero");
  refused({"--init", "torch-linear", "--add-bias-kv"}, 2,
          "--init: torch-linear draws no bias_k and bias_v; torch-mha does");
  refused({"--init", "torch-mha", "--d-out", "8"}, 2,
          "--init: torch-mha keeps the input's width: heads x head-dim and the output's width must be 6, not 8 and 8");
}

TEST_CASE("documents that projections cannot be drawn for are exit code 1", "[multihead][errors]") {
  refused({"--init", "torch-rand"}, 1, "standard input: there is neither 'embeddings' nor 'query', 'key' and 'value'",
          R"({"num_heads":1})");
  refused({"--init", "torch-rand"}, 1, "standard input#/embeddings: has no columns to draw projections for",
          R"({"embeddings":[[],[]]})");
  refused({"--init", "torch-rand"}, 1,
          "standard input#/num_heads: 4 heads do not divide the width 6 of standard input#/embeddings",
          R"({"num_heads":4,)" + six.substr(1));
  refused({"--init", "torch-rand"}, 1, "standard input#/num_heads: the number of heads must be 1 or more, not 0",
          R"({"num_heads":0,)" + six.substr(1));
  refused({"--init", "torch-rand", "--heads", "3"}, 1,
          "standard input#/num_kv_heads: 2 key/value heads do not divide 3 query heads",
          R"({"num_kv_heads":2,)" + six.substr(1));
  refused({"--init", "torch-rand", "--d-out", "1000000", "--max-memory", "1M"}, 1,
          "--max-memory: --init draws more than the limit allows");
  refused({}, 1,
          "standard input#/projections: there is no query projection (W_q or q_proj.weight); --init draws them, "
          "--weights reads them");
}

TEST_CASE("wrong rotations and norms are refused", "[multihead][errors]") {
  const Arguments init{"--init", "torch-linear"};
  const auto wrong = [&](const Arguments& more, const std::string& message) { refused(init + more, 2, message); };
  wrong({"--rope", "x"}, "--rope: 'x' is not a number");
  wrong({"--rope", "0"}, "--rope: theta must be more than 0");
  wrong({"--rope", "10:halve"}, "--rope: 'halve' is not one of half and interleaved");
  wrong({"--rope", "10:half:4"}, "--rope: is THETA or THETA:half or THETA:interleaved");
  wrong({"--rope", "10", "--rope-dims", "3"}, "--rope-dims: must be even, not 3");
  wrong({"--rope", "10", "--rope-dims", "0"}, "--rope-dims: must be 1 or more, not 0");
  wrong({"--rope", "10", "--rope-dims", "8"}, "--rope-dims: 8 columns, but the heads have 6");
  wrong({"--rope", "10", "--heads", "2"},
        "--rope: turns pairs of columns, but the heads have 3; --rope-dims turns fewer");
  wrong({"--rope", "10", "--rope-offset", "4503599627370497"}, "--rope-offset: positions past 2^52 are not exact");
  wrong({"--rope-dims", "2"}, "--rope-dims: goes with --rope");
  wrong({"--rope-offset", "2"}, "--rope-offset: goes with --rope or --weights");
  wrong({"--qk-norm-epsilon", "-1"}, "--qk-norm-epsilon: must be 0 or more");
  wrong({"--alibi", "--add-zero-attn"}, "--alibi: has no distance for the appended zero key");
  refused({"--qk-norm", "--heads", "2"}, 1,
          "standard input#/projections/k_norm.weight: a norm of width 3 for key heads of width 2, together 4",
          with_projections(R"(,"k_norm.weight":[1,2,3])"));
  refused({}, 1, "standard input#/projections/bias_v: bias_k and bias_v go together",
          with_projections(R"(,"bias_v":[[[1,2,3,4]]])"));
}

}  // namespace attn::test
