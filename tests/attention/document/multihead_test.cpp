// Multi-head attention against plain double loops for the projections and the oracle for each head.
#include "attention/document_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// x·W + b by plain loops; `b` may be empty.
Matrix project(const Matrix& x, const Matrix& w, const Matrix& b) {
  Matrix y = Matrix::zeros(x.shape(0), w.shape(1));
  for (std::size_t i = 0; i < x.shape(0); ++i)
    for (std::size_t o = 0; o < w.shape(1); ++o) {
      for (std::size_t c = 0; c < x.shape(1); ++c) y(i, o) += x(i, c) * w(c, o);
      if (b.size() != 0) y(i, o) += b(0, o);
    }
  return y;
}

// Spread so that projections are about as large as what they project, whatever its width.
Matrix random_weight(std::size_t in, std::size_t out, unsigned seed) {
  return random_matrix(in, out, seed, 1 / std::sqrt(static_cast<double>(in)));
}

Matrix columns(const Matrix& m, std::size_t first, std::size_t count) { return m.columns(first, first + count); }

struct Widths {
  std::size_t batch = 1, queries = 4, keys = 4, heads = 2, kv_heads = 2, head_dim = 3, value_dim = 3;
  std::size_t d_query = 5, d_key = 5, d_value = 5, d_out = 5;
  bool biases = false, output = true, has_batch = false, embeddings = true;
};

// Random projections and inputs, what document they make, and what the paper's formula gives.
class MultiheadCase {
 public:
  explicit MultiheadCase(Widths widths) : w(widths) {
    for (std::size_t b = 0; b < w.batch; ++b) {
      const unsigned seed = static_cast<unsigned>(100 * b);
      xq.push_back({random_matrix(w.queries, w.d_query, 1 + seed)});
      xk.push_back({w.embeddings ? xq[b][0] : random_matrix(w.keys, w.d_key, 2 + seed)});
      xv.push_back({w.embeddings ? xq[b][0] : random_matrix(w.keys, w.d_value, 3 + seed)});
    }
    wq = random_weight(w.d_query, w.heads * w.head_dim, 4);
    wk = random_weight(w.d_key, w.kv_heads * w.head_dim, 5);
    wv = random_weight(w.d_value, w.kv_heads * w.value_dim, 6);
    wo = random_weight(w.heads * w.value_dim, w.d_out, 7);
    if (w.biases) {
      bq = random_matrix(1, wq.shape(1), 8);
      bk = random_matrix(1, wk.shape(1), 9);
      bv = random_matrix(1, wv.shape(1), 10);
      bo = random_matrix(1, wo.shape(1), 11);
    }
    options.heads.query = static_cast<std::int64_t>(w.heads);
    options.wanted.emit = all_stages(true);
    scale = 1 / std::sqrt(static_cast<double>(w.head_dim));
    bias = Matrix::zeros(w.queries, w.keys);
  }

  // W_q … as (in, out), or torch's names as (out, in).
  Document document(bool torch = false) const {
    Document document;
    const Axes axes{.batch = w.has_batch};
    if (w.embeddings) {
      document.tensors["embeddings"] = assemble(xq, axes);
    } else {
      document.tensors = {{"query", assemble(xq, axes)}, {"key", assemble(xk, axes)}, {"value", assemble(xv, axes)}};
    }
    const auto give = [&](const std::string& name, const std::string& torch_name, const Matrix& weight,
                          const Matrix& b) {
      document.projections[torch ? torch_name + ".weight" : "W_" + name] =
          array_of(torch ? weight.transposed() : weight);
      if (b.size() != 0)
        document.projections[torch ? torch_name + ".bias" : "b_" + name] = {{b.size()}, {b.begin(), b.end()}};
    };
    give("q", "q_proj", wq, bq);
    give("k", "k_proj", wk, bk);
    give("v", "v_proj", wv, bv);
    if (w.output) give("o", "out_proj", wo, bo);
    return document;
  }

