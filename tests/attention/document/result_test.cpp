// What a result says beside its tensors: labels, metadata and notes.
#include "attention/document_heads_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Result result_of(const HeadsCase& c) { return compute(c.document.input(DType::f32), c.options); }

const MetadataValue* metadata(const Result& result, const std::string& name) {
  for (const auto& [key, value] : result.metadata)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

TEST_CASE("tokens label the queries, and the keys of self-attention") {
  HeadsCase c({1, 1, 1, 2, 2, 3, 2}, rank2);
  CHECK(result_of(c).tokens.empty());
  CHECK(result_of(c).key_tokens.empty());
  c.document.tokens = {"a", "b"};
  CHECK(result_of(c).tokens == std::vector<std::string>{"a", "b"});
  CHECK(result_of(c).key_tokens.empty());
  c.document.key_tokens = {"a", "b"};
  CHECK(result_of(c).key_tokens.empty());
  c.document.key_tokens = {"a", "c"};
  CHECK(result_of(c).key_tokens == std::vector<std::string>{"a", "c"});
}

TEST_CASE("keys that differ in number bear their own labels, or indices") {
  HeadsCase c({1, 1, 1, 2, 3, 3, 2}, rank2);
  CHECK(result_of(c).key_tokens.empty());
  c.document.tokens = {"a", "b"};
  CHECK(result_of(c).key_tokens == std::vector<std::string>{"0", "1", "2"});
  c.document.key_tokens = {"x", "y", "z"};
  CHECK(result_of(c).key_tokens == std::vector<std::string>{"x", "y", "z"});
  c.document.tensors["past_key"] = {{1, 3}, {1, 2, 3}};
  c.document.tensors["past_value"] = {{1, 2}, {1, 2}};
  check_compute_error(c.document, c.options, ErrorKind::data, "in.json#/key_tokens", "3 tokens for 4 keys");
  c.document.key_tokens = {"cached", "x", "y", "z"};
  CHECK(result_of(c).key_tokens.size() == 4);
}

TEST_CASE("a number of labels that is not that of the queries is refused") {
  HeadsCase c({1, 1, 1, 2, 3, 3, 2}, rank2);
  c.document.tokens = {"a", "b", "c"};
  check_compute_error(c.document, c.options, ErrorKind::data, "in.json#/tokens", "3 tokens for 2 queries");
}

TEST_CASE("metadata names the command, the sizes and the conventions") {
  HeadsCase c({2, 4, 2, 3, 5, 16, 2}, rank4);
  c.document.metadata = R"({"by":"me"})";
  c.options.execution.kernels = kernel_sets().data();
  const Result result = result_of(c);
  CHECK(result.input_metadata == R"({"by":"me"})");
  const std::vector<std::pair<std::string, MetadataValue>> expected{{"command", "compute"},
                                                                    {"version", ATTN_VERSION},
                                                                    {"dtype", "f32"},
                                                                    {"kernel", "reference"},
                                                                    {"batch", std::int64_t{2}},
                                                                    {"heads", std::int64_t{4}},
                                                                    {"kv_heads", std::int64_t{2}},
                                                                    {"queries", std::int64_t{3}},
                                                                    {"keys", std::int64_t{5}},
                                                                    {"scale", 0.25},
                                                                    {"empty_row", "zero"}};
  CHECK(result.metadata == expected);
}

TEST_CASE("metadata names what is not the default") {
  HeadsCase c({1, 1, 1, 3, 3, 4, 2}, rank2);
  c.options.pipeline.softcap = 20;
  c.options.pipeline.alibi = true;
  c.options.pipeline.sinks = {1};
  c.options.pipeline.mask = Mask::causal();
  c.options.pipeline.empty_row = EmptyRow::uniform;
  c.options.execution.dtype = DType::f64;
  c.document.tensors["past_key"] = {{2, 4}, std::vector<double>(8)};
  c.document.tensors["past_value"] = {{2, 2}, std::vector<double>(4)};
  const Result result = compute(c.document.input(DType::f64), c.options);
  CHECK(*metadata(result, "softcap") == MetadataValue(20.0));
  CHECK(*metadata(result, "alibi") == MetadataValue(true));
  CHECK(*metadata(result, "sink") == MetadataValue(true));
  CHECK(*metadata(result, "mask") == MetadataValue("causal"));
  CHECK(*metadata(result, "cached_keys") == MetadataValue(std::int64_t{2}));
  CHECK(*metadata(result, "empty_row") == MetadataValue("uniform"));
  CHECK(*metadata(result, "dtype") == MetadataValue("f64"));
}

TEST_CASE("a causal mask over another number of keys says which corner it starts from") {
  HeadsCase c({1, 1, 1, 2, 3, 4, 2}, rank2);
  const std::string note =
      "causal: query i attends keys up to i (upper left, as in PyTorch), for 2 queries and 3 keys; "
      "causal:bottom-right lets the last query attend the last key";
  CHECK(result_of(c).notes.empty());
  for (const char* expression : {"causal", "window:1,1 & causal", "!(causal | padding:1)"}) {
    c.options.pipeline.mask = Mask::parse(expression, "--mask");
    CHECK(result_of(c).notes == std::vector{note});
  }
  for (const char* expression : {"causal:bottom-right", "window:1,1", "window:2,0 | causal:bottom-right"}) {
    c.options.pipeline.mask = Mask::parse(expression, "--mask");
    CHECK(result_of(c).notes.empty());
  }
  c.options.pipeline.mask = Mask::causal();
  c.document.key_lengths = {{3}};
  CHECK(result_of(c).notes.empty());
  c.document.key_lengths.reset();
  c.document.tensors["past_key"] = {{1, 4}, std::vector<double>(4)};
  c.document.tensors["past_value"] = {{1, 2}, std::vector<double>(2)};
  CHECK(result_of(c).notes.empty());
  HeadsCase square({1, 1, 1, 3, 3, 4, 2}, rank2);
  square.options.pipeline.mask = Mask::causal();
  CHECK(result_of(square).notes.empty());
}
