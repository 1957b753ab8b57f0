// Appended keys (bias_k, add_zero_attn) against the same keys written out in a document of heads.
#include "attention/document_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Array identity(std::size_t width) {
  Array eye{{width, width}, std::vector<double>(width * width)};
  for (std::size_t i = 0; i < width; ++i) eye.values[i * width + i] = 1;
  return eye;
}

// Rows of width 4, two heads: those of `x`, and then `last`.
Array with_rows(const Array& x, const std::vector<std::vector<double>>& last) {
  Array longer = x;
  longer.shape[0] += last.size();
  for (const std::vector<double>& row : last) longer.values.insert(longer.values.end(), row.begin(), row.end());
  return longer;
}

// Three queries, five keys and values that pass through identities; `past` more in a cache.
class AppendedCase {
 public:
  AppendedCase() {
    document.tensors = {
        {"query", random_array({3, 4}, 1)}, {"key", random_array({5, 4}, 2)}, {"value", random_array({5, 4}, 3)}};
    document.projections = {{"W_q", identity(4)},
                            {"W_k", identity(4)},
                            {"W_v", identity(4)},
                            {"bias_k", {{1, 1, 4}, bias_key}},
                            {"bias_v", {{1, 1, 4}, bias_value}}};
    options.heads.query = 2;
    options.layer.add_zero_attn = true;
  }

  // The same with the two keys among the others, for `compute`.
  Document written_out() const {
    Document plain = document;
    plain.projections.clear();
    plain.tensors["key"] = with_rows(document.tensors.at("key"), {bias_key, {0, 0, 0, 0}});
    plain.tensors["value"] = with_rows(document.tensors.at("value"), {bias_value, {0, 0, 0, 0}});
    return plain;
  }

  const std::vector<double> bias_key{1, -2, 0.5, 1}, bias_value{3, 1, -1, 2};
  Document document;
  AttentionOptions options;
};

// What compute makes of `plain`, for multihead to equal.
Expected computed(const Document& plain, AttentionOptions options) {
  options.execution.dtype = DType::f64;
  options.layer.add_zero_attn = false;
  options.wanted.emit = {Stage::scores,  Stage::capped, Stage::masked, Stage::mask,
                         Stage::weights, Stage::output, Stage::lse};
  Expected expected;
  for (const NamedTensor& named : compute(plain.input(DType::f64), options).tensors)
    expected[named.name] = array_of(named.tensor);
  return expected;
}

}  // namespace

TEST_CASE("appended keys come last, in the order bias, zero") {
  AppendedCase c;
  c.options.wanted.emit = all_stages(true);
  Expected expected = computed(c.written_out(), c.options);
  CHECK(expected["weights"].shape == Shape{2, 3, 7});
  check_run(multihead, c.document, c.options, expected);
  const Result result = multihead(c.document.input(DType::f32), c.options);
  CHECK(result.find("key")->shape() == Shape{2, 7, 2});
  CHECK(result.find("present_key")->shape() == Shape{2, 5, 2});  // what a next run takes as its cache
  CHECK(array_of(*result.find("key")).values[10] == 1);          // bias_k, head 0
}

TEST_CASE("each kind of appended key stands alone too") {
  AppendedCase c;
  c.options.wanted.emit = {Stage::weights, Stage::output};
  Document plain = c.written_out();
  c.options.layer.add_zero_attn = false;
  for (const char* name : {"key", "value"}) {
    Array& rows = plain.tensors[name];
    rows.shape[0] = 6;
    rows.values.resize(24);
  }
  Expected expected = computed(plain, c.options);
  check_run(multihead, c.document, c.options, {{"weights", expected["weights"]}, {"output", expected["output"]}});
  c.options.layer.add_zero_attn = true;
  c.document.projections.erase("bias_k");
  c.document.projections.erase("bias_v");
  plain = c.document;
  plain.projections.clear();
  for (const char* name : {"key", "value"}) plain.tensors[name] = with_rows(plain.tensors[name], {{0, 0, 0, 0}});
  expected = computed(plain, c.options);
  check_run(multihead, c.document, c.options, {{"weights", expected["weights"]}, {"output", expected["output"]}});
}