  Expected expected() const {
    const Axes by_head{.batch = w.has_batch, .heads = true}, rows{.batch = w.has_batch};
    Heads queries(w.batch), keys(w.batch), values(w.batch), concat(w.batch), output(w.batch);
    std::vector<std::vector<HeadAnswer>> answers(w.batch);
    for (std::size_t b = 0; b < w.batch; ++b) {
      const Matrix q = project(xq[b][0], wq, bq), k = project(xk[b][0], wk, bk), v = project(xv[b][0], wv, bv);
      for (std::size_t h = 0; h < w.kv_heads; ++h) {
        keys[b].push_back(columns(k, h * w.head_dim, w.head_dim));
        values[b].push_back(columns(v, h * w.value_dim, w.value_dim));
      }
      Matrix merged = Matrix::zeros(w.queries, w.heads * w.value_dim);
      for (std::size_t h = 0; h < w.heads; ++h) {
        queries[b].push_back(columns(q, h * w.head_dim, w.head_dim));
        const std::size_t kv = h / (w.heads / w.kv_heads);
        answers[b].push_back(pipeline(queries[b][h], keys[b][kv], values[b][kv], {.scale = scale}, bias));
        merged.put(0, h * w.value_dim, answers[b][h].output);
      }
      concat[b].push_back(merged);
      output[b].push_back(w.output && options.layer.output_projection ? project(merged, wo, bo) : merged);
    }
    Expected expected = expected_of(answers, by_head, {.batch = w.has_batch, .merged = true});
    expected["query"] = assemble(queries, by_head);
    expected["key"] = expected["present_key"] = assemble(keys, by_head);
    expected["value"] = expected["present_value"] = assemble(values, by_head);
    expected["concat"] = assemble(concat, rows);
    expected["output"] = assemble(output, rows);
    return expected;
  }

  void check() const {
    for (const bool torch : {false, true}) {
      INFO((torch ? "torch's names" : "W_q …"));
      check_run(multihead, document(torch), options, expected());
    }
  }

  Widths w;
  Heads xq, xk, xv;
  Matrix wq, wk, wv, wo, bq, bk, bv, bo, bias;
  double scale = 1;
  AttentionOptions options;
};

}  // namespace

TEST_CASE("multihead projects, attends by head, concatenates and projects again") {
  MultiheadCase({}).check();
  MultiheadCase({.heads = 1, .kv_heads = 1}).check();
  MultiheadCase({.biases = true}).check();
  MultiheadCase({.biases = true, .output = false}).check();
}

TEST_CASE("a batch keeps its axis") {
  MultiheadCase({.batch = 3, .biases = true, .has_batch = true}).check();
  MultiheadCase({.batch = 1, .heads = 1, .kv_heads = 1, .has_batch = true}).check();
}

TEST_CASE("narrower W_k and W_v give grouped and single key heads") {
  MultiheadCase({.heads = 4, .kv_heads = 2, .biases = true}).check();
  MultiheadCase c({.heads = 6, .kv_heads = 1});
  c.check();
  c.options.heads.key_value = 1;
  c.check();
}

TEST_CASE("values may be wider than keys, and W_o takes their width") {
  MultiheadCase({.value_dim = 5, .biases = true}).check();
  MultiheadCase({.heads = 4, .kv_heads = 2, .value_dim = 1, .d_out = 9}).check();
}

TEST_CASE("cross-attention projects queries, keys and values of widths of their own") {
  MultiheadCase({.queries = 3, .keys = 7, .d_query = 4, .d_key = 6, .d_value = 2, .embeddings = false}).check();
  MultiheadCase({.batch = 2,
                 .queries = 3,
                 .keys = 7,
                 .d_query = 4,
                 .d_key = 6,
                 .d_value = 2,
                 .has_batch = true,
                 .embeddings = false})
      .check();
}

