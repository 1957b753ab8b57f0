// Every option and member that changes compute's numbers, against the oracle or numbers written out.
#include "attention/document_heads_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// A bias of −inf where `attends(i, j)` is false.
template <class Attends>
Matrix masking(std::size_t queries, std::size_t keys, Attends&& attends) {
  Matrix bias = Matrix::zeros(queries, keys);
  for (std::size_t i = 0; i < queries; ++i)
    for (std::size_t j = 0; j < keys; ++j)
      if (!attends(static_cast<long>(i), static_cast<long>(j))) bias(i, j) = -infinity;
  return bias;
}

// "Build a Large Language Model (From Scratch)", chapter 3: Your journey starts with one step.
Document journey() {
  Document document;
  document.tensors["embeddings"] = {
      {6, 3}, {.43, .15, .89, .55, .87, .66, .57, .85, .64, .22, .58, .33, .77, .25, .10, .05, .80, .55}};
  document.tokens = {"Your", "journey", "starts", "with", "one", "step"};
  return document;
}

// An array of 0 and 1 in some shape that broadcasts, no row of which is empty.
Array random_mask(const Shape& shape, unsigned seed) {
  Array mask = random_array(shape, seed);
  for (double& value : mask.values) value = value > -0.3;
  return mask;
}

// The element of an array that broadcasts from the right to (B, H, L, S); `axes` are those that it has.
double broadcast_at(const Array& array, std::size_t b, std::size_t h, std::size_t i, std::size_t j) {
  const std::size_t index[4] = {b, h, i, j};
  std::size_t at = 0;
  for (std::size_t axis = 0; axis < array.shape.size(); ++axis) {
    const std::size_t extent = array.shape[axis];
    at = at * extent + (extent == 1 ? 0 : index[4 - array.shape.size() + axis]);
  }
  return array.values.at(at);
}

}  // namespace

TEST_CASE("the book's unscaled self-attention has the printed numbers") {
  const Document document = journey();
  AttentionOptions options;
  options.pipeline.scale = 1;
  for (const KernelSet* set : supported_kernel_sets()) {
    options.execution.kernels = set;
    const Result result = compute(document.input(DType::f32), options);
    const auto weights = result.find("weights")->values<float>(), output = result.find("output")->values<float>();
    const std::vector<double> row{.1385, .2379, .2333, .1240, .1082, .1581}, context{.4419, .6515, .5683};
    for (std::size_t j = 0; j < 6; ++j) CHECK(weights[6 + j] == Approx(row[j]).margin(5e-5));
    for (std::size_t c = 0; c < 3; ++c) CHECK(output[3 + c] == Approx(context[c]).margin(5e-5));
    CHECK(result.tokens == document.tokens);
    CHECK(result.key_tokens.empty());
  }
}

TEST_CASE("two keys of equal score share a row, and a causal mask leaves the first row to itself") {
  Document document;
  document.tensors = {{"query", {{2, 1}, {1, 1}}}, {"key", {{2, 1}, {3, 3}}}, {"value", {{2, 2}, {1, 10, 3, 30}}}};
  AttentionOptions options;
  options.pipeline.mask = Mask::causal();
  options.wanted.emit = all_stages();
  check_run(compute, document, options,
            {{"scores", {{2, 2}, {3, 3, 3, 3}}},
             {"masked", {{2, 2}, {3, -infinity, 3, 3}}},
             {"mask", {{2, 2}, {1, 0, 1, 1}}},
             {"weights", {{2, 2}, {1, 0, .5, .5}}},
             {"output", {{2, 2}, {1, 10, 2, 20}}},
             {"lse", {{2}, {3, 3 + std::log(2.0)}}}});
}

TEST_CASE("the scale is the option's, else the document's, else 1/√d, and 0 is uniform") {
  HeadsCase c({1, 1, 1, 4, 5, 9, 2}, rank2);
  c.steps.scale = 1.0 / 3;
  c.check();
  c.document.scale = 0.7;
  c.steps.scale = 0.7;
  c.check();
  c.options.pipeline.scale = -2;
  c.steps.scale = -2;
  c.check();
  c.options.pipeline.scale = 0;
  c.steps.scale = 0;
  c.check();
  CHECK(c.expected()["weights"].values[3] == Approx(0.2));
}

TEST_CASE("with --heads, 1/√d counts the columns of one head") {
  HeadsCase c({1, 4, 4, 3, 3, 4, 4}, split2);
  c.steps.scale = 0.5;
  c.check();
}

