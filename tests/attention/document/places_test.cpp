// Numbers that differ from head to head or from place to place: scales, positions, norms of queries and keys, Keras's
// kernels.
#include <cmath>

#include "attention/document_heads_case.hpp"
#include "attention/layer/qk_norm.hpp"
#include "attention/layer/rope.hpp"
#include "support/special_values.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// A problem whose scores are those of queries that are scaled themselves.
HeadsCase scaled_rows(const Layout& layout, const std::vector<double>& by_query) {
  HeadsCase c({2, 3, 3, 4, 6, 5, 2}, layout);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 3; ++h)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t d = 0; d < 5; ++d) c.q[b][h](i, d) *= by_query[(by_query.size() > 4 ? b * 4 : 0) + i];
  return c;
}

void expect_error(HeadsCase c, const std::string& member, Array numbers, const std::string& what) {
  c.document.numbers[member] = std::move(numbers);
  check_compute_error(c.document, c.options, ErrorKind::data, "in.json#/" + member, what);
}

Array identity(std::size_t width) {
  Array eye{{width, width}, std::vector<double>(width * width)};
  for (std::size_t i = 0; i < width; ++i) eye.values[i * width + i] = 1;
  return eye;
}

// Tokens that are their own queries, keys and values, in two heads.
Document plain_document(const Shape& shape) {
  Document document;
  document.tensors["embeddings"] = random_array(shape, 3);
  document.projections = {{"W_q", identity(8)}, {"W_k", identity(8)}, {"W_v", identity(8)}};
  document.num_heads = 2;
  return document;
}

Array run_for(const Document& document, AttentionOptions options, Stage stage) {
  options.wanted.emit = {stage};
  options.execution.dtype = DType::f64;
  return array_of(multihead(document.input(DType::f64), options).tensors.at(0).tensor);
}

double difference(const Array& a, const Array& b) {
  const Tensor tensor = a.tensor(DType::f64);
  return attn::test::difference(&tensor, b);
}

// A row of four columns, its pairs (i, i + 2) turned by the angles.
std::vector<double> turned(const double* row, double first, double second) {
  std::vector<double> out(4);
  const double angles[] = {first, second};
  for (std::size_t p = 0; p < 2; ++p) {
    out[p] = row[p] * std::cos(angles[p]) - row[p + 2] * std::sin(angles[p]);
    out[p + 2] = row[p + 2] * std::cos(angles[p]) + row[p] * std::sin(angles[p]);
  }
  return out;
}

}  // namespace

TEST_CASE("each head has its scale, of the options or of the document", "[places]") {
  for (const Layout& layout : {rank4, split3}) {
    HeadsCase c({2, 4, 2, 3, 5, 4, 3}, layout);
    c.head_scales = {0.5, -2, 0, 1};
    c.document.numbers["scale"] = {{4}, {0.5, -2, 0, 1}};
    c.check();
    c.document.numbers["scale"] = {{4}, {9, 9, 9, 9}};
    c.options.pipeline.head_scales = {0.5, -2, 0, 1};
    c.check();
    c.options.pipeline.head_scales = {0.25};  // one for all
    c.head_scales = {0.25, 0.25, 0.25, 0.25};
    c.check();
  }
}

TEST_CASE("one scale of the options wins over the document's list", "[places]") {
  HeadsCase c({1, 2, 2, 3, 3, 4, 2}, rank4);
  c.document.numbers["scale"] = {{2}, {9, 9}};
  c.options.pipeline.scale = c.steps.scale = 0.75;
  c.check();
}