TEST_CASE("blocks of more than 96 rows and 256 columns are projected whole") {
  MultiheadCase({.queries = 130,
                 .keys = 130,
                 .heads = 4,
                 .kv_heads = 4,
                 .head_dim = 72,
                 .value_dim = 72,
                 .d_query = 40,
                 .d_key = 40,
                 .d_value = 40,
                 .d_out = 270,
                 .biases = true})
      .check();
}

TEST_CASE("in_proj_weight is the three projections one above the other") {
  const MultiheadCase c({.biases = true});
  Document document = c.document();
  Document packed;
  packed.tensors = std::move(document.tensors);
  packed.projections["out_proj.weight"] = array_of(c.wo.transposed());
  packed.projections["out_proj.bias"] = document.projections["b_o"];
  Array weight{{18, 5}, {}}, bias{{18}, {}};
  for (const Matrix* w : {&c.wq, &c.wk, &c.wv}) {
    const Array rows = array_of(w->transposed());
    weight.values.insert(weight.values.end(), rows.values.begin(), rows.values.end());
  }
  for (const Matrix* b : {&c.bq, &c.bk, &c.bv}) bias.values.insert(bias.values.end(), b->begin(), b->end());
  packed.projections["in_proj_weight"] = weight;
  packed.projections["in_proj_bias"] = bias;
  check_run(multihead, packed, c.options, c.expected());
}

TEST_CASE("the number of heads is the option's, else the document's, else 1") {
  MultiheadCase c({.heads = 4, .kv_heads = 4});
  const MultiheadCase one({.heads = 1, .kv_heads = 1, .head_dim = 12, .value_dim = 12});
  c.options.heads.query.reset();
  check_run(multihead, c.document(), c.options, one.expected());
  Document document = c.document();
  document.num_heads = 4;
  check_run(multihead, document, c.options, c.expected());
  document.num_heads = 2;
  c.options.heads.query = 4;
  check_run(multihead, document, c.options, c.expected());
}

TEST_CASE("the output projection can be left out") {
  MultiheadCase c({.d_out = 9, .biases = true});
  c.options.layer.output_projection = false;
  c.check();
  const Expected expected = c.expected();
  CHECK(expected.at("output").values == expected.at("concat").values);
  CHECK(expected.at("output").shape == Shape{4, 6});
}

TEST_CASE("average gives the mean of the weights over the heads, and leaves the rest as it is") {
  for (const bool batch : {false, true}) {
    MultiheadCase c({.batch = batch ? 2U : 1U, .heads = 3, .kv_heads = 3, .has_batch = batch});
    c.options.wanted.average = true;
    Expected expected = c.expected();
    const Array weights = expected["weights"];
    Array mean{batch ? Shape{2, 4, 4} : Shape{4, 4}, {}};
    for (std::size_t b = 0; b < c.w.batch; ++b)
      for (std::size_t at = 0; at < 16; ++at)
        mean.values.push_back(
            (weights.values[b * 48 + at] + weights.values[b * 48 + 16 + at] + weights.values[b * 48 + 32 + at]) / 3);
    expected["weights"] = expected["dropped"] = mean;
    check_run(multihead, c.document(), c.options, expected);
  }
}

TEST_CASE("scale and mask apply to every head") {
  MultiheadCase c({.batch = 2, .heads = 4, .kv_heads = 2, .has_batch = true});
  c.options.pipeline.scale = c.scale = 0.25;
  c.options.pipeline.mask = Mask::causal();
  c.bias = causal_bias(4, 4);
  c.check();
}

TEST_CASE("a rank-3 mask has an axis of heads, also without a batch") {
  MultiheadCase c({.heads = 2, .kv_heads = 1});
  Document document = c.document();
  document.tensors["mask"] = {{2, 1, 4}, {1, 1, 1, 1, 1, 0, 0, 0}};
  const Input input = document.input(DType::f32);
  c.options.wanted.emit = {Stage::mask};
  const Array mask = array_of(*multihead(input, c.options).find("mask"));
  CHECK(mask.shape == Shape{2, 4, 4});
  for (std::size_t at = 0; at < 32; ++at) CHECK(mask.values[at] == (at < 16 || at % 4 == 0 ? 1 : 0));
}