TEST_CASE("a stored mask of any rank broadcasts from the right") {
  for (const bool drops : {false, true}) {
    const auto check = [&](const Layout& layout, const Shape& shape, Shape broadcast = {}) {
      INFO(shape_text(shape) << (layout.matrices.heads ? " with heads" : ""));
      HeadsCase c({2, 4, 2, 5, 6, 3, 2}, layout);
      if (!layout.matrices.heads) c = HeadsCase({2, 1, 1, 5, 6, 3, 2}, layout);
      const Array mask = random_mask(shape, 5);
      c.document.tensors["mask"] = mask;
      if (drops)
        for (double& value : c.document.tensors["mask"].values) value = 1 - value;
      c.options.pipeline.mask_means_drop = drops;
      const Array seen{broadcast.empty() ? shape : broadcast, mask.values};
      c.bias = [=](std::size_t b, std::size_t h) {
        return masking(5, 6, [&](long i, long j) {
          return broadcast_at(seen, b, h, static_cast<std::size_t>(i), static_cast<std::size_t>(j)) != 0;
        });
      };
      c.check();
    };
    for (const Layout& layout : {rank4, split3}) {
      for (const Shape& shape : {Shape{6},
                                 {1},
                                 {5, 6},
                                 {5, 1},
                                 {1, 6},
                                 {4, 5, 6},
                                 {4, 1, 6},
                                 {1, 5, 6},
                                 {2, 4, 5, 6},
                                 {2, 1, 5, 6},
                                 {2, 1, 1, 6},
                                 {1, 4, 5, 1}})
        check(layout, shape);
    }
    check(rank3, {2, 5, 6}, {2, 1, 5, 6});
    check(rank3, {2, 1, 6}, {2, 1, 1, 6});
    check(rank3, {5, 6});
    check(rank3, {2, 1, 5, 6});
  }
}

TEST_CASE("a bias of any rank broadcasts from the right, and minus infinity in it masks") {
  const auto check = [&](const Layout& layout, const Shape& shape, Shape broadcast = {}) {
    INFO(shape_text(shape) << (layout.matrices.heads ? " with heads" : ""));
    HeadsCase c({2, 4, 2, 5, 6, 3, 2}, layout);
    if (!layout.matrices.heads) c = HeadsCase({2, 1, 1, 5, 6, 3, 2}, layout);
    Array bias = random_array(shape, 6, 2);
    if (bias.values.size() > 5) bias.values[2] = -infinity;
    c.document.tensors["bias"] = bias;
    const Array seen{broadcast.empty() ? shape : broadcast, bias.values};
    c.bias = [=](std::size_t b, std::size_t h) {
      Matrix matrix = Matrix::zeros(5, 6);
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 6; ++j) matrix(i, j) = broadcast_at(seen, b, h, i, j);
      return matrix;
    };
    c.check();
  };
  for (const Layout& layout : {rank4, split3})
    for (const Shape& shape : {Shape{},
                               {6},
                               {1},
                               {5, 6},
                               {5, 1},
                               {1, 6},
                               {4, 5, 6},
                               {4, 1, 6},
                               {4, 1, 1},
                               {1, 5, 6},
                               {2, 4, 5, 6},
                               {2, 1, 5, 6},
                               {2, 1, 1, 6},
                               {1, 4, 5, 1},
                               {2, 4, 1, 1}})
      check(layout, shape);
  check(rank3, {2, 5, 6}, {2, 1, 5, 6});
  check(rank3, {2, 1, 6}, {2, 1, 1, 6});
  check(rank3, {2, 1, 1}, {2, 1, 1, 1});
  check(rank3, {5, 6});
  check(rank3, {2, 1, 5, 6});
}

TEST_CASE("all masks are ANDed, and the bias is added") {
  HeadsCase c({2, 1, 1, 6, 6, 3, 2}, rank3);
  c.document.tensors["mask"] = random_mask({6, 6}, 8);
  c.document.tensors["bias"] = random_array({6, 6}, 9);
  c.document.key_lengths = {{4, 6}};
  c.options.pipeline.mask = Mask::causal() & Mask::parse("window:3,0", "--mask");
  const Document d = c.document;
  c.bias = [d](std::size_t b, std::size_t) {
    const long length = b == 0 ? 4 : 6;
    Matrix bias = masking(6, 6, [&](long i, long j) {
      return j <= i && i - j <= 3 && j < length &&
             d.tensors.at("mask").values[static_cast<std::size_t>(i * 6 + j)] != 0;
    });
    for (std::size_t at = 0; at < 36; ++at) bias.data()[at] += d.tensors.at("bias").values[at];
    return bias;
  };
  c.check();
}

TEST_CASE("key lengths hide padding, and move a causal mask to the end of each item") {
  HeadsCase c({3, 2, 1, 3, 8, 4, 2}, rank4);
  c.document.key_lengths = {{8, 5, 2}};
  const auto length_of = [](std::size_t b) { return b == 0 ? 8L : b == 1 ? 5L : 2L; };
  c.bias = [=](std::size_t b, std::size_t) { return masking(3, 8, [&](long, long j) { return j < length_of(b); }); };
  c.check();
  c.options.pipeline.mask = Mask::causal();
  c.bias = [=](std::size_t b, std::size_t) {
    const long offset = std::max(0L, length_of(b) - 3);
    return masking(3, 8, [&](long i, long j) { return j < length_of(b) && j <= i + offset; });
  };
  c.check();
}

