// --steps: the text, what each option adds to it, and what it is written from.
#include "cli/steps/steps.hpp"

#include <algorithm>

#include "cli/checkpoint_case.hpp"
#include "cli/session.hpp"
#include "core/utf8.hpp"

namespace attn::test {
namespace {

// Scores of 0 and ln 4: weights of 1/2, 1/2 and 1/5, 4/5.
const std::string two_scores =
    R"({"tokens":["the","cat"],"query":[[0],[1]],"key":[[0],[1.3862943611198906]],"value":[[1],[2]],"scale":2})";

const std::string two_heads = R"({"tokens":["a","b"],"embeddings":[[1,0],[0,2]],"num_heads":2,"projections":{
    "W_q":[[1,0],[0,1]],"b_q":[1,0],"k_proj.weight":[[1,3],[0,1]],"W_v":[[1,0],[0,1]],"W_o":[[1,2],[0,1]]}})";

std::string steps(const Arguments& arguments, const std::string& input = two_scores) {
  const Outcome outcome = run(arguments + Arguments{"--steps"}, input);
  INFO(joined(arguments));
  CHECK(outcome.err == "");
  CHECK(outcome.code == 0);
  return outcome.out;
}

SourcedTensor matrix(Shape shape, const std::vector<float>& values) {
  return {Tensor::of<float>(std::move(shape), std::span(values)), "test"};
}

// Every tensor of the result gets numbers of its own, which no run would give: its place in the result, and a quarter.
void overwrite_tensors(Result& result) {
  for (std::size_t n = 0; n < result.tensors.size(); ++n) {
    Tensor& tensor = result.tensors[n].tensor;
    if (tensor.dtype() == DType::f32) std::ranges::fill(tensor.values<float>(), static_cast<float>(100 + n) + 0.25F);
  }
}

// "  scores (2, 2)\n" and then a row of the numbers that `overwrite_tensors` gave `name`.
bool shows_overwritten(const std::string& text, const Result& result, const std::string& name,
                       const std::string& title) {
  const std::size_t table = text.find("  " + title + " (");
  for (std::size_t n = 0; n < result.tensors.size(); ++n)
    if (result.tensors[n].name == name)
      return table != std::string::npos &&
             text.substr(table, text.find("\n\n", table) - table).find(std::to_string(100 + n) + ".2500") !=
                 std::string::npos;
  return false;
}

}  // namespace

TEST_CASE("every step of a small document is shown", "[steps]") {
  CHECK(steps({"compute"}) == R"(1. queries, keys and values: a row for each token
  Q (2, 1)
    the  0.0000
    cat  1.0000
  K (2, 1)
    the  0.0000
    cat  1.3863
  V (2, 1)
    the  1.0000
    cat  2.0000

2. QKᵀ: each query times each key
  QKᵀ (2, 2)
            the     cat
    the  0.0000  0.0000
    cat  0.0000  1.3863
  the · the = 0.0000·0.0000 = 0.0000

3. scale: the scores are QKᵀ · 2
  scores (2, 2)
            the     cat
    the  0.0000  0.0000
    cat  0.0000  2.7726

4. softmax of each row: e^(score − max), divided by their sum
  e^(score − max) (2, 4)
            max     the     cat     sum
    the  0.0000  1.0000  1.0000  2.0000
    cat  2.7726  0.0625  1.0000  1.0625
  the:  1.0000/2.0000 = 0.5000   1.0000/2.0000 = 0.5000
  weights (2, 2)
            the     cat
    the  0.5000  0.5000
    cat  0.0588  0.9412
  Every row sums to 1.

5. output: each row of weights times V
  the =
      the  0.5000 · [1.0000] = [0.5000]
    + cat  0.5000 · [2.0000] = [1.0000]
    = [1.5000]
  output (2, 1)
    the  1.5000
    cat  1.9412
)");
}

