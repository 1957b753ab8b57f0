// Every row of the table of shapes: compute and its stages against the oracle, head by head.
#include "attention/document_heads_case.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("compute takes (L, d), with L, S, d and d_v all different") {
  HeadsCase({1, 1, 1, 5, 7, 4, 3}, rank2).check();
  HeadsCase({1, 1, 1, 1, 40, 3, 17}, rank2).check();
  HeadsCase({1, 1, 1, 33, 1, 1, 1}, rank2).check();
}

TEST_CASE("compute takes (B, L, d)") { HeadsCase({3, 1, 1, 5, 7, 4, 3}, rank3).check(); }

TEST_CASE("compute takes (B, H, L, d), with grouped and single key heads") {
  HeadsCase({2, 4, 4, 5, 7, 4, 3}, rank4).check();
  HeadsCase({2, 4, 2, 5, 7, 4, 3}, rank4).check();
  HeadsCase({2, 4, 1, 5, 7, 4, 3}, rank4).check();
  HeadsCase({1, 1, 1, 5, 7, 4, 3}, rank4).check();
}

TEST_CASE("--heads splits the last axis of (L, H·d) and merges the output again") {
  HeadsCase({1, 4, 4, 5, 7, 4, 3}, split2).check();
  HeadsCase({1, 4, 2, 5, 7, 4, 3}, split2).check();
  HeadsCase({1, 4, 1, 5, 7, 4, 3}, split2).check();
}

TEST_CASE("--heads splits the last axis of (B, L, H·d)") {
  HeadsCase({3, 4, 4, 5, 7, 4, 3}, split3).check();
  HeadsCase({3, 6, 2, 5, 7, 4, 3}, split3).check();
}

TEST_CASE("the head axis stays for a single head if --heads is given") {
  HeadsCase({1, 1, 1, 5, 7, 4, 3}, split2).check();
  HeadsCase({2, 1, 1, 5, 7, 4, 3}, split3).check();
}

TEST_CASE("the document's num_heads and num_kv_heads split as the flags do, and the flags replace them") {
  HeadsCase c({1, 4, 2, 5, 7, 4, 3}, split2);
  c.options.heads.query.reset();
  c.options.heads.key_value.reset();
  c.document.num_heads = 4;
  c.document.num_kv_heads = 2;
  c.check();
  c.document.num_heads = 2;
  c.document.num_kv_heads = 1;
  c.options.heads.query = 4;
  c.options.heads.key_value = 2;
  c.check();
}

TEST_CASE("rank 4 has its own heads, and numbers that say the same are right") {
  HeadsCase c({2, 4, 2, 5, 7, 4, 3}, rank4);
  c.document.num_heads = 4;
  c.document.num_kv_heads = 2;
  c.check();
}

TEST_CASE("embeddings are query, key and value where those are not given") {
  HeadsCase c({2, 1, 1, 6, 6, 4, 4}, rank3);
  const Heads x = random_heads(2, 1, 6, 4, 99);
  const Matrix no_bias = Matrix::zeros(6, 6);
  const auto answer = [&](const Heads& q, const Heads& k, const Heads& v) {
    std::vector<std::vector<HeadAnswer>> answers(2);
    for (std::size_t b = 0; b < 2; ++b) answers[b] = {pipeline(q[b][0], k[b][0], v[b][0], {.scale = 0.5}, no_bias)};
    return expected_of(answers, batch_axis, batch_axis);
  };
  const Array embeddings = assemble(x, batch_axis);
  Document all;
  all.tensors = {{"embeddings", embeddings}};
  Expected expected = answer(x, x, x);
  for (const char* name : {"query", "key", "value", "present_key", "present_value"}) expected[name] = embeddings;
  check_run(compute, all, c.options, expected);

  const std::map<std::string, Expected> missing{
      {"query", answer(x, c.k, c.v)}, {"key", answer(c.q, x, c.v)}, {"value", answer(c.q, c.k, x)}};
  for (const auto& [name, answers] : missing) {
    Document document = c.document;
    document.tensors.erase(name);
    document.tensors["embeddings"] = embeddings;
    check_run(compute, document, c.options, answers);
  }
  Document given = c.document;
  given.tensors["embeddings"] = embeddings;
  check_run(compute, given, c.options, c.expected());
}

TEST_CASE("tensors come in the documented order, whatever the order they were asked for in") {
  HeadsCase c({2, 1, 1, 3, 4, 2, 2}, rank3);
  std::reverse(c.options.wanted.emit.begin(), c.options.wanted.emit.end());
  const Input input = c.document.input(DType::f32);
  CHECK(names_of(compute(input, c.options)) ==
        std::vector<std::string>{"query", "key", "value", "scores", "capped", "masked", "mask", "weights", "dropped",
                                 "output", "lse", "present_key", "present_value"});
  c.options.wanted.emit = {Stage::lse, Stage::output, Stage::lse};
  CHECK(names_of(compute(input, c.options)) == std::vector<std::string>{"output", "lse"});
  CHECK(names_of(compute(input, AttentionOptions{})) == std::vector<std::string>{"weights", "output"});
}

TEST_CASE("the output alone is that of the run that makes weights") {
  for (const Layout& layout : {rank4, split3}) {
    HeadsCase c({2, 4, 2, 37, 300, 16, 10}, layout);
    c.options.wanted.emit = {Stage::output};
    check_run(compute, c.document, c.options, {{"output", c.expected()["output"]}});
    c.options.wanted.emit = {Stage::lse};
    check_run(compute, c.document, c.options, {{"lse", c.expected()["lse"]}});
    c.options.wanted.emit = {Stage::output, Stage::lse, Stage::weights};
    check_run(compute, c.document, c.options, {{"output", c.expected()["output"]}, {"lse", c.expected()["lse"]}});
  }
}

TEST_CASE("sizes of 0 give empty tensors of the right shape, and no keys give zeros") {
  const auto run = [](const Shape& query, const Shape& key, const Shape& value) {
    Document document;
    document.tensors = {
        {"query", random_array(query, 1)}, {"key", random_array(key, 2)}, {"value", random_array(value, 3)}};
    AttentionOptions options;
    options.wanted.emit = all_stages();
    return compute(document.input(DType::f32), options);
  };
  const Result no_keys = run({2, 3, 4}, {2, 0, 4}, {2, 0, 5});
  CHECK(no_keys.find("weights")->shape() == Shape{2, 3, 0});
  CHECK(difference(no_keys.find("output"), {{2, 3, 5}, std::vector<double>(30)}) == 0);
  CHECK(difference(no_keys.find("lse"), {{2, 3}, std::vector<double>(6, -infinity)}) == 0);
  CHECK(run({0, 4}, {3, 4}, {3, 5}).find("output")->shape() == Shape{0, 5});
  CHECK(run({0, 2, 3, 4}, {0, 2, 6, 4}, {0, 2, 6, 5}).find("weights")->shape() == Shape{0, 2, 3, 6});
  CHECK(run({3, 4}, {6, 4}, {6, 0}).find("output")->shape() == Shape{3, 0});
  const Result no_depth = run({3, 0}, {4, 0}, {4, 2});
  CHECK(difference(no_depth.find("weights"), {{3, 4}, std::vector<double>(12, 0.25)}) == 0);
}
