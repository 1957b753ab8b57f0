// RMS norm of queries and keys against the formula in plain loops.
#include "attention/layer/qk_norm.hpp"

#include <algorithm>
#include <cmath>

#include "attention/document_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Array normed(const Array& rows, std::size_t width, const std::vector<double>& weight, double epsilon) {
  Array result = rows;
  for (std::size_t at = 0; at < rows.values.size(); at += width) {
    double squares = 0;
    for (std::size_t c = 0; c < width; ++c) squares += rows.values[at + c] * rows.values[at + c];
    const double root = std::sqrt(squares / static_cast<double>(width) + epsilon);
    for (std::size_t c = 0; c < width; ++c)
      result.values[at + c] = rows.values[at + c] / root * (weight.empty() ? 1 : weight[c]);
  }
  return result;
}

// (L, H·D) as (H, L, D).
Array by_head(const Array& rows, std::size_t heads) {
  const std::size_t length = rows.shape[0], width = rows.shape[1] / heads;
  Array split{{heads, length, width}, {}};
  for (std::size_t h = 0; h < heads; ++h)
    for (std::size_t i = 0; i < length; ++i)
      for (std::size_t c = 0; c < width; ++c) split.values.push_back(rows.values[(i * heads + h) * width + c]);
  return split;
}

// Twenty rows in four query heads and two key heads of width 3.
class NormCase {
 public:
  NormCase() {
    options.heads.query = 4;
    options.wanted.emit = {Stage::query, Stage::key};
    document.tensors["embeddings"] = random_array({20, 5}, 1);
    document.projections = {
        {"W_q", random_array({5, 12}, 2)}, {"W_k", random_array({5, 6}, 3)}, {"W_v", random_array({5, 6}, 4)}};
    AttentionOptions exact = options;
    exact.execution.dtype = DType::f64;
    const Result plain = multihead(document.input(DType::f64), exact);
    query = merged(array_of(*plain.find("query")));
    key = merged(array_of(*plain.find("key")));
  }

  static Array merged(const Array& heads) {
    const std::size_t count = heads.shape[0], length = heads.shape[1], width = heads.shape[2];
    Array rows{{length, count * width}, {}};
    for (std::size_t i = 0; i < length; ++i)
      for (std::size_t h = 0; h < count; ++h)
        for (std::size_t c = 0; c < width; ++c) rows.values.push_back(heads.values[(h * length + i) * width + c]);
    return rows;
  }

  Document document;
  AttentionOptions options;
  Array query, key;
};

}  // namespace

TEST_CASE("each head is normed, with ones or with a weight of its width") {
  NormCase c;
  c.options.layer.qk_norm.emplace();
  check_run(multihead, c.document, c.options,
            {{"query", by_head(normed(c.query, 3, {}, 1e-6), 4)}, {"key", by_head(normed(c.key, 3, {}, 1e-6), 2)}});
  c.options.layer.qk_norm = {.epsilon = 0.5, .query_weight = {1, 2, 3}, .key_weight = {0.5, -1, 0}};
  check_run(multihead, c.document, c.options,
            {{"query", by_head(normed(c.query, 3, {1, 2, 3}, 0.5), 4)},
             {"key", by_head(normed(c.key, 3, {0.5, -1, 0}, 0.5), 2)}});
}

TEST_CASE("a weight as wide as all heads is one norm over them") {
  NormCase c;
  const std::vector<double> wide = random_array({12}, 9).values, narrow = random_array({6}, 10).values;
  c.options.layer.qk_norm = {.query_weight = wide, .key_weight = narrow};
  check_run(
      multihead, c.document, c.options,
      {{"query", by_head(normed(c.query, 12, wide, 1e-6), 4)}, {"key", by_head(normed(c.key, 6, narrow, 1e-6), 2)}});
}

