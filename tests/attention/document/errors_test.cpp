// Every message of a document that does not fit itself.
#include "attention/document_heads_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Document with_shapes(const Shape& query, const Shape& key, const Shape& value) {
  Document document;
  document.tensors = {
      {"query", random_array(query, 1)}, {"key", random_array(key, 2)}, {"value", random_array(value, 3)}};
  return document;
}

void check_data_error(const Document& document, const std::string& member, const std::string& what,
                      const AttentionOptions& options = {}) {
  check_compute_error(document, options, ErrorKind::data, member.empty() ? "in.json" : "in.json#/" + member, what);
}

AttentionOptions with_heads(std::int64_t heads) {
  AttentionOptions options;
  options.heads.query = heads;
  return options;
}

AttentionOptions with_heads(std::int64_t heads, std::int64_t kv_heads) {
  AttentionOptions options = with_heads(heads);
  options.heads.key_value = kv_heads;
  return options;
}

}  // namespace

TEST_CASE("a missing operand is named") {
  Document document;
  check_data_error(document, "", "there is neither 'embeddings' nor 'query', 'key' and 'value'");
  document.tensors["query"] = random_array({2, 3}, 1);
  document.tensors["value"] = random_array({2, 3}, 1);
  check_data_error(document, "", "there is no 'key', and no 'embeddings' to take its place");
  document.tensors["embeddings"] = random_array({2, 3}, 1);
  CHECK_NOTHROW(compute(document.input(DType::f32), {}));
}

TEST_CASE("texts and the ids of one are for whole models") {
  const std::string what = "is for a whole model; a layer by itself takes embeddings";
  Input ids;
  ids.token_ids = TokenIds{};
  ids.token_ids->where = "in.json#/token_ids";
  check_error([&] { compute(ids, {}); }, ErrorKind::data, "in.json#/token_ids", what);
  Input text;
  text.text = "a";
  text.text_where = "in.json#/text";
  check_error([&] { compute(text, {}); }, ErrorKind::data, "in.json#/text", what);
}

TEST_CASE("operands have one rank of 2 to 4, one batch size, one width and a value for every key") {
  check_data_error(with_shapes({3}, {2, 3}, {2, 3}), "query",
                   "the shape (3,) is none of (L, d), (B, L, d) and (B, H, L, d)");
  check_data_error(with_shapes({2, 3}, {2, 3}, {1, 1, 1, 2, 3}), "value",
                   "the shape (1, 1, 1, 2, 3) is none of (L, d), (B, L, d) and (B, H, L, d)");
  check_data_error(with_shapes({1, 2, 3}, {2, 3}, {1, 2, 3}), "key",
                   "the shape (2, 3) has another rank than (1, 2, 3) of in.json#/query");
  check_data_error(with_shapes({2, 2, 3}, {3, 2, 3}, {2, 2, 3}), "key",
                   "the shape (3, 2, 3) has another batch size than (2, 2, 3) of in.json#/query");
  check_data_error(with_shapes({2, 2, 3}, {2, 2, 3}, {1, 2, 3}), "value",
                   "the shape (1, 2, 3) has another batch size than (2, 2, 3) of in.json#/query");
  check_data_error(with_shapes({2, 3}, {4, 3}, {5, 3}), "value",
                   "the shape (5, 3) has another number of keys than (4, 3) of in.json#/key");
  check_data_error(with_shapes({4, 3}, {3, 4}, {4, 3}), "key",
                   "the shape (3, 4) has another width than (4, 3) of in.json#/query; is it transposed?");
  check_data_error(with_shapes({2, 4, 3}, {2, 3, 5}, {2, 5, 7}), "key",
                   "the shape (2, 3, 5) has another width than (2, 4, 3) of in.json#/query; is it transposed?");
  check_data_error(with_shapes({4, 4}, {4, 2}, {2, 5}), "key",
                   "the shape (4, 2) has another width than (4, 4) of in.json#/query; is it transposed?");
  check_data_error(with_shapes({4, 3}, {5, 2}, {4, 3}), "key",
                   "the shape (5, 2) has another width than (4, 3) of in.json#/query");
  check_data_error(with_shapes({4, 4}, {5, 2}, {4, 3}), "value",
                   "the shape (4, 3) has another number of keys than (5, 2) of in.json#/key");
  check_data_error(with_shapes({2, 3}, {4, 5}, {4, 5}), "key",
                   "the shape (4, 5) gives keys of width 5, but the queries (2, 3) have width 3");
}