TEST_CASE("with a cache, key and value are the new ones and present_key and present_value all of them") {
  const MultiheadCase whole({.queries = 5, .keys = 5, .heads = 4, .kv_heads = 2, .biases = true});
  const Expected all = whole.expected();
  // The last two tokens alone, after the first three's projected keys and values.
  Document document = whole.document();
  const Array embeddings = document.tensors["embeddings"];
  document.tensors["embeddings"] = {{2, 5}, {embeddings.values.begin() + 15, embeddings.values.end()}};
  const auto rows = [](const Array& heads, std::size_t from, std::size_t to) {  // of (K, 5, 3)
    Array part{{2, to - from, 3}, {}};
    for (std::size_t h = 0; h < 2; ++h)
      part.values.insert(part.values.end(), heads.values.begin() + static_cast<long>((h * 5 + from) * 3),
                         heads.values.begin() + static_cast<long>((h * 5 + to) * 3));
    return part;
  };
  document.tensors["past_key"] = rows(all.at("key"), 0, 3);
  document.tensors["past_value"] = rows(all.at("value"), 0, 3);
  const Array& output = all.at("output");
  check_run(multihead, document, whole.options,
            {{"key", rows(all.at("key"), 3, 5)},
             {"value", rows(all.at("value"), 3, 5)},
             {"present_key", all.at("present_key")},
             {"present_value", all.at("present_value")},
             {"output", {{2, 5}, {output.values.begin() + 15, output.values.end()}}}});
}

TEST_CASE("multihead's tensors come in the documented order, and only those asked for") {
  MultiheadCase c({});
  const Input input = c.document().input(DType::f32);
  const auto names = [&](std::vector<Stage> emit) {
    c.options.wanted.emit = std::move(emit);
    return names_of(multihead(input, c.options));
  };
  CHECK(names(all_stages(true)) == std::vector<std::string>{"query", "key", "value", "scores", "capped", "masked",
                                                            "mask", "weights", "dropped", "concat", "output", "lse",
                                                            "present_key", "present_value"});
  CHECK(names({Stage::output}) == std::vector<std::string>{"output"});
  CHECK(names({Stage::concat}) == std::vector<std::string>{"concat"});
  CHECK(names({Stage::output, Stage::concat}) == std::vector<std::string>{"concat", "output"});
  c.options.layer.output_projection = false;
  CHECK(names({Stage::concat}) == std::vector<std::string>{"concat"});
  CHECK(names({Stage::weights}) == std::vector<std::string>{"weights"});
}

TEST_CASE("multihead names itself in the metadata") {
  const MultiheadCase c({});
  const Result result = multihead(c.document().input(DType::f32), c.options);
  CHECK(result.metadata.at(0) == std::pair<std::string, MetadataValue>("command", "multihead"));
}

TEST_CASE("multihead of identities is attention itself") {
  // Two heads of one column each, unscaled: head 0 sees (1, 0) scores in its first row, head 1 uniform ones.
  Document document;
  document.tensors["embeddings"] = {{2, 2}, {1, 0, 0, 0}};
  const Array identity{{2, 2}, {1, 0, 0, 1}};
  document.projections = {{"W_q", identity}, {"W_k", identity}, {"W_v", identity}, {"W_o", {{2, 1}, {2, 5}}}};
  AttentionOptions options;
  options.heads.query = 2;
  options.pipeline.scale = 1;
  const double e = std::exp(1.0), p = e / (e + 1);
  check_run(multihead, document, options,
            {{"weights", {{2, 2, 2}, {p, 1 - p, .5, .5, .5, .5, .5, .5}}}, {"output", {{2, 1}, {2 * p, 1}}}});
}

