// Stats and top of whole runs, by every kernel set, against plain loops over the weights of the same run.
#include <cmath>
#include <cstring>

#include "attention/document_heads_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

const std::vector<std::string> stat_names{"row_sum",         "entropy",       "peak",    "effective_keys",
                                          "first_key_share", "mean_distance", "sparsity"};

// The definitions, of one row in double precision.
std::vector<double> stats_of(const double* w, std::size_t keys, double position) {
  double sum = 0, entropy = 0, peak = 0, distance = 0, sparse = 0;
  for (std::size_t j = 0; j < keys; ++j) sum += w[j];
  if (std::isnan(sum)) return std::vector<double>(7, NAN);
  for (std::size_t j = 0; j < keys; ++j) {
    if (w[j] > 0) entropy -= w[j] / sum * std::log(w[j] / sum);
    peak = std::max(peak, w[j]);
    distance += w[j] * std::abs(position - static_cast<double>(j));
    sparse += w[j] < 1e-6 ? 1 : 0;
  }
  if (sum == 0) return {0, 0, 0, 0, 0, 0, 1};
  return {sum, entropy, peak, std::exp(entropy), w[0] / sum, distance / sum, sparse / static_cast<double>(keys)};
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

void check_same_statistics(const Result& a, const Result& b) {
  REQUIRE(a.stats.size() == b.stats.size());
  for (std::size_t s = 0; s < a.stats.size(); ++s) CHECK(same_bytes(a.stats[s].tensor, b.stats[s].tensor));
  REQUIRE((a.top && b.top));
  CHECK(a.top->keys == b.top->keys);
  CHECK(same_bytes(a.top->weights, b.top->weights));
}

// `offset(b)` is the position of query 0.
template <class Offset>
void check_statistics(const Result& result, std::size_t heads, std::size_t top, double tolerance, Offset offset) {
  const Array weights = array_of(*result.find("weights"));
  Shape rows(weights.shape.begin(), weights.shape.end() - 1);
  const std::size_t queries = rows.back(), keys = weights.shape.back(), count = std::min(top, keys);
  REQUIRE(result.stats.size() == stat_names.size());
  REQUIRE(result.top);
  CHECK(result.top->count == count);
  const Array strengths = array_of(result.top->weights);
  for (std::size_t row = 0; row < weights.values.size() / keys; ++row) {
    const double* w = weights.values.data() + row * keys;
    const std::size_t b = row / (heads * queries), i = row % queries;
    INFO("row " << row);
    const std::vector<double> expected = stats_of(w, keys, static_cast<double>(i) + offset(b));
    for (std::size_t s = 0; s < stat_names.size(); ++s) {
      INFO(stat_names[s]);
      CHECK(result.stats[s].name == stat_names[s]);
      REQUIRE(result.stats[s].tensor.shape() == rows);
      const double value = array_of(result.stats[s].tensor).values[row];
      CHECK((std::isnan(expected[s]) ? std::isnan(value)
                                     : std::abs(value - expected[s]) <= tolerance * (1 + std::abs(expected[s]))));
    }
    std::vector<std::size_t> order(keys);
    for (std::size_t j = 0; j < keys; ++j) order[j] = j;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
      return std::isnan(w[x]) != std::isnan(w[y]) ? std::isnan(w[x]) : w[x] > w[y];
    });
    for (std::size_t place = 0; place < count; ++place) {
      CHECK(result.top->keys[row * count + place] == order[place]);
      const double weight = strengths.values[row * count + place];
      CHECK((std::isnan(weight) ? std::isnan(w[order[place]]) : weight == w[order[place]]));
    }
  }
}

// Every kernel set in f32, f64 and bf16: right, the same whether or not the weights are kept, and on any number of
// threads.
template <class Offset>
void check_everywhere(Run run, const Document& document, AttentionOptions options, std::size_t heads, Offset offset) {
  options.wanted.stats = true;
  options.wanted.top = 3;
  for (const KernelSet* set : supported_kernel_sets()) {
    for (const auto& [dtype, bf16] : {std::pair{DType::f32, false}, {DType::f64, false}, {DType::f32, true}}) {
      INFO(set->name << " " << dtype_name(dtype) << (bf16 ? " bf16" : ""));
      options.execution.kernels = set;
      options.execution.dtype = dtype;
      options.execution.bf16_operands = bf16;
      options.execution.threads = 1;
      options.wanted.emit = {Stage::weights, Stage::output};
      const Input input = document.input(dtype);
      const Result kept = run(input, options);
      check_statistics(kept, heads, 3, dtype == DType::f64 ? 1e-12 : 1e-6, offset);
      options.wanted.emit = {Stage::output};
      for (const std::size_t threads : {1U, 2U, 5U}) {
        options.execution.threads = threads;
        const Result result = run(input, options);
        check_same_statistics(kept, result);
        CHECK(result.find("weights") == nullptr);
        CHECK(same_bytes(*kept.find("output"), *result.find("output")));
      }
    }
  }
}