TEST_CASE("no mask, bias or key length hides appended keys, and no bias moves their scores") {
  AppendedCase c;
  c.options.wanted.emit = all_stages(true);
  Document plain = c.written_out();
  const std::vector<double> mask{1, 0, 1, 1, 0, /**/ 0, 0, 0, 0, 0, /**/ 1, 1, 1, 1, 1};
  c.document.tensors["mask"] = {{3, 5}, mask};
  plain.tensors["mask"] = {{3, 7}, {1, 0, 1, 1, 0, 1, 1, /**/ 0, 0, 0, 0, 0, 1, 1, /**/ 1, 1, 1, 1, 1, 1, 1}};
  check_run(multihead, c.document, c.options, computed(plain, c.options));

  c.document.tensors.erase("mask");
  plain.tensors.erase("mask");
  c.document.tensors["bias"] = {{2, 1, 5}, {1, 2, -infinity, 4, 5, 6, 7, 8, 9, 10}};
  plain.tensors["bias"] = {{2, 1, 7}, {1, 2, -infinity, 4, 5, 0, 0, 6, 7, 8, 9, 10, 0, 0}};
  check_run(multihead, c.document, c.options, computed(plain, c.options));
  c.document.tensors["bias"] = {{3, 1}, {1, -infinity, 3}};  // of all keys alike, but not of these
  plain.tensors["bias"] = {
      {3, 7}, {1, 1, 1, 1, 1, 0, 0, -infinity, -infinity, -infinity, -infinity, -infinity, 0, 0, 3, 3, 3, 3, 3, 0, 0}};
  check_run(multihead, c.document, c.options, computed(plain, c.options));

  c.document.tensors.erase("bias");
  plain.tensors.erase("bias");
  c.document.key_lengths = {{2}};
  plain.tensors["mask"] = {{1, 7}, {1, 1, 0, 0, 0, 1, 1}};
  check_run(multihead, c.document, c.options, computed(plain, c.options));
  c.document.key_lengths.reset();
  c.options.pipeline.mask = Mask::parse("causal:bottom-right", "--mask");  // of the five keys
  plain.tensors["mask"] = {{3, 7}, {1, 1, 1, 0, 0, 1, 1, /**/ 1, 1, 1, 1, 0, 1, 1, /**/ 1, 1, 1, 1, 1, 1, 1}};
  AttentionOptions unmasked = c.options;
  unmasked.pipeline.mask = Mask();
  check_run(multihead, c.document, c.options, computed(plain, unmasked));
}

TEST_CASE("appended keys come after cached and new ones, and are no part of the cache") {
  AppendedCase c;
  c.options.wanted.emit = {Stage::weights, Stage::output, Stage::key, Stage::present_key, Stage::present_value};
  const Expected expected = computed(c.written_out(), c.options);
  const Result whole = multihead(c.document.input(DType::f64), [&] {
    AttentionOptions exact = c.options;
    exact.execution.dtype = DType::f64;
    return exact;
  }());
  const Array present_key = array_of(*whole.find("present_key")),
              present_value = array_of(*whole.find("present_value"));
  const auto first_two = [](const Array& heads) {  // of (2, 5, 2)
    const std::vector<double>& v = heads.values;
    return Array{{2, 2, 2}, {v[0], v[1], v[2], v[3], v[10], v[11], v[12], v[13]}};
  };
  for (const char* name : {"key", "value"}) {
    Array& rows = c.document.tensors[name];
    rows = {{3, 4}, {rows.values.begin() + 8, rows.values.end()}};
  }
  c.document.tensors["past_key"] = first_two(present_key);
  c.document.tensors["past_value"] = first_two(present_value);
  check_run(multihead, c.document, c.options,
            {{"weights", expected.at("weights")},
             {"output", expected.at("output")},
             {"present_key", present_key},
             {"present_value", present_value}});
  CHECK(multihead(c.document.input(DType::f32), c.options).find("key")->shape() == Shape{2, 5, 2});
}

TEST_CASE("every batch item gets the appended keys") {
  AppendedCase c;
  c.options.wanted.emit = {Stage::output};
  const Array one = computed(c.written_out(), c.options).at("output");
  for (auto& [name, tensor] : c.document.tensors) {
    tensor.shape.insert(tensor.shape.begin(), 2);
    const std::vector<double> values = tensor.values;
    tensor.values.insert(tensor.values.end(), values.begin(), values.end());
  }
  Array two{{2, 3, 4}, one.values};
  two.values.insert(two.values.end(), one.values.begin(), one.values.end());
  check_run(multihead, c.document, c.options, {{"output", two}});
}

