// Parts of queries: all queries once, about the same work in each, and the rows of the whole run.
#include <cstring>

#include "attention/document_case.hpp"
#include "support/catch.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Document random_document(const Shape& shape) {
  Document document;
  for (const auto& [name, seed] : {std::pair{"query", 1U}, {"key", 2U}, {"value", 3U}})
    document.tensors[name] = random_array(shape, seed);
  return document;
}

AttentionOptions masked(const std::string& expression) {
  AttentionOptions options;
  options.pipeline.mask = Mask::parse(expression, "--mask");
  options.wanted.emit = {Stage::output, Stage::lse};
  return options;
}

// The ranges of all parts, which are checked to hold each query once.
std::vector<QueryRange> ranges_of(const Document& document, AttentionOptions options, std::size_t parts,
                                  Run run = compute) {
  const Input input = document.input(DType::f32);
  std::vector<QueryRange> ranges;
  std::size_t end = 0;
  for (std::size_t k = 1; k <= parts; ++k) {
    options.wanted.query_part = QueryPart{k, parts};
    options.execution.threads = 1 + k % 3;
    const Result result = run(input, options);
    ranges.push_back(*result.summary.query_range);
    CHECK(ranges.back().begin == end);
    CHECK(*ranges.back().end > end);
    end = *ranges.back().end;
    if (k == parts) CHECK(end == result.summary.queries);
  }
  return ranges;
}

// The most work of a part over the mean, where the work of a query is the keys that it attends.
double imbalance(const Document& document, const std::string& mask, std::size_t parts) {
  const std::vector<QueryRange> ranges = ranges_of(document, masked(mask), parts);
  AttentionOptions options = masked(mask);
  options.wanted.emit = {Stage::mask};
  const Result all = compute(document.input(DType::f32), options);
  const Tensor& matrix = *all.find("mask");
  const auto cells = matrix.values<std::uint8_t>();
  const std::size_t keys = matrix.extent(-1);
  double total = 0, most = 0;
  for (const QueryRange& range : ranges) {
    double work = 0;
    for (std::size_t at = range.begin * keys; at < *range.end * keys; ++at) work += cells[at];
    total += work;
    most = std::max(most, work);
  }
  return most / (total / static_cast<double>(parts));
}

}  // namespace

TEST_CASE("parts give the rows of the whole run", "[part]") {
  const Document document = random_document({2, 3, 90, 8});
  const Input input = document.input(DType::f32);
  AttentionOptions options = masked("causal");
  options.wanted.emit = all_stages(false);
  const Result whole = compute(input, options);
  for (std::size_t k = 1; k <= 4; ++k) {
    options.wanted.query_range.reset();
    options.wanted.query_part = QueryPart{k, 4};
    const Result part = compute(input, options);
    options.wanted.query_part.reset();
    options.wanted.query_range = part.summary.query_range;
    const Result range = compute(input, options);
    REQUIRE(names_of(part) == names_of(whole));
    for (const NamedTensor& named : part.tensors) {
      const Tensor& other = *range.find(named.name);
      REQUIRE(named.tensor.shape() == other.shape());
      CHECK(std::memcmp(named.tensor.data(), other.data(), other.bytes()) == 0);
    }
    CHECK(part.metadata == range.metadata);
  }
}

TEST_CASE("parts cost about equally much under the mask", "[part]") {
  const Document document = random_document({1, 1, 2000, 1});
  for (const char* const mask : {"all", "causal", "causal:bottom-right & padding:1500", "causal & window:200,0",
                                 "block:300", "stride:3 & causal", "random:0.3,1"}) {
    INFO(mask);
    CHECK(imbalance(document, mask, 5) < 1.2);
  }
  // Without the mask's help, a causal run's last fifth would cost 1.8 times the mean.
  const std::vector<QueryRange> causal = ranges_of(document, masked("causal"), 5);
  CHECK(*causal[0].end > 700);
  CHECK(causal[4].begin > 1700);
  CHECK(ranges_of(document, masked("all"), 5)[2].begin == 800);
}

TEST_CASE("no part is empty, however the work lies", "[part]") {
  const Document document = random_document({1, 1, 12, 4});
  for (const char* const mask : {"all", "none", "global:0 & causal", "global:11 & !window:11,11", "causal"})
    for (const std::size_t parts : {1U, 2U, 5U, 11U, 12U}) {
      INFO(mask << " " << parts);
      ranges_of(document, masked(mask), parts);
    }
}

TEST_CASE("of many queries some are looked at", "[part]") {
  const Document document = random_document({40000, 1});
  const std::vector<QueryRange> ranges = ranges_of(document, masked("window:8,0 & block:20000"), 7);
  for (const QueryRange& range : ranges) CHECK(*range.end - range.begin == Approx(40000 / 7.0).epsilon(0.01));
}

TEST_CASE("masks that differ by batch item and head count together", "[part]") {
  Document document = random_document({2, 2, 1000, 4});
  document.key_lengths = {1000, 1};
  CHECK(*ranges_of(document, masked("causal"), 2)[0].end > 600);
  // All rows of head 0 attend, and those of head 1 from 50 on.
  std::vector<double> mask(std::size_t{2} * 100 * 100, 1);
  std::fill_n(mask.begin() + 10000, 5000, 0.0);
  Document stored = random_document({1, 2, 100, 4});
  stored.tensors["mask"] = {{2, 100, 100}, mask};
  const std::size_t half = *ranges_of(stored, masked("all"), 2)[0].end;
  CHECK(half > 52);
  CHECK(half < 62);
}

TEST_CASE("more parts than queries are an error", "[part]") {
  const Document document = random_document({3, 4});
  AttentionOptions options;
  options.wanted.query_part = QueryPart{1, 4};
  check_compute_error(document, options, ErrorKind::usage, "`query_part`", "4 parts, but there are 3 queries");
}

TEST_CASE("a run asks before it begins", "[part]") {
  const Input input = random_document({2, 3, 10, 4}).input(DType::f64);
  AttentionOptions options = masked("causal");
  options.execution.dtype = DType::f64;
  options.wanted.query_part = QueryPart{2, 2};
  bool wanted = true;
  std::vector<std::pair<Stage, Shape>> emitted;
  std::string range;
  options.wanted.begins = [&](const RunAhead& ahead) {
    emitted = ahead.emitted;
    CHECK(ahead.summary.kv_heads == 3);
    for (const auto& [name, value] : ahead.metadata)
      if (name == "query_range") range = std::get<std::string>(value);
    return wanted;
  };
  const Result result = compute(input, options);
  REQUIRE(emitted.size() == result.tensors.size());
  for (std::size_t n = 0; n < emitted.size(); ++n) {
    CHECK(stage_name(emitted[n].first) == result.tensors[n].name);
    CHECK(emitted[n].second == result.tensors[n].tensor.shape());
  }
  CHECK(range == std::to_string(result.summary.query_range->begin) + ":10");
  wanted = false;
  CHECK(compute(input, options).tensors.empty());
}