TEST_CASE("a batch of nothing but padding gives zeros") {
  HeadsCase c({2, 1, 1, 3, 4, 4, 2}, rank3);
  c.document.key_lengths = {{0, 4}};
  c.bias = [](std::size_t b, std::size_t) { return masking(3, 4, [&](long, long) { return b == 1; }); };
  c.check();
  CHECK(c.expected()["output"].values[0] == 0);
}

TEST_CASE("a cache and the new keys are the whole computed again") {
  for (const Layout& layout : {rank2, rank3, rank4, split2, split3}) {
    const bool heads = layout.matrices.heads, batch = layout.matrices.batch;
    HeadsCase whole({batch ? 2U : 1U, heads ? 4U : 1U, heads ? 2U : 1U, 3, 8, 4, 5}, layout);
    const auto part = [&](const Heads& all, std::size_t from, std::size_t to) {
      Heads cut = all;
      for (auto& item : cut)
        for (Matrix& head : item) head = head.rows(from, to);
      return cut;
    };
    whole.document.tensors["past_key"] = assemble(part(whole.k, 0, 5), layout.matrices);
    whole.document.tensors["past_value"] = assemble(part(whole.v, 0, 5), layout.matrices);
    whole.document.tensors["key"] = assemble(part(whole.k, 5, 8), layout.operands);
    whole.document.tensors["value"] = assemble(part(whole.v, 5, 8), layout.operands);
    whole.check();
    whole.options.pipeline.mask = Mask::causal();  // query i stands at position 5 + i
    whole.bias = [](std::size_t, std::size_t) { return causal_bias(3, 8, 5); };
    whole.check();
    whole.document.key_lengths = std::vector<std::int64_t>(whole.sizes.batch, 7);  // the offset stays the cache's
    whole.bias = [](std::size_t, std::size_t) {
      return masking(3, 8, [](long i, long j) { return j <= i + 5 && j < 7; });
    };
    whole.check();
  }
}

TEST_CASE("a cache of no keys changes nothing") {
  HeadsCase c({1, 1, 1, 3, 3, 4, 5}, rank2);
  c.document.tensors["past_key"] = {{0, 4}, {}};
  c.document.tensors["past_value"] = {{0, 5}, {}};
  c.check();
}

TEST_CASE("the segments atom keeps documents apart") {
  HeadsCase c({1, 2, 2, 6, 6, 3, 3}, split2);
  c.document.segments = {{7, 7, 7, 2, 2, 9}};
  c.check();  // by itself the member masks nothing
  c.options.pipeline.mask = Mask::parse("segments & causal", "--mask");
  const std::vector<int> ids{7, 7, 7, 2, 2, 9};
  c.bias = [=](std::size_t, std::size_t) {
    return masking(6, 6, [&](long i, long j) {
      return j <= i && ids[static_cast<std::size_t>(i)] == ids[static_cast<std::size_t>(j)];
    });
  };
  c.check();
}

TEST_CASE("ALiBi's slopes are the paper's: powers of two, and every second of twice that between") {
  // Of 12 heads: those of 8, then 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5.
  const std::map<std::size_t, std::vector<double>> slopes{
      {1, {1.0 / 256}},
      {2, {1.0 / 16, 1.0 / 256}},
      {3, {1.0 / 16, 1.0 / 256, 1.0 / 4}},
      {8, {1.0 / 2, 1.0 / 4, 1.0 / 8, 1.0 / 16, 1.0 / 32, 1.0 / 64, 1.0 / 128, 1.0 / 256}},
      {12,
       {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625, 0.7071067811865476, 0.3535533905932738,
        0.1767766952966369, 0.08838834764831845}}};
  for (const auto& [heads, own] : slopes) {
    HeadsCase c({1, heads, 1, 4, 5, 3, 2}, rank4);
    c.options.pipeline.alibi = true;
    const std::vector<double> slope = own;
    c.bias = [=](std::size_t, std::size_t h) {
      Matrix bias = Matrix::zeros(4, 5);
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j)
          bias(i, j) = -slope[h] * std::abs(static_cast<double>(i) - static_cast<double>(j));
      return bias;
    };
    c.check();
  }
}