TEST_CASE("embeddings that are queries, keys and values are shown once, and one product is written out", "[steps]") {
  const std::string text = steps({"compute", "--precision", "2"}, three_tokens);
  CHECK(has(text, "  Q = K = V (3, 3)\n"));
  CHECK_FALSE(has(text, "  K (3, 3)\n"));
  CHECK(has(text, "  Your · journey = 0.43·0.55 + 0.15·0.87 + 0.89·0.66 = 0.95\n"));
  CHECK(has(text, "3. scale: the scores are QKᵀ · 0.57735026 (1/√3)\n"));
}

TEST_CASE("each option of the pipeline has its step", "[steps]") {
  CHECK(has(steps({"compute", "--scale", "none"}), "3. scale: 1, so that the scores are QKᵀ\n\n4. softmax"));

  const std::string capped = steps({"compute", "--softcap", "2"});
  CHECK(has(capped,
            "4. softcap: 2·tanh(scores / 2)\n  capped (2, 2)\n            the     cat\n    the  0.0000  0.0000\n"
            "    cat  0.0000  1.7647\n\n5. softmax"));

  const std::string alibi = steps({"compute", "--alibi", "--precision", "6"});
  CHECK(has(alibi,
            "4. ALiBi: added to the scores\n  ALiBi (2, 2)\n               the        cat\n"
            "    the   0.000000  -0.003906\n    cat  -0.003906   0.000000\n  sum (2, 2)\n"));

  const Folder folder;
  folder.write("bias.json", "[[0.5,null],[0,1]]");
  const std::string biased = steps({"compute", "--bias", "bias.json", "--precision", "1"});
  CHECK(has(biased,
            "4. bias: added to the scores\n  bias (2, 2)\n          the   cat\n    the   0.5  -inf\n"
            "    cat   0.0   1.0\n\n5. mask: "));
  CHECK(has(biased,
            "  mask (2, 2)\n         the  cat\n    the    1    0\n    cat    1    1\n  masked (2, 2)\n"
            "          the   cat\n    the   0.5  -inf\n    cat   0.0   3.8\n"));
  const std::string note = "  Products round these, and the weights, to bfloat16: ";
  CHECK(has(steps({"compute", "--dtype", "bf16"}), note));
  CHECK_FALSE(has(biased, note));
  const std::string of_halves = "  Products round these to float16: ";
  CHECK(has(steps({"compute", "--dtype", "f16"}), of_halves));
  CHECK_FALSE(has(biased, of_halves));
  CHECK(has(steps({"compute", "--bias", "bias.json", "--alibi"}), "4. bias + ALiBi: added to the scores\n"));
}

TEST_CASE("scales of heads and queries, and norms, show in their steps", "[steps]") {
  const std::string two_heads = R"({"embeddings":[[1,2],[3,0]]})";
  const std::string by_head = steps({"compute", "--heads", "2", "--scale", "2,0.25", "--precision", "2"}, two_heads);
  CHECK(has(by_head, "3. scale: the scores are QKᵀ · 2, the scale of this head\n"));
  CHECK(has(by_head,
            "3. scale: the scores are QKᵀ · 0.25, the scale of this head\n  scores (2, 2)\n          0     1\n"
            "    0  1.00  0.00\n    1  0.00  0.00\n"));
  const std::string by_query = steps({"compute", "--scale", "2", "--scale-by", "1,0.5", "--precision", "2"});
  CHECK(has(by_query,
            "3. scale: each row of QKᵀ times its query's number in scale_by, times 2\n  scale (2, 1)\n             \n"
            "    the  2.00\n    cat  1.00\n  scores (2, 2)\n          the   cat\n    the  0.00  0.00\n"
            "    cat  0.00  1.39\n"));
  CHECK(has(steps({"compute", "--norm-qk", "l2", "--precision", "2"}, two_heads),
            "  Queries and keys are normed: x / max(‖x‖, 1e-12), ‖x‖ its Euclidean length.\n"));
  CHECK(has(steps({"compute", "--norm-qk", "rms"}, two_heads),
            "  Queries and keys are normed: x / √(mean(x²) + 1e-06), times a weight.\n"));
  const std::string turned =
      steps({"multihead", "--rope", "10", "--rope-sections", "1,1:axial", "--init", "torch-rand"},
            R"({"embeddings":[[1,2,0,1],[3,0,1,1]],"position_ids":[[0,1],[1,1]]})");
  CHECK(has(turned,
            "  They turn by position: columns i, i+d/2 of a head by position·10^(−i/n) radians, i counted from "));
  CHECK(has(turned, "  Positions are those of position_ids.\n"));
  CHECK(has(turned, "  Pairs of columns of each axis of positions: 1, 1, one section after the other.\n"));
}