TEST_CASE("operands that do not fit are named") {
  const MultiheadCase c({.queries = 3, .keys = 7, .embeddings = false});
  const auto check = [&](const char* member, const Shape& shape, const std::string& where, const std::string& what) {
    Document document = c.document();
    document.tensors[member] = random_array(shape, 1);
    check_multihead_error(document, c.options, ErrorKind::data, "in.json#/" + where, what);
  };
  check("key", {1, 7, 5}, "key", "the shape (1, 7, 5) has another rank than (3, 5) of in.json#/query");
  check("value", {6, 5}, "value", "the shape (6, 5) has another number of keys than (7, 5) of in.json#/key");
  check("query", {3, 6}, "projections/W_q", "takes vectors of width 5, but in.json#/query has the shape (3, 6)");
  check("value", {7, 4}, "projections/W_v", "takes vectors of width 5, but in.json#/value has the shape (7, 4)");
  Document document = c.document();
  document.tensors.clear();
  check_multihead_error(document, c.options, ErrorKind::data, "in.json",
                        "there is neither 'embeddings' nor 'query', 'key' and 'value'");
  document.tensors["embeddings"] = random_array({1, 2, 3, 5}, 1);
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/embeddings",
                        "the shape (1, 2, 3, 5) is neither (L, d_model) nor (B, L, d_model)");
}

TEST_CASE("projections that do not fit the heads or each other are named") {
  const MultiheadCase c({.heads = 4, .kv_heads = 2});  // W_q to 12 columns, W_k and W_v to 6, W_o from 12
  const auto check = [&](const char* name, const Shape& shape, const std::string& what) {
    Document document = c.document();
    document.projections[name] = random_array(shape, 1);
    check_multihead_error(document, c.options, ErrorKind::data, std::string("in.json#/projections/") + name, what);
  };
  check("W_k", {5, 7}, "gives keys of width 7, which is no multiple of the heads' 3");
  Document no_width = c.document();
  no_width.projections["W_q"] = {{5, 0}, {}};
  check_multihead_error(no_width, c.options, ErrorKind::data, "in.json#/projections/W_k",
                        "gives keys of width 6, which is no multiple of the heads' 0");
  check("W_k", {5, 9}, "3 key/value heads do not divide 4 query heads");
  check("W_k", {5, 0}, "0 key/value heads do not divide 4 query heads");
  check("W_o", {11, 5}, "takes vectors of width 11, but the heads together have width 12");
  Document document = c.document();
  document.projections["W_v"] = random_array({5, 5}, 1);
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/projections/W_k",
                        "2 key/value heads do not divide the width 5 of in.json#/projections/W_v");
  document.projections.clear();
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/projections",
                        "there is no query projection (W_q or q_proj.weight); `init` draws them, `weights` reads them");
}

TEST_CASE("numbers of heads that do not fit the projections are refused where they were given") {
  MultiheadCase c({.heads = 4, .kv_heads = 2});
  Document document = c.document();
  const auto usage = [&](std::int64_t heads, std::optional<std::int64_t> kv_heads, const std::string& where,
                         const std::string& what) {
    c.options.heads.query = heads;
    c.options.heads.key_value = kv_heads;
    check_multihead_error(document, c.options, ErrorKind::usage, where, what);
  };
  usage(5, {}, "`heads`", "5 heads do not divide the width 12 of in.json#/projections/W_q");
  usage(0, {}, "`heads`", "the number of heads must be 1 or more, not 0");
  usage(4, -1, "`kv_heads`", "the number of heads must be 1 or more, not -1");
  c.options.heads.query = 4;
  c.options.heads.key_value = 4;
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/projections/W_k",
                        "gives keys of width 6, but 4 key/value heads of 3 columns each need 12");
  c.options.heads.query.reset();
  c.options.heads.key_value.reset();
  document.num_heads = 5;
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/num_heads",
                        "5 heads do not divide the width 12 of in.json#/projections/W_q");
  document.projections["W_k"] = document.projections["W_v"] = random_array({5, 9}, 1);
  document.num_heads = 4;
  document.num_kv_heads = 3;
  check_multihead_error(document, c.options, ErrorKind::data, "in.json#/num_kv_heads",
                        "3 key/value heads do not divide 4 query heads");
}