TEST_CASE("key and value heads agree, and divide the query's") {
  check_data_error(with_shapes({1, 4, 2, 3}, {1, 3, 2, 3}, {1, 3, 2, 3}), "key",
                   "3 key/value heads do not divide 4 query heads");
  check_data_error(with_shapes({1, 0, 2, 3}, {1, 0, 2, 3}, {1, 0, 2, 3}), "key",
                   "0 key/value heads do not divide 0 query heads");
  check_data_error(with_shapes({1, 4, 2, 3}, {1, 2, 2, 3}, {1, 4, 2, 3}), "value",
                   "the shape (1, 4, 2, 3) has 4 heads, but the key (1, 2, 2, 3) has 2");
}

TEST_CASE("a number of heads that does not fit is wrong usage of a flag, or bad data of a document") {
  Document wide = with_shapes({2, 12}, {2, 12}, {2, 10});
  const auto usage = [&](std::int64_t heads, const std::string& what) {
    check_compute_error(wide, with_heads(heads), ErrorKind::usage, "`heads`", what);
  };
  usage(0, "the number of heads must be 1 or more, not 0");
  usage(-3, "the number of heads must be 1 or more, not -3");
  usage(5, "5 heads do not divide the width 12 of in.json#/query");
  usage(4, "4 key/value heads do not divide the width 10 of in.json#/value");
  check_compute_error(wide, with_heads(4, 0), ErrorKind::usage, "`kv_heads`",
                      "the number of heads must be 1 or more, not 0");
  check_compute_error(wide, with_heads(4, 3), ErrorKind::usage, "`kv_heads`",
                      "3 key/value heads do not divide 4 query heads");
  check_compute_error(with_shapes({2, 12}, {2, 5}, {2, 10}), with_heads(4, 2), ErrorKind::usage, "`kv_heads`",
                      "2 key/value heads do not divide the width 5 of in.json#/key");
  AttentionOptions kv_alone;
  kv_alone.heads.key_value = 2;
  const std::string needs = "needs a number of heads too (`heads` or num_heads), by which the last axis is split";
  check_compute_error(wide, kv_alone, ErrorKind::usage, "`kv_heads`", needs);
  wide.num_kv_heads = 2;
  check_data_error(wide, "num_kv_heads", needs);
  wide.num_heads = 5;
  check_data_error(wide, "num_heads", "5 heads do not divide the width 12 of in.json#/query");
  wide.num_heads = 3;
  check_data_error(wide, "num_kv_heads", "2 key/value heads do not divide 3 query heads");
  wide.num_heads = 0;
  check_data_error(wide, "num_heads", "the number of heads must be 1 or more, not 0");
}

TEST_CASE("rank 4 has its own numbers of heads, which others must repeat") {
  Document document = with_shapes({1, 4, 2, 3}, {1, 2, 2, 3}, {1, 2, 2, 3});
  CHECK_NOTHROW(compute(document.input(DType::f32), with_heads(4, 2)));
  check_compute_error(document, with_heads(2), ErrorKind::usage, "`heads`",
                      "2 heads, but the query (1, 4, 2, 3) has 4");
  check_compute_error(document, with_heads(4, 1), ErrorKind::usage, "`kv_heads`",
                      "1 key/value heads, but the key (1, 2, 2, 3) has 2");
  document.num_heads = 8;
  check_data_error(document, "num_heads", "8 heads, but the query (1, 4, 2, 3) has 4");
  document.num_heads.reset();
  document.num_kv_heads = 4;
  check_data_error(document, "num_kv_heads", "4 key/value heads, but the key (1, 2, 2, 3) has 2");
}

TEST_CASE("a mask or bias that does not broadcast is refused at its place") {
  const auto check = [](const char* member, const HeadsCase& c, const Shape& shape, const std::string& what) {
    Document document = c.document;
    document.tensors[member] = {shape, std::vector<double>(checked_size(shape, 1, ""), 1)};
    check_data_error(document, member, what, c.options);
  };
  const HeadsCase three({3, 1, 1, 5, 6, 4, 2}, rank3), heads({3, 4, 4, 5, 6, 4, 2}, rank4),
      one({1, 1, 1, 5, 6, 4, 2}, rank2);
  check("mask", one, {5, 5}, "the mask's shape (5, 5) does not broadcast to the scores' (5, 6)");
  check("bias", one, {5, 5}, "the shape (5, 5) does not broadcast to the scores' (5, 6)");
  check("bias", one, {2, 5, 6}, "the shape (2, 5, 6) does not broadcast to the scores' (5, 6)");
  check("bias", three, {4, 5, 6}, "the shape (4, 5, 6) does not broadcast to the scores' (3, 5, 6)");
  check("mask", three, {4, 5, 6}, "the mask's shape (4, 5, 6) does not broadcast to the scores' (3, 5, 6)");
  check("bias", three, {3, 4, 5, 6}, "the shape (3, 4, 5, 6) does not broadcast to the scores' (3, 5, 6)");
  const std::string of_items =
      " does not broadcast to the scores' (3, 4, 5, 6); for a matrix of each batch item it is "
      "(3, 1, 5, 6)";
  check("bias", heads, {3, 5, 6}, "the shape (3, 5, 6)" + of_items);
  check("mask", heads, {3, 5, 6}, "the mask's shape (3, 5, 6)" + of_items);
  check("bias", heads, {1, 3, 4, 5, 6}, "the shape (1, 3, 4, 5, 6) does not broadcast to the scores' (3, 4, 5, 6)");
}