// (B, H, L, D) with fewer key/value heads.
Document operands(std::size_t queries, std::size_t keys, double spread = 1) {
  Document document;
  document.tensors["query"] = random_array({2, 4, queries, 8}, 1, spread);
  document.tensors["key"] = random_array({2, 2, keys, 8}, 2);
  document.tensors["value"] = random_array({2, 2, keys, 5}, 3);
  return document;
}

const auto from_zero = [](std::size_t) { return 0.0; };

}  // namespace

TEST_CASE("stats and top are those of the weights, for every kernel set and number of threads") {
  check_everywhere(compute, operands(150, 150), {}, 4, from_zero);
  check_everywhere(compute, operands(3, 70), {}, 4, from_zero);
}

TEST_CASE("stats and top under masks, sinks and sharp scores") {
  AttentionOptions options;
  options.pipeline.mask =
      Mask::parse("causal & (window:40,0 | sink:2) & !block:16", "mask");  // the first rows are empty
  check_everywhere(compute, operands(150, 150, 30), options, 4, from_zero);
  options.pipeline.sinks = {0.5, -1, 2, 0};
  options.pipeline.softcap = 3;
  options.pipeline.alibi = true;
  check_everywhere(compute, operands(50, 50), options, 4, from_zero);
}

TEST_CASE("empty rows as NaN and as even weights show in the stats") {
  AttentionOptions options;
  options.pipeline.mask = Mask::parse("window:-1,-1 & !global:2", "mask");
  for (const EmptyRow rule : {EmptyRow::nan, EmptyRow::uniform}) {
    options.pipeline.empty_row = rule;
    check_everywhere(compute, operands(20, 20), options, 4, from_zero);
  }
}

TEST_CASE("a NaN in a query is in that row's stats alone") {
  Document document = operands(6, 6);
  document.tensors["query"].values[8] = NAN;  // row 1 of head 0
  check_everywhere(compute, document, {}, 4, from_zero);
}

TEST_CASE("distances count from the position that key lengths give a query") {
  Document document = operands(4, 9);
  document.key_lengths = {9, 6};
  AttentionOptions options;
  options.pipeline.mask = Mask::causal();
  check_everywhere(compute, document, options, 4, [](std::size_t b) { return b == 0 ? 5.0 : 2.0; });
}

TEST_CASE("multihead has stats and top of each head, averaged weights or not") {
  Document document;
  document.tensors["embeddings"] = random_array({7, 8}, 5);
  for (const char* name : {"W_q", "W_k", "W_v", "W_o"}) document.projections[name] = random_array({8, 8}, 6);
  document.num_heads = 4;
  check_everywhere(multihead, document, {}, 4, from_zero);
  AttentionOptions options;
  options.wanted.stats = true;
  options.wanted.top = 2;
  const Result single = multihead(document.input(DType::f32), options);
  options.wanted.average = true;
  const Result averaged = multihead(document.input(DType::f32), options);
  check_same_statistics(single, averaged);
  CHECK(averaged.find("weights")->shape() == Shape{7, 7});
  CHECK(averaged.stats[0].tensor.shape() == Shape{4, 7});
}

TEST_CASE("more strongest keys than there are keys are all of them; without keys or queries there are none") {
  AttentionOptions options;
  options.wanted.top = 100;
  options.wanted.stats = true;
  CHECK(compute(operands(2, 5).input(DType::f32), options).top->weights.shape() == Shape{2, 4, 2, 5});
  const Result no_keys = compute(operands(2, 0).input(DType::f32), options);
  CHECK(no_keys.top->weights.shape() == Shape{2, 4, 2, 0});
  for (const NamedTensor& stat : no_keys.stats)
    for (const double value : array_of(stat.tensor).values) CHECK(value == 0);
  const Result no_queries = compute(operands(0, 5).input(DType::f32), options);
  CHECK(no_queries.top->weights.shape() == Shape{2, 4, 0, 5});
  CHECK(no_queries.stats[0].tensor.shape() == Shape{2, 4, 0});
}

TEST_CASE("without stats and top nothing of them is there") {
  const Result result = compute(operands(2, 5).input(DType::f32), {});
  CHECK(result.stats.empty());
  CHECK_FALSE(result.top);
}

TEST_CASE("the memory of stats and top counts, and no matrix does") {
  HeadsCase c({1, 2, 2, 1000, 1000, 4, 4}, rank4);
  c.options.wanted.emit = {Stage::output};
  c.options.wanted.stats = true;
  c.options.execution.max_memory = 1 << 20;  // the weights would take 7.6 MiB
  CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
  c.options.wanted.top = 1000;
  check_compute_error(c.document, c.options, ErrorKind::data, "`max_memory`",
                      "this needs 23.0 MiB, of which top (1, 2, 1000, 1000) takes 22.9 MiB; the limit is 1.0 MiB");
}