TEST_CASE("a weight as wide as all heads may be that of one head after the other") {
  NormCase c;
  const std::vector<double> wide = random_array({12}, 9).values, narrow = random_array({6}, 10).values;
  c.options.layer.qk_norm = {.query_weight = wide, .key_weight = narrow, .own_heads = true};
  const auto apart = [](const Array& rows, const std::vector<double>& weight) {
    Array result = normed(rows, 3, {}, 1e-6);
    for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] *= weight[i % weight.size()];
    return result;
  };
  check_run(multihead, c.document, c.options,
            {{"query", by_head(apart(c.query, wide), 4)}, {"key", by_head(apart(c.key, narrow), 2)}});
}

TEST_CASE("a centred norm is that of what is left without the mean") {
  NormCase c;
  c.options.layer.qk_norm = {.epsilon = 0.25, .query_weight = {1, 2, 3}, .key_weight = {0.5, -1, 2}, .centred = true};
  const auto centred = [](Array rows) {
    for (std::size_t at = 0; at < rows.values.size(); at += 3) {
      const double mean = (rows.values[at] + rows.values[at + 1] + rows.values[at + 2]) / 3;
      for (std::size_t i = 0; i < 3; ++i) rows.values[at + i] -= mean;
    }
    return rows;
  };
  check_run(multihead, c.document, c.options,
            {{"query", by_head(normed(centred(c.query), 3, {1, 2, 3}, 0.25), 4)},
             {"key", by_head(normed(centred(c.key), 3, {0.5, -1, 2}, 0.25), 2)}});
}

TEST_CASE("queries and keys are limited before they are normed") {
  NormCase c;
  c.options.layer.clip = 0.5;
  const auto limited = [](Array rows) {
    for (double& value : rows.values) value = std::clamp(value, -0.5, 0.5);
    return rows;
  };
  check_run(multihead, c.document, c.options,
            {{"query", by_head(limited(c.query), 4)}, {"key", by_head(limited(c.key), 2)}});
  c.options.layer.qk_norm.emplace();
  check_run(multihead, c.document, c.options,
            {{"query", by_head(normed(limited(c.query), 3, {}, 1e-6), 4)},
             {"key", by_head(normed(limited(c.key), 3, {}, 1e-6), 2)}});
}

TEST_CASE("the norm comes before the rotation, and metadata names its epsilon") {
  NormCase c;
  c.options.layer.rope = Rope{.dims = 2, .offset = 1};
  c.options.layer.qk_norm = {.query_weight = {1, 2, 3}};
  c.options.execution.dtype = DType::f64;
  const Result result = multihead(c.document.input(DType::f64), c.options);
  const Array normed_query = by_head(normed(c.query, 3, {1, 2, 3}, 1e-6), 4);
  const Array actual = array_of(*result.find("query"));
  for (std::size_t i = 0; i < 20; ++i) {
    const double x = normed_query.values[i * 3], y = normed_query.values[i * 3 + 1];
    const double angle = static_cast<double>(i + 1);
    CHECK(actual.values[i * 3] == Approx(x * std::cos(angle) - y * std::sin(angle)).margin(1e-12));
    CHECK(actual.values[i * 3 + 1] == Approx(y * std::cos(angle) + x * std::sin(angle)).margin(1e-12));
    CHECK(actual.values[i * 3 + 2] == Approx(normed_query.values[i * 3 + 2]).margin(1e-12));
  }
  CHECK(std::count(result.metadata.begin(), result.metadata.end(),
                   std::pair<std::string, MetadataValue>("qk_norm_epsilon", 1e-6)) == 1);
}

TEST_CASE("a norm whose width is neither that of a head nor that of all is refused") {
  NormCase c;
  c.options.layer.qk_norm = {.query_weight = {1, 2}};
  check_multihead_error(c.document, c.options, ErrorKind::data, "`qk_norm`",
                        "a norm of width 2 for query heads of width 3, together 12");
  c.options.layer.qk_norm = {.key_weight = std::vector<double>(12)};
  check_multihead_error(c.document, c.options, ErrorKind::data, "`qk_norm`",
                        "a norm of width 12 for key heads of width 3, together 6");
}