TEST_CASE("scale_by multiplies the scale of each query, of all batch items or of each", "[places]") {
  for (const std::vector<double>& by_query :
       {std::vector<double>{1, 0.5, -2, 0}, std::vector<double>{1, 2, 3, 4, -1, 0.5, 0.25, 8}}) {
    HeadsCase c = scaled_rows(rank4, by_query);
    c.document.numbers["scale_by"] = {by_query.size() > 4 ? Shape{2, 4} : Shape{4}, by_query};
    const Expected expected = c.expected();
    HeadsCase given({2, 3, 3, 4, 6, 5, 2}, rank4);
    given.document.numbers = c.document.numbers;
    for (const char* name : {"query", "key", "value"}) given.document.tensors[name] = c.document.tensors[name];
    check_run(compute, given.document, given.options, expected);
    // A range of queries has the numbers of its own.
    AttentionOptions options = given.options;
    options.wanted.emit = {Stage::scores};
    options.execution.dtype = DType::f64;
    const Array all = array_of(compute(given.document.input(DType::f64), options).tensors.at(0).tensor);
    options.wanted.query_range = QueryRange{2, 3};
    const Array part = array_of(compute(given.document.input(DType::f64), options).tensors.at(0).tensor);
    for (std::size_t at = 0; at < 6; ++at)
      for (std::size_t j = 0; j < 6; ++j) CHECK(part.values[at * 6 + j] == all.values[at * 24 + 12 + j]);
  }
}

TEST_CASE("scales and positions of a wrong number or shape, or not finite, are refused", "[places]") {
  const HeadsCase c({2, 3, 3, 4, 6, 5, 2}, rank4);
  expect_error(c, "scale", {{2}, {1, 2}}, "2 scales for 3 heads");
  expect_error(c, "scale", {{3, 1}, {1, 2, 3}}, "the shape (3, 1) is not that of one number a head");
  expect_error(c, "scale", {{3}, {1, not_a_number, 3}}, "a number of a head must be finite");
  expect_error(c, "scale_by", {{3}, {1, 2, 3}}, "the shape (3,) does not fit; (4,) or (2, 4) do");
  expect_error(c, "scale_by", {{3, 4}, std::vector<double>(12)}, "the shape (3, 4) does not fit; (4,) or (2, 4) do");
  expect_error(c, "scale_by", {{4}, {1, 2, infinity, 4}}, "number 2 is not finite, or past what is exact");
  HeadsCase alibi = c;
  alibi.options.pipeline.alibi = true;
  expect_error(alibi, "position_ids", {{4}, {1, 2, 3, 0x1p53}}, "number 3 is not finite, or past what is exact");
  expect_error(alibi, "position_ids", {{4}, {1, 2, 3, 4}},
               "there are 4 queries and 6 keys: key_position_ids has the positions of the keys");
  expect_error(alibi, "key_position_ids", {{6}, {1, 2, 3, 4, 5, 6}}, "goes with position_ids, which the queries have");
  alibi.options.pipeline.head_scales = {1, 2};
  check_compute_error(alibi.document, alibi.options, ErrorKind::usage, "`scale`", "2 scales for 3 heads");
}

TEST_CASE("ALiBi counts the document's positions", "[places]") {
  HeadsCase c({2, 2, 1, 3, 4, 5, 2}, rank4);
  c.options.pipeline.alibi = true;
  c.options.pipeline.alibi_slopes = {0.5, 2};
  const std::vector<double> queries{3, 0, 7, -2, 1, 1}, keys{0, 1.5, 9, 2};
  c.document.numbers = {{"position_ids", {{2, 3}, queries}}, {"key_position_ids", {{4}, keys}}};
  c.bias = [&](std::size_t b, std::size_t h) {
    Matrix bias = Matrix::zeros(3, 4);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j) bias(i, j) = -(h == 0 ? 0.5 : 2) * std::abs(queries[b * 3 + i] - keys[j]);
    return bias;
  };
  c.check();
}

TEST_CASE("ALiBi needs the positions of cached keys", "[places]") {
  HeadsCase c({1, 2, 2, 3, 3, 4, 2}, rank4);
  c.options.pipeline.alibi = true;
  c.document.tensors["past_key"] = random_array({1, 2, 2, 4}, 8);
  c.document.tensors["past_value"] = random_array({1, 2, 2, 2}, 9);
  expect_error(c, "position_ids", {{3}, {2, 3, 4}},
               "ALiBi counts from cached keys too: key_position_ids has the positions of all 5 keys, the cached ones "
               "first");
  c.document.numbers = {{"position_ids", {{3}, {2, 3, 4}}}, {"key_position_ids", {{5}, {0, 1, 2, 3, 4}}}};
  c.options.execution.dtype = DType::f64;
  const Result given = compute(c.document.input(DType::f64), c.options);
  c.document.numbers.clear();
  const Result counted = compute(c.document.input(DType::f64), c.options);
  CHECK(attn::test::difference(given.find("output"), array_of(*counted.find("output"))) == 0);
}