TEST_CASE("the steps of a head are its own, where means are asked for", "[steps]") {
  const std::string input = R"({"embeddings":[[1,2],[3,0]]})";
  const Arguments base{"multihead", "--init", "torch-rand", "--heads", "2", "--dropout", "0.5"};
  for (const char* emit : {"dropped", "weights,dropped"})
    CHECK(steps(base + Arguments{"--average", "--emit", emit}, input) == steps(base, input));
}

TEST_CASE("a mask, a sink and empty rows show in the softmax and in the sums", "[steps]") {
  const std::string causal = steps({"compute", "--causal", "--precision", "2"});
  CHECK(has(causal, "    the  0.00  1.00  0.00  1.00\n"));
  CHECK(has(causal, "  the =\n      the  1.00 · [1.00] = [1.00]\n    (1 with a weight of 0)\n    = [1.00]\n"));
  // The first query has one key alone: another one is written out as well.
  CHECK(has(causal, "  cat =\n      the  0.06 · [1.00] = [0.06]\n    + cat  0.94 · [2.00] = [1.88]\n    = [1.94]\n"));

  const std::string sink = steps({"compute", "--sink", "0", "--precision", "2"});
  CHECK(has(sink, "  The sink, a logit of 0.00, joins each sum and has no key.\n"));
  CHECK(has(sink, "          max   the   cat  (sink)   sum\n    the  0.00  1.00  1.00    1.00  3.00\n"));
  CHECK(has(sink, "  Every row sums to less than 1: the rest went to the sink.\n"));

  const Arguments masked{"compute", "--mask", "!global:0", "--precision", "1", "--empty-row"};
  CHECK(has(steps(masked + Arguments{"zero"}), "a row that may attend nothing gets weights of 0.\n"));
  CHECK(has(steps(masked + Arguments{"zero"}), "  Every other row sums to 1.\n"));
  CHECK(has(steps(masked + Arguments{"zero"}), "      nothing: every weight is 0\n    = [0.0]\n"));
  CHECK(has(steps(masked + Arguments{"nan"}), "a row that may attend nothing gets NaN.\n"));
  CHECK(has(steps(masked + Arguments{"uniform"}), "gets the same weight for all keys.\n"));
  CHECK(has(steps(masked + Arguments{"uniform"}), "      the  0.5 · [1.0] = [0.5]\n"));
}

TEST_CASE("cached keys are among the keys", "[steps]") {
  const std::string text = steps({"compute"}, R"({"embeddings":[[1]],"past_key":[[2]],"past_value":[[3]]})");
  CHECK(has(text, "1. queries, keys and values: a row for each token; the first 1 keys are cached\n"));
  CHECK(has(text, "  K (2, 1)\n    0  2.0000\n    1  1.0000\n  V (2, 1)\n    0  3.0000\n"));
}