TEST_CASE("key lengths are one an item, and within the keys") {
  HeadsCase c({2, 1, 1, 3, 4, 4, 2}, rank3);
  c.document.key_lengths = {{1}};
  check_data_error(c.document, "key_lengths", "1 key length for a batch of 2");
  c.document.key_lengths = {{4, 5}};
  check_data_error(c.document, "key_lengths/1", "the key length 5 is not in 0 … 4");
  c.document.key_lengths = {{-1, 4}};
  check_data_error(c.document, "key_lengths/0", "the key length -1 is not in 0 … 4");
}

TEST_CASE("segments are one id a key") {
  HeadsCase c({1, 1, 1, 4, 4, 4, 2}, rank2);
  c.document.segments = {{1, 1, 2}};
  check_data_error(c.document, "segments", "3 segment ids for 4 keys");
  c.document.segments.reset();
  c.options.pipeline.mask = Mask::parse("segments", "--mask");
  CHECK_THROWS_AS(compute(c.document.input(DType::f32), c.options), Error);
}

TEST_CASE("a cache has both halves, in the shape of what follows it") {
  HeadsCase c({2, 4, 2, 3, 3, 4, 5}, rank4);
  c.document.tensors["past_key"] = random_array({2, 2, 6, 4}, 1);
  const std::string both = "a cache needs both past_key and past_value";
  check_data_error(c.document, "past_key", both);
  c.document.tensors["past_value"] = random_array({2, 2, 7, 5}, 1);
  check_data_error(c.document, "past_value",
                   "the shape (2, 2, 7, 5) has another number of cached keys than past_key's (2, 2, 6, 4)");
  c.document.tensors["past_value"] = random_array({2, 2, 6, 4}, 1);
  check_data_error(
      c.document, "past_value",
      "the shape (2, 2, 6, 4) does not fit before the new ones: (2, 2, 6, 5) would, with any number of cached keys");
  c.document.tensors["past_key"] = random_array({2, 4, 6, 4}, 1);
  check_data_error(
      c.document, "past_key",
      "the shape (2, 4, 6, 4) does not fit before the new ones: (2, 2, 6, 4) would, with any number of cached keys");
  c.document.tensors["past_key"] = random_array({6, 4}, 1);
  check_data_error(
      c.document, "past_key",
      "the shape (6, 4) does not fit before the new ones: (2, 2, 3, 4) would, with any number of cached keys");
  c.document.tensors.erase("past_key");
  check_data_error(c.document, "past_value", both);
}

TEST_CASE("sinks are one, or one a head") {
  HeadsCase c({1, 3, 1, 3, 3, 4, 5}, rank4);
  c.options.pipeline.sinks = {1, 2};
  check_compute_error(c.document, c.options, ErrorKind::usage, "`sink`", "2 sinks for 3 heads");
  HeadsCase one({1, 1, 1, 3, 3, 4, 5}, rank2);
  one.options.pipeline.sinks = {1, 2};
  check_compute_error(one.document, one.options, ErrorKind::usage, "`sink`", "2 sinks for 1 head");
}

TEST_CASE("compute has no concat and takes no projections") {
  HeadsCase c({1, 1, 1, 3, 3, 4, 5}, rank2);
  c.options.wanted.emit = {Stage::concat};
  check_compute_error(c.document, c.options, ErrorKind::usage, "`emit`",
                      "'concat' is a tensor of multihead, not of compute");
  c.options.wanted.emit = {Stage::output};
  c.document.projections["W_q"] = random_array({4, 4}, 1);
  check_data_error(c.document, "projections", "compute applies no projections; multihead does", c.options);
}

TEST_CASE("stages have names, and a mistyped one is told of the nearest") {
  for (const StageInfo& info : stages()) {
    CHECK(stage_of(info.name, "--emit") == info.stage);
    CHECK_FALSE(info.meaning.empty());
  }
  check_error([] { stage_of("wieghts", "--emit"); }, ErrorKind::usage, "--emit",
              "there is no tensor 'wieghts'; did you mean 'weights'?");
  check_error(
      [] { stage_of("probabilities", "-o"); }, ErrorKind::usage, "-o",
      "there is no tensor 'probabilities'; there are hidden, query, key, value, scores, capped, masked, mask, weights, "
      "dropped, "
      "concat, output, lse, present_key, present_value, hidden_last");
}