TEST_CASE("T5's relative bias counts the document's positions, with a bias beside it or not", "[places]") {
  HeadsCase c({2, 2, 2, 3, 3, 4, 2}, rank4);
  RelativeBias relative{.buckets = 8, .heads = 2, .max_distance = 16};
  for (int n = 0; n < 16; ++n) relative.table.push_back(n * 0.25 - 1);
  c.options.pipeline.relative_bias = relative;
  const std::vector<double> positions{0, 5, 2, 30, 4, 4};
  c.document.numbers["position_ids"] = {{2, 3}, positions};
  Array own = random_array({3, 3}, 4);
  for (const bool with_bias : {false, true}) {
    if (with_bias) c.document.tensors["bias"] = own;
    c.bias = [&](std::size_t b, std::size_t h) {
      Matrix bias = Matrix::zeros(3, 3);
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) {
          const auto distance = static_cast<std::int64_t>(positions[b * 3 + j] - positions[b * 3 + i]);
          bias(i, j) = relative.table[relative.bucket(distance) * 2 + h] + (with_bias ? own.values[i * 3 + j] : 0);
        }
      return bias;
    };
    c.check();
  }
  expect_error(c, "position_ids", {{3}, {0, 0.5, 1}}, "the relative position bias takes whole positions");
  c.options.pipeline.relative_bias->heads = 3;
  check_compute_error(c.document, c.options, ErrorKind::usage, "`heads`",
                      "2 heads, but the layer's relative position bias has 3");
}

TEST_CASE("positions that nothing counts are told of, or refused where an option has them", "[places]") {
  HeadsCase c({1, 1, 1, 3, 3, 4, 2}, rank2);
  c.document.numbers["position_ids"] = {{3}, {0, 1, 2}};
  c.options.wanted.emit = {Stage::output};
  CHECK(compute(c.document.input(DType::f32), c.options).notes ==
        std::vector<std::string>{"in.json#/position_ids changes nothing: no ALiBi counts positions here"});
  Input of_option = c.document.input(DType::f32);
  of_option.numbers.at("position_ids").where = "`position_ids`";
  check_error([&] { compute(of_option, c.options); }, ErrorKind::usage, "`position_ids`",
              "changes nothing: no ALiBi counts positions here");
  const Document document = plain_document({3, 8});
  Input multi = document.input(DType::f32);
  multi.numbers["position_ids"] = {Array{{3}, {0, 1, 2}}.tensor(DType::f64), "`position_ids`"};
  check_error([&] { multihead(multi, {}); }, ErrorKind::usage, "`position_ids`",
              "changes nothing: neither RoPE nor ALiBi counts positions here");
}

TEST_CASE("RoPE turns queries and keys by their own positions, in each batch item", "[places]") {
  const Document plain = plain_document({2, 3, 8});
  const Array& x = plain.tensors.at("embeddings");
  const std::vector<double> queries{4, 0, 2.5, 7, 7, -1}, keys{1, 2, 9};
  AttentionOptions options;
  options.layer.rope = Rope{.theta = 100, .offset = 2};
  Array query{{2, 2, 3, 4}, {}}, key = query;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 2; ++h)
      for (std::size_t i = 0; i < 3; ++i) {
        const double* row = x.values.data() + (b * 3 + i) * 8 + h * 4;
        const double p = queries[b * 3 + i] + 2, r = keys[i] + 2;
        for (const double value : turned(row, p, p / 10)) query.values.push_back(value);
        for (const double value : turned(row, r, r / 10)) key.values.push_back(value);
      }
  Document document = plain;
  document.numbers = {{"position_ids", {{2, 3}, queries}}, {"key_position_ids", {{3}, keys}}};
  options.wanted.emit = {Stage::query, Stage::key};
  check_run(multihead, document, options, {{"query", query}, {"key", key}});
  document.numbers.erase("key_position_ids");
  CHECK(difference(run_for(document, options, Stage::key), query) < 1e-14);
  // Counted positions are those that are counted without any.
  document.numbers["position_ids"] = {{3}, {0, 1, 2}};
  CHECK(difference(run_for(document, options, Stage::key), run_for(plain, options, Stage::key)) == 0);
}