TEST_CASE("large matrices, long sums and many heads are elided, and no line is long", "[steps]") {
  const std::string text = steps({"compute", "--random", "2,4,30,40", "--precision", "3"}, "");
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    INFO(text.substr(begin, end - begin));
    CHECK(display_width(text.substr(begin, end - begin)) < 100);
  }
  CHECK(has(text, "— batch 0, head 2 —\n"));
  CHECK_FALSE(has(text, "— batch 0, head 3 —\n"));
  CHECK(has(text, "\n5 more heads go the same way.\n"));
  CHECK(has(text, "    + … 22 more\n"));
  CHECK(has(text, "    …\n"));
  const std::string few = steps({"compute", "--random", "4,4", "--heads", "2", "--kv-heads", "1"}, "");
  CHECK(has(few, "— head 0, with key/value head 0 —\n"));
  CHECK(has(few, "— head 1, with key/value head 0 —\n"));
}

TEST_CASE("documents without queries, keys or batch items have steps as well", "[steps]") {
  CHECK(has(steps({"compute", "--random", "0,4"}, ""), "output (0, 4)"));
  CHECK(has(steps({"compute", "--random", "2,4", "--keys", "0"}, ""), "    0  0.0000  0.0000  0.0000  0.0000\n"));
  CHECK(steps({"compute", "--random", "0,2,4"}, "") == "");
}

TEST_CASE("colour marks the steps and shades matrices over keys", "[steps]") {
  const std::string text = steps({"compute", "--color", "always"});
  CHECK(text.find("\x1b[1m1. queries") == 0);
  CHECK(has(text, "\x1b[48;2;"));
  CHECK_FALSE(has(steps({"compute"}), "\x1b"));
}

TEST_CASE("stats and top follow the steps", "[steps]") {
  const std::string text = steps({"compute", "--stats", "--top", "1"});
  CHECK(has(text, "    cat  1.9412\n\nstats (2, 7)\n"));
  CHECK(has(text, "\n\ntop 1 (2,)\n"));
}

TEST_CASE("multihead's steps project, split, attend, join and project", "[steps]") {
  const std::string text = steps({"multihead", "--precision", "1"}, two_heads);
  CHECK(has(text, "1. input: a row for each token\n  X (2, 2)\n         0    1\n    a  1.0  0.0\n    b  0.0  2.0\n"));
  CHECK(has(text, "2. query projection: Q = X·W_q + b_q\n  W_q (2, 2)\n"));
  CHECK(has(
      text,
      "  b_q (1, 2)\n         0    1\n       1.0  0.0\n  Q (2, 2)\n         0    1\n    a  2.0  0.0\n    b  1.0  2.0\n"
      "  Q of a, column 0 = 1.0·1.0 + 0.0·0.0 + 1.0 = 2.0\n"));
  // Stored as (out, in), shown as used.
  CHECK(has(text,
            "3. key projection: K = X·W_k, stored as W_kᵀ\n  W_k (2, 2)\n         0    1\n    0  1.0  0.0\n    1  3.0  "
            "1.0\n"));
  CHECK(has(text,
            "5. split into heads: 2 heads\n  Each takes its columns from the left: 1 of Q, as many of K, 1 of V.\n"));
  CHECK(
      has(text,
          "— head 0 —\n\nh0.1. queries, keys and values: a row for each token\n  Q (2, 1)\n    a  2.0\n    b  1.0\n"));
  CHECK(has(text,
            "h1.2. QKᵀ: each query times each key\n  QKᵀ (2, 2)\n         a    b\n    a  0.0  0.0\n    b  0.0  4.0\n"));
  CHECK(has(text,
            "6. concatenation: the heads' outputs side by side\n  concat (2, 2)\n         0    1\n    a  0.0  1.0\n    "
            "b  0.0  2.0\n"));
  CHECK(has(text, "7. output projection: concat·W_o\n  W_o (2, 2)\n"));
  CHECK(has(text, "  output (2, 2)\n         0    1\n    a  0.0  1.0\n    b  0.0  2.0\n"));
  CHECK(steps({"multihead", "--precision", "1", "--dtype", "f64"}, two_heads) == text);
  CHECK(has(steps({"multihead", "--no-output-projection"}, two_heads),
            "7. output: the concatenation; there is no output projection\n"));
  // The mean over the heads is not part of any head's steps.
  CHECK(steps({"multihead", "--precision", "1", "--average"}, two_heads) == text);
}