TEST_CASE("appended keys have labels after those of the others") {
  AppendedCase c;
  const auto labels = [&] { return multihead(c.document.input(DType::f32), c.options).key_tokens; };
  CHECK(labels() == std::vector<std::string>{"0", "1", "2", "3", "4", "bias", "zero"});
  c.document.key_tokens = {"a", "b", "c", "d", "e"};
  CHECK(labels() == std::vector<std::string>{"a", "b", "c", "d", "e", "bias", "zero"});
  c.document.tokens = {"x", "y", "z"};
  c.document.key_tokens.clear();
  CHECK(labels() == std::vector<std::string>{"0", "1", "2", "3", "4", "bias", "zero"});
  c.document.tensors["key"] = c.document.tensors["value"] = c.document.tensors["query"];
  CHECK(labels() == std::vector<std::string>{"x", "y", "z", "bias", "zero"});
}

TEST_CASE("what cannot be appended is refused") {
  AppendedCase c;
  const auto refused = [&](const std::string& where, const std::string& what, ErrorKind kind = ErrorKind::data) {
    check_multihead_error(c.document, c.options, kind, where, what);
  };
  c.options.pipeline.alibi = true;
  refused("`alibi`", "has no distance for the appended bias key", ErrorKind::usage);
  c.options.pipeline.alibi = false;
  c.document.projections["bias_v"] = {{1, 1, 3}, {1, 2, 3}};
  refused("in.json#/projections/bias_v", "3 columns, but the projection gives 4");
  c.document.projections["bias_v"] = {{2, 2}, {1, 2, 3, 4}};
  refused("in.json#/projections/bias_v", "the shape (2, 2) is not that of one row");
  c.document.projections.erase("bias_v");
  refused("in.json#/projections/bias_k", "bias_k and bias_v go together");
}

TEST_CASE("memory of appended keys counts before it is taken") {
  AppendedCase c;
  c.options.wanted.emit = {Stage::output};
  // Projected 12, 20 and 20 numbers, outputs 12, and all keys and values, 28 each: 480 bytes.
  c.options.execution.max_memory = 480;
  CHECK_NOTHROW(multihead(c.document.input(DType::f32), c.options));
  c.options.execution.max_memory = 479;
  check_multihead_error(c.document, c.options, ErrorKind::data, "`max_memory`",
                        "this needs 480 bytes, of which all keys (1, 2, 7, 2) takes 112 bytes; the limit is 479 bytes");
}

TEST_CASE("norms of the document are applied, and those of the options win over them") {
  AppendedCase c;
  c.options.wanted.emit = {Stage::query, Stage::key};
  c.options.layer.qk_norm = {.query_weight = {1, 2}, .key_weight = {3, 4, 5, 6}};
  const Result wanted = multihead(c.document.input(DType::f32), c.options);
  c.options.layer.qk_norm.reset();
  c.document.projections["q_norm.weight"] = {{2}, {1, 2}};
  c.document.projections["k_norm.weight"] = {{4}, {3, 4, 5, 6}};
  for (const bool own : {false, true}) {
    const Result result = multihead(c.document.input(DType::f32), c.options);
    CHECK((difference(result.find("query"), array_of(*wanted.find("query"))) == 0) == !own);
    CHECK(difference(result.find("key"), array_of(*wanted.find("key"))) == 0);
    c.options.layer.qk_norm = {.query_weight = {7, 8}};
  }
  c.options.layer.qk_norm.reset();
  c.document.projections["q_norm.weight"] = {{3}, {1, 2, 3}};
  check_multihead_error(c.document, c.options, ErrorKind::data, "in.json#/projections/q_norm.weight",
                        "a norm of width 3 for query heads of width 2, together 4");
  c.document.projections.erase("q_norm.weight");
  c.options.layer.qk_norm = {.query_weight = {1, 2}, .query_bias = {1}};
  check_multihead_error(c.document, c.options, ErrorKind::data, "`qk_norm`",
                        "a norm of width 2 with a bias of width 1");
}