TEST_CASE("pairs of columns take turns or sections of several axes", "[places]") {
  const Document plain = plain_document({3, 8});
  const Array& x = plain.tensors.at("embeddings");
  const std::vector<double> rows{4, 0, 2}, columns{1, 8, 3};
  AttentionOptions options;
  const auto check = [&](RopeSections layout, double second_frequency) {
    options.layer.rope = Rope{.theta = 100, .sections = {1, 1}, .layout = layout};
    Document document = plain;
    document.numbers["position_ids"] = {{2, 3}, {4, 0, 2, 1, 8, 3}};
    Array query{{2, 3, 4}, {}};
    for (std::size_t h = 0; h < 2; ++h)
      for (std::size_t i = 0; i < 3; ++i)
        for (const double value : turned(x.values.data() + i * 8 + h * 4, rows[i], columns[i] * second_frequency))
          query.values.push_back(value);
    CHECK(difference(run_for(document, options, Stage::query), query) < 1e-14);
  };
  check(RopeSections::sectioned, 0.1);
  check(RopeSections::interleaved, 0.1);
  check(RopeSections::axial, 1);
  const auto refuse = [&](Rope rope, const std::string& what) {
    Document document = plain;
    document.numbers["position_ids"] = {{2, 3}, {4, 0, 2, 1, 8, 3}};
    options.layer.rope = std::move(rope);
    check_multihead_error(document, options, ErrorKind::usage, "`rope_sections`", what);
  };
  refuse({.sections = {1, 2}}, "3 pairs of columns, but 2 of each head turn");
  refuse({.sections = {0, 2}, .layout = RopeSections::interleaved},
         "pair 3 of axis 1 is past the last of 2: the first axis must have the most pairs");
  options.layer.rope = Rope{.sections = {1, 1}};
  check_multihead_error(plain, options, ErrorKind::usage, "`rope_sections`",
                        "2 sections need positions of as many axes: `position_ids` of the shape (2, L)");
  Document batch = plain_document({2, 3, 8});
  batch.numbers["position_ids"] = {{2, 3}, {4, 0, 2, 1, 8, 3}};
  check_multihead_error(batch, options, ErrorKind::data, "in.json#/position_ids",
                        "the shape (2, 3) may be one of batch items or of axes: (2, 1, 3) tells");
  batch.numbers["position_ids"].shape = {2, 1, 3};
  CHECK(run_for(batch, options, Stage::query).shape == Shape{2, 2, 3, 4});
}

TEST_CASE("compute norms queries and keys of every layout", "[places]") {
  for (const Layout& layout : {rank2, rank3, rank4, split2, split3}) {
    const bool has_batch = layout.operands.batch, has_heads = layout.operands.heads || layout.operands.merged;
    HeadsCase c({has_batch ? 2U : 1U, has_heads ? 4U : 1U, has_heads ? 2U : 1U, 3, 5, 6, 2}, layout);
    const Document given = c.document;
    for (Heads* heads : {&c.q, &c.k})
      for (auto& item : *heads)
        for (Matrix& head : item)
          for (std::size_t i = 0; i < head.shape(0); ++i) {
            double squares = 0;
            for (std::size_t d = 0; d < 6; ++d) squares += head(i, d) * head(i, d);
            for (std::size_t d = 0; d < 6; ++d) head(i, d) /= std::max(std::sqrt(squares), 2.0);
          }
    Expected expected = c.expected();
    expected["query"] = assemble(c.q, layout.operands);
    expected["key"] = assemble(c.k, layout.operands);
    c.options.layer.qk_norm = QkNorm{.euclidean = true, .epsilon = 2};
    check_run(compute, given, c.options, expected);
  }
}