TEST_CASE("multihead's steps tell cross-attention, fewer key heads and batches apart", "[steps]") {
  const std::string eye = "[[1,0],[0,1]]";
  const std::string projections =
      R"("projections":{"W_q":)" + eye + R"(,"W_k":[[1],[0]],"W_v":[[1],[1]]},"num_heads":2})";
  const std::string cross =
      steps({"multihead"},
            R"({"query":[[1,0]],"key":[[1,2],[3,4]],"value":[[1,2],[3,4]],"key_tokens":["x","y"],)" + projections);
  CHECK(has(cross, "  X_query (1, 2)\n"));
  CHECK(has(cross, "  X_key (2, 2)\n            0       1\n    x  1.0000  2.0000\n"));
  CHECK(has(cross, "K = X_key·W_k\n"));
  CHECK(has(cross, "5. split into heads: 2 heads, 1 key/value head\n"));
  CHECK(has(cross, "— head 1, with key/value head 0 —\n"));
  const std::string batch = steps({"multihead"}, R"({"embeddings":[[[1,0]],[[5,6]]],)" + projections);
  CHECK(has(batch, "1. input: a row for each token; this is batch item 0 of 2\n"));
  CHECK_FALSE(has(batch, "5.0000"));
  const std::string many =
      steps({"multihead", "--heads", "8"},
            R"({"embeddings":[[1,2,3,4,5,6,7,8]],"projections":{"W_q":[[1,0,0,0,0,0,0,1],[0,1,0,0,0,0,0,0],
    [0,0,1,0,0,0,0,0],[0,0,0,1,0,0,0,0],[0,0,0,0,1,0,0,0],[0,0,0,0,0,1,0,0],[0,0,0,0,0,0,1,0],[0,0,0,0,0,0,0,1]],
    "W_k":[[1],[0],[0],[0],[0],[0],[0],[0]],"W_v":[[1],[0],[0],[0],[0],[0],[0],[0]]}})");
  CHECK(has(many, "\n5 more heads go the same way.\n\n6. concatenation"));
}

TEST_CASE("multihead's steps tell of norms, rotations and appended keys", "[steps]") {
  const std::string text = steps(
      {"multihead", "--precision", "1", "--qk-norm", "--rope", "10:interleaved", "--rope-dims", "2", "--add-zero-attn"},
      R"({"tokens":["a"],"embeddings":[[3,0]],"projections":{"W_q":[[1,0],[0,1]],"W_k":[[1,0],[0,1]],)"
      R"("W_v":[[1,0],[0,1]]}})");
  CHECK(has(text, "  Queries and keys are normed: x / √(mean(x²) + 1e-06), times a weight.\n"));
  CHECK(has(text, "  They turn by position: columns 2i, 2i+1 of a head by position·10^(−2i/d) radians.\n"));
  CHECK(has(text, "  Appended to the keys and values: zero. No mask hides them.\n"));
  CHECK(has(text, "  Q (1, 2)\n         0    1\n    a  1.4  0.0\n"));
  CHECK(has(text, "  K (2, 2)\n            0    1\n    a     1.4  0.0\n    zero  0.0  0.0\n"));
  CHECK(has(text, "K = X·W_k\n"));
}

TEST_CASE("T5's bias by relative position has a step", "[steps]") {
  const Arguments t5{"multihead", "-q", "--weights", checkpoint_path("t5"), "--layer", "0", "--random", "2,16"};
  const std::string text = steps(t5, "");
  CHECK(has(text, "relative bias: added to the scores"));
  // A distance has one bias: the table's diagonal is of one number.
  const Json plain = run(t5 + Arguments{"--emit", "scores,masked"}).json();
  const double bias = plain["masked"][0][0][0].get<double>() - plain["scores"][0][0][0].get<double>();
  CHECK(std::abs(bias) > 1e-3);
}