TEST_CASE("ALiBi counts distance from where the query stands after cached keys or key lengths") {
  HeadsCase c({2, 1, 1, 2, 6, 3, 2}, rank3);
  c.options.pipeline.alibi = true;
  c.document.key_lengths = {{6, 3}};
  c.bias = [](std::size_t b, std::size_t) {
    const long offset = b == 0 ? 4 : 1, length = b == 0 ? 6 : 3;
    Matrix bias = masking(2, 6, [&](long, long j) { return j < length; });
    for (long i = 0; i < 2; ++i)
      for (long j = 0; j < 6; ++j)
        bias(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) -=
            static_cast<double>(std::labs(i + offset - j)) / 256;
    return bias;
  };
  c.check();
}

TEST_CASE("sinks join the sum: one for all heads, or one a head") {
  HeadsCase c({2, 3, 1, 4, 5, 3, 2}, rank4);
  c.options.pipeline.sinks = {0.5};
  c.sinks = {0.5, 0.5, 0.5};
  c.check();
  c.options.pipeline.sinks = c.sinks = {-1, 8, 0};
  c.check();
  const Array weights = c.expected()["weights"];
  CHECK(weights.values[0] + weights.values[1] + weights.values[2] + weights.values[3] + weights.values[4] < 1);
}

TEST_CASE("softcap caps the scores before the bias, the mask and the softmax") {
  HeadsCase c({1, 2, 2, 4, 5, 3, 2}, split2);
  c.options.pipeline.softcap = c.steps.softcap = 0.25;
  c.options.pipeline.mask = Mask::causal();
  c.document.tensors["bias"] = random_array({4, 5}, 3, 4);
  const std::vector<double> added = c.document.tensors["bias"].values;
  c.bias = [=](std::size_t, std::size_t) {
    Matrix bias = causal_bias(4, 5);
    for (std::size_t at = 0; at < 20; ++at) bias.data()[at] += added[at];
    return bias;
  };
  c.check();
}

TEST_CASE("a query that may attend nothing is zero, NaN or uniform") {
  HeadsCase c({1, 1, 1, 2, 4, 3, 2}, rank2);
  c.document.tensors["mask"] = {{2, 4}, {0, 0, 0, 0, 1, 0, 1, 1}};
  c.bias = [](std::size_t, std::size_t) { return masking(2, 4, [](long i, long j) { return i == 1 && j != 1; }); };
  c.check();
  Expected expected = c.expected();
  const auto fill = [&](double weight, double first, double second) {
    for (const char* name : {"weights", "dropped"}) std::fill_n(expected[name].values.begin(), 4, weight);
    expected["output"].values[0] = first;
    expected["output"].values[1] = second;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  c.options.pipeline.empty_row = EmptyRow::nan;
  fill(nan, nan, nan);
  check_run(compute, c.document, c.options, expected);
  c.options.pipeline.empty_row = EmptyRow::uniform;
  const Matrix& v = c.v[0][0];
  fill(0.25, (v(0, 0) + v(1, 0) + v(2, 0) + v(3, 0)) / 4, (v(0, 1) + v(1, 1) + v(2, 1) + v(3, 1)) / 4);
  check_run(compute, c.document, c.options, expected);
}

TEST_CASE("any number of threads gives the same bytes") {
  HeadsCase c({2, 4, 2, 250, 300, 16, 20}, split3);
  c.options.pipeline.mask = Mask::causal();
  const Input input = c.document.input(DType::f32);
  for (const KernelSet* set : supported_kernel_sets()) {
    c.options.execution.kernels = set;
    for (const bool matrices : {true, false}) {
      c.options.wanted.emit = matrices ? all_stages() : std::vector{Stage::output, Stage::lse};
      c.options.execution.threads = 1;
      const Result one = compute(input, c.options);
      c.options.execution.threads = 3;
      const Result three = compute(input, c.options);
      for (const NamedTensor& named : one.tensors) {
        INFO(set->name << " " << named.name);
        CHECK(difference(three.find(named.name), array_of(named.tensor)) == 0);
      }
    }
  }
}

TEST_CASE("heads that are shared out in parts give the bytes of whole ones") {
  for (const char* const mask : {"all", "causal"}) {
    HeadsCase c({2, 14, 7, 300, 300, 8, 8}, split3);  // 14 key/value heads: for two threads, the last of each in parts
    c.options.pipeline.mask = Mask::parse(mask, "--mask");
    c.options.wanted.emit = {Stage::output, Stage::lse};
    const Input input = c.document.input(DType::f32);
    for (const KernelSet* set : supported_kernel_sets()) {
      c.options.execution.kernels = set;
      c.options.execution.threads = 1;
      const Result whole = compute(input, c.options);
      c.options.execution.threads = 2;
      const Result parts = compute(input, c.options);
      for (const NamedTensor& named : whole.tensors) {
        INFO(mask << " " << set->name << " " << named.name);
        CHECK(difference(parts.find(named.name), array_of(named.tensor)) == 0);
      }
    }
  }
}