TEST_CASE("rows of zeros keep their zeros under the Euclidean norm, and NaN stays", "[places]") {
  std::vector<double> rows{0, 0, 3, 4, not_a_number, 1};
  norm_heads(HeadsView<double>{rows.data(), 1, 1, 3, 2, 6, 6, 2}, QkNorm{.euclidean = true, .epsilon = 1e-12}, {}, {},
             1);
  CHECK(rows[0] == 0);
  CHECK(rows[1] == 0);
  CHECK(rows[2] == 0.6);
  CHECK(rows[3] == 0.8);
  CHECK(std::isnan(rows[4]));
  CHECK(std::isnan(rows[5]));
}

TEST_CASE("Keras's kernels are projections with an axis of heads", "[places]") {
  Document flat, kernels;
  flat.tensors["embeddings"] = kernels.tensors["embeddings"] = random_array({4, 6}, 1);
  const Array query = random_array({6, 12}, 2), key = random_array({6, 6}, 3), value = random_array({6, 4}, 4),
              output = random_array({8, 5}, 5), query_bias = random_array({12}, 6), output_bias = random_array({5}, 7);
  flat.projections = {{"W_q", query},  {"W_k", key},        {"W_v", value},
                      {"W_o", output}, {"b_q", query_bias}, {"b_o", output_bias}};
  flat.num_heads = 4;
  const auto with = [](Array array, Shape shape) {
    array.shape = std::move(shape);
    return array;
  };
  AttentionOptions options;
  const Array expected = run_for(flat, options, Stage::output);
  for (const bool keras_names : {true, false}) {
    const auto name = [&](const char* keras, const char* own) { return std::string(keras_names ? keras : own); };
    kernels.projections = {{name("query/kernel", "W_q"), with(query, {6, 4, 3})},
                           {name("key/kernel", "W_k"), with(key, {6, 2, 3})},
                           {name("value/kernel", "W_v"), with(value, {6, 2, 2})},
                           {name("attention_output/kernel", "W_o"), with(output, {4, 2, 5})},
                           {name("query/bias", "b_q"), with(query_bias, {4, 3})},
                           {name("attention_output/bias", "b_o"), output_bias}};
    CHECK(difference(run_for(kernels, options, Stage::output), expected) == 0);
  }
  const auto refuse = [&](const std::string& name, Shape shape, const std::string& what) {
    Document wrong = kernels;
    wrong.projections[name].shape = std::move(shape);
    check_multihead_error(wrong, options, ErrorKind::data, "in.json#/projections/" + name, what);
  };
  refuse("W_o", {2, 4, 5}, "the kernel (2, 4, 5) has 2 heads, but in.json#/projections/W_q has 4");
  refuse("W_v", {6, 4, 1}, "the kernel (6, 4, 1) has 4 heads, but in.json#/projections/W_k has 2");
  refuse("b_q", {3, 4}, "the bias (3, 4) does not go with the weight (6, 4, 3)");
  kernels.num_heads = 2;
  check_multihead_error(kernels, options, ErrorKind::data, "in.json#/num_heads",
                        "2 heads, but the kernel (6, 4, 3) of in.json#/projections/W_q has 4");
  kernels.num_heads = 4;
  options.heads.key_value = 4;
  check_multihead_error(kernels, options, ErrorKind::usage, "`kv_heads`",
                        "4 key/value heads, but the kernel (6, 2, 3) of in.json#/projections/W_k has 2");
}

TEST_CASE("the mean over heads is of the dropped weights too", "[places]") {
  const Document document = plain_document({3, 8});
  RandomStream stream(Generator::torch, 5);
  AttentionOptions options;
  options.pipeline.dropout = {.p = 0.5, .stream = &stream};
  const auto run = [&](bool average) {
    options.wanted.average = average;
    return run_for(document, options, Stage::dropped);
  };
  const Array every = run(false), mean = run(true);
  REQUIRE(mean.shape == Shape{3, 3});
  for (std::size_t at = 0; at < 9; ++at) CHECK(mean.values[at] == (every.values[at] + every.values[9 + at]) / 2);
}