TEST_CASE("rows with NaN are not said to sum to 1", "[steps]") {
  const Arguments infinite{"compute", "--dtype", "f64", "--emit", "output"};
  const std::string huge = R"({"query":[[1e300],[0]],"key":[[1e300],[1]],"value":[[1],[2]]})";
  CHECK(has(steps(infinite, huge), "  Every row without NaN sums to 1.\n"));
}

TEST_CASE("the steps are those of the result that they are given: no attention is run again", "[steps]") {
  Input input;
  input.source = "test";
  input.tensors["embeddings"] = matrix({2, 2}, {1, 2, 3, 4});
  AttentionOptions options;
  options.pipeline.scale = 0.5;
  options.pipeline.softcap = 5;
  options.pipeline.alibi = true;

  SECTION("compute") {
    options = cli::with_steps(options, input, false);
    Result result = compute(input, options);
    overwrite_tensors(result);
    const std::string text = cli::compute_steps(result, options, {});
    for (const char* name : {"scores", "capped", "weights", "output"})
      CHECK(shows_overwritten(text, result, name, name));
    CHECK(shows_overwritten(text, result, "query", "Q"));
    CHECK(shows_overwritten(text, result, "key", "K"));
    CHECK(shows_overwritten(text, result, "value", "V"));
    CHECK(shows_overwritten(text, result, "masked", "sum"));
    // QKᵀ before the scale is no tensor of a run: it is made of the queries and keys that are shown.
    CHECK(has(text, "    0  20300.6250  20300.6250\n"));
  }

  SECTION("multihead") {
    for (const char* name : {"W_q", "W_k", "W_v", "W_o"}) input.projections[name] = matrix({2, 2}, {1, 0, 0, 1});
    options.heads.query = 2;
    options = cli::with_steps(options, input, true);
    Result result = multihead(input, options);
    overwrite_tensors(result);
    const std::string text = cli::multihead_steps(result, input, options, {});
    for (const char* name : {"scores", "capped", "weights", "concat"})
      CHECK(shows_overwritten(text, result, name, name));
    CHECK(shows_overwritten(text.substr(text.find("7. output projection")), result, "output", "output"));
  }
}

TEST_CASE("what the steps show is not added to other outputs", "[steps]") {
  const Folder folder;
  const Arguments outputs{"compute", "--steps", "-o", "-", "-o", "out.json"};
  CHECK(run(outputs, two_scores).code == 0);
  run({"compute", "-o", "alone.json"}, two_scores);
  CHECK(members(parsed_json(folder.read("out.json"))) == members(parsed_json(folder.read("alone.json"))));
}

TEST_CASE("with --average the heads' own weights are shown, and their mean is given", "[steps]") {
  const Folder folder;
  const Arguments multihead{"multihead", "--dropout", "0.5", "--seed", "3"};
  const std::string text = steps(multihead, two_heads);
  CHECK(has(text, "dropout: each weight becomes 0"));
  CHECK(steps(multihead + Arguments{"--average", "-o", "-", "-o", "weights.json"}, two_heads) == text);
  run(multihead + Arguments{"--average", "-o", "mean.json"}, two_heads);
  CHECK(parsed_json(folder.read("weights.json"))["weights"] == parsed_json(folder.read("mean.json"))["weights"]);
}

TEST_CASE("the memory limit counts the tensors that the steps show", "[steps]") {
  const Arguments arguments{"compute", "--random", "100,4", "--max-memory", "100K"};
  CHECK(run(arguments).code == 0);
  check_error(run(arguments + Arguments{"--steps"}), 1,
              "--max-memory: this needs 134.8 KiB, of which scores (100, 100) takes 39.1 KiB; the limit is 100.0 KiB");
}

}  // namespace attn::test
