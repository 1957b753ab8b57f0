// A range of queries gives the rows of the whole run, to the bit: every engine, stage, kernel set and dtype.
#include <cstring>

#include "attention/bf16_sets.hpp"
#include "attention/document_case.hpp"
#include "support/catch.hpp"

using namespace attn;
using namespace attn::test;

namespace {

struct Range {
  std::size_t begin, end;
};

// The rows of a whole tensor that belong to the range: `axis` from the last one counts the queries.
std::vector<char> rows_of(const Tensor& whole, Range range, int axis) {
  const std::size_t row = (axis == -1 ? 1 : whole.extent(-1)) * dtype_size(whole.dtype());
  const std::size_t queries = whole.extent(axis);
  std::vector<char> bytes;
  const char* from = static_cast<const char*>(whole.data());
  for (std::size_t done = 0; done < whole.bytes(); done += queries * row)
    bytes.insert(bytes.end(), from + done + range.begin * row, from + done + range.end * row);
  return bytes;
}

void check_rows(const Result& whole, const Result& part, Range range) {
  REQUIRE(names_of(part) == names_of(whole));
  for (const NamedTensor& named : part.tensors) {
    INFO(named.name);
    const Tensor& all = *whole.find(named.name);
    const StageInfo& info = *find_stage(named.name);
    const int axis = info.has_columns() ? -2 : -1;
    Shape expected = all.shape();
    if (info.has_query_rows())
      expected[axis == -1 ? expected.size() - 1 : expected.size() - 2] = range.end - range.begin;
    REQUIRE(shape_text(named.tensor.shape()) == shape_text(expected));
    const std::vector<char> rows = info.has_query_rows()
                                       ? rows_of(all, range, axis)
                                       : std::vector<char>(static_cast<const char*>(all.data()),
                                                           static_cast<const char*>(all.data()) + all.bytes());
    REQUIRE(rows.size() == named.tensor.bytes());
    CHECK((rows.empty() || std::memcmp(rows.data(), named.tensor.data(), rows.size()) == 0));
  }
}

// Runs all and each range with every kernel set and arithmetic, streamed or decoded, and with every stage.
void check_ranges(Run run, const Document& document, AttentionOptions options, const std::vector<Range>& ranges,
                  bool multihead = false) {
  std::vector<const KernelSet*> sets = supported_kernel_sets();
  for (const KernelSet& set : bf16_sets()) sets.push_back(&set);
  for (const auto& [dtype, bf16] : {std::pair{DType::f32, false}, {DType::f64, false}, {DType::f32, true}}) {
    const Input input = document.input(dtype);
    options.execution.dtype = dtype;
    options.execution.bf16_operands = bf16;
    for (const KernelSet* set : sets) {
      if (dtype == DType::f64 && set->f64 == nullptr && set->f32 != nullptr) continue;  // a set of bf16 kernels alone
      options.execution.kernels = set;
      for (const std::vector<Stage>& emit : {std::vector{Stage::output, Stage::lse}, all_stages(multihead)}) {
        options.wanted.emit = emit;
        options.wanted.query_range.reset();
        options.execution.threads = 1;
        const Result whole = run(input, options);
        for (const Range range : ranges) {
          INFO(set->name << ", " << dtype_name(dtype) << (bf16 ? " in bf16" : "") << ", " << emit.size() << " stages, "
                         << range.begin << ":" << range.end);
          options.wanted.query_range = QueryRange{range.begin, range.end};
          options.execution.threads = 1 + (range.begin + range.end) % 3;
          check_rows(whole, run(input, options), range);
        }
      }
    }
  }
}

Document random_document(const Shape& query, const Shape& key, const Shape& value, unsigned seed = 1) {
  Document document;
  document.tensors["query"] = random_array(query, seed);
  document.tensors["key"] = random_array(key, seed + 1);
  document.tensors["value"] = random_array(value, seed + 2);
  return document;
}

AttentionOptions masked(const char* expression) {
  AttentionOptions options;
  options.pipeline.mask = Mask::parse(expression, "--mask");
  return options;
}

const std::vector<Range> of_200{{0, 1}, {0, 200}, {199, 200}, {3, 5}, {7, 100}, {96, 192}, {1, 200}, {60, 61}};

}  // namespace

TEST_CASE("rows of a range are those of the whole run, streamed and with every stage", "[range]") {
  check_ranges(compute, random_document({200, 24}, {310, 24}, {310, 16}), {}, of_200);
  check_ranges(compute, random_document({2, 4, 70, 9}, {2, 2, 90, 9}, {2, 2, 90, 5}), {}, {{0, 3}, {33, 61}, {69, 70}});
}

TEST_CASE("rows of a range are those of the whole run that decodes", "[range]") {
  const std::vector<Range> of_8{{0, 1}, {3, 4}, {2, 7}, {7, 8}};
  check_ranges(compute, random_document({1, 4, 8, 16}, {1, 1, 2100, 16}, {1, 1, 2100, 16}), masked("!window:300,300"),
               of_8);
  check_ranges(compute, random_document({2, 4, 3, 16}, {2, 2, 1500, 16}, {2, 2, 1500, 7}), masked("padding:1030"),
               {{0, 1}, {1, 3}});
  // Keys that are read where they lie, and heads that share many keys.
  check_ranges(compute, random_document({1, 4, 2, 16}, {1, 1, 1100, 16}, {1, 1, 1100, 16}), masked("padding:1030"),
               {{0, 1}, {1, 2}});
  check_ranges(compute, random_document({1, 4, 30, 16}, {1, 1, 2100, 16}, {1, 1, 2100, 16}),
               masked("causal:bottom-right"), {{0, 1}, {3, 29}});
  // Tiles of keys that are no whole number of chains.
  check_ranges(compute, random_document({420, 80}, {420, 80}, {420, 80}), masked("causal"), {{0, 300}, {301, 420}});
  // Fewer rows than decoding takes, of a problem that is streamed.
  check_ranges(compute, random_document({40, 16}, {1300, 16}, {1300, 16}), {}, {{0, 2}, {39, 40}});
}

TEST_CASE("masks, bias and positions count from the first query of all", "[range]") {
  for (const char* expression :
       {"causal", "causal:bottom-right", "window:5,2", "causal & window:40,0 | sink:3", "stride:3", "random:0.3,7",
        "!causal", "padding:0 | window:0,0", "global:90 | window:1,1"}) {
    INFO(expression);
    check_ranges(compute, random_document({200, 8}, {230, 8}, {230, 8}), masked(expression), of_200);
  }
  Document document = random_document({200, 8}, {230, 8}, {230, 8});
  document.tensors["bias"] = random_array({200, 230}, 9);
  for (std::size_t at = 0; at < document.tensors["bias"].values.size(); at += 7)
    document.tensors["bias"].values[at] = -infinity;
  document.tensors["mask"] = random_array({200, 230}, 10);
  for (double& keep : document.tensors["mask"].values) keep = keep > -0.5;
  AttentionOptions options = masked("causal");
  options.pipeline.alibi = true;
  options.pipeline.softcap = 3;
  options.pipeline.sinks = {0.5};
  check_ranges(compute, document, options, of_200);
  document.tensors["bias"] = random_array({1, 230}, 9);
  check_ranges(compute, document, options, {{5, 9}});
}

TEST_CASE("a range sees caches, key lengths, segments and split heads as the whole does", "[range]") {
  Document cached = random_document({2, 40, 8}, {2, 40, 8}, {2, 40, 8});
  cached.tensors["past_key"] = random_array({2, 2, 30, 4}, 5);
  cached.tensors["past_value"] = random_array({2, 2, 30, 4}, 6);
  AttentionOptions options = masked("causal");
  options.heads.query = 2;
  options.pipeline.alibi = true;
  check_ranges(compute, cached, options, {{0, 1}, {10, 33}, {39, 40}});
  Document lengths = random_document({2, 40, 8}, {2, 60, 8}, {2, 60, 8});
  lengths.key_lengths = {{50, 7}};
  check_ranges(compute, lengths, masked("causal"), {{0, 1}, {10, 33}});
  check_ranges(compute, lengths, masked("causal:bottom-right"), {{0, 1}, {10, 33}});
  Document packed = random_document({60, 8}, {60, 8}, {60, 8});
  packed.segments.emplace();
  for (std::int64_t j = 0; j < 60; ++j) packed.segments->push_back(j / 13);
  check_ranges(compute, packed, masked("segments & causal"), {{0, 1}, {10, 33}});
}

TEST_CASE("numbers that are not finite, or huge, do not reach the other rows of a range either", "[range]") {
  for (const std::size_t queries : {6U, 200U}) {  // decoded, streamed
    Document document = random_document({queries, 16}, {queries + 1200, 16}, {queries + 1200, 16});
    const auto row = [&](const char* name, std::size_t i, double value) {
      for (std::size_t c = 0; c < 16; c += 3) document.tensors[name].values[i * 16 + c] = value;
    };
    row("value", queries + 1199, infinity);
    row("value", queries / 2, std::nan(""));
    row("value", 3, 3e38);
    row("value", queries + 1198, 3e38);
    row("value", 4, 1e-30);
    row("key", queries - 1, infinity);
    row("query", 1, std::nan(""));
    row("query", 2, -infinity);
    const std::vector<Range> ranges{{0, 1}, {1, 2}, {2, 4}, {0, queries / 2}, {queries / 2, queries}, {4, 6}};
    for (const char* expression : {"all", "causal", "causal | global:1", "window:1,1", "window:0,0"}) {
      INFO(expression << ", " << queries << " queries");
      check_ranges(compute, document, masked(expression), ranges);
    }
  }
}

TEST_CASE("multihead projects the queries of a range alone, with the same bits", "[range]") {
  for (const bool batched : {false, true}) {
    Document document;
    document.tensors["embeddings"] = random_array(batched ? Shape{3, 130, 20} : Shape{130, 20}, 1);
    for (const char* name : {"W_q", "W_k", "W_v"}) document.projections[name] = random_array({20, 24}, 2);
    document.projections["W_o"] = random_array({24, 11}, 3);
    document.projections["b_q"] = random_array({24}, 4);
    document.num_heads = 3;
    check_ranges(multihead, document, masked("causal"), {{0, 1}, {0, 130}, {47, 50}, {100, 130}, {129, 130}}, true);
    AttentionOptions averaged = masked("causal");
    averaged.wanted.average = true;
    check_ranges(multihead, document, averaged, {{47, 50}}, true);
  }
}

TEST_CASE("labels of a range are the range's, and the keys keep theirs", "[range]") {
  Document document;
  document.tensors["embeddings"] = random_array({4, 3}, 1);
  document.tokens = {"a", "b", "c", "d"};
  AttentionOptions options;
  options.wanted.query_range = QueryRange{1, 3};
  const Result result = compute(document.input(DType::f32), options);
  CHECK(result.tokens == std::vector<std::string>{"b", "c"});
  CHECK(result.key_tokens == document.tokens);
  const auto named = [&](const char* name) {
    for (const auto& [member, value] : result.metadata)
      if (member == name) return value;
    return MetadataValue{false};
  };
  CHECK(named("query_range") == MetadataValue{"1:3"});
  CHECK(named("queries") == MetadataValue{std::int64_t{4}});
  document.key_tokens = document.tokens;
  CHECK(compute(document.input(DType::f32), options).key_tokens == document.tokens);
  document.tokens.clear();
  CHECK(compute(document.input(DType::f32), options).key_tokens == document.key_tokens);
}

TEST_CASE("the memory of a range is counted without the other rows", "[range]") {
  Document document = random_document({1, 1, 400, 4}, {1, 1, 400, 4}, {1, 1, 400, 4});
  AttentionOptions options;
  options.execution.max_memory = 200000;
  check_compute_error(
      document, options, ErrorKind::data, "`max_memory`",
      "this needs 637.5 KiB, of which weights (1, 1, 400, 400) takes 625.0 KiB; the limit is 195.3 KiB");
  options.wanted.query_range = QueryRange{300, 400};
  CHECK(compute(document.input(DType::f32), options).find("weights")->extent(-2) == 100);
}

TEST_CASE("a range without queries, or past the last, is an error", "[range]") {
  const Document document = random_document({6, 4}, {6, 4}, {6, 4});
  AttentionOptions options;
  const auto refuse = [&](std::size_t begin, std::optional<std::size_t> end, const char* message) {
    options.wanted.query_range = QueryRange{begin, end};
    check_compute_error(document, options, ErrorKind::usage, "`query_range`", message);
  };
  refuse(2, 7, "ends at 7, but there are 6 queries");
  refuse(7, 9, "ends at 9, but there are 6 queries");
  refuse(6, {}, "begins at 6, but there are 6 queries");
  refuse(3, 3, "the range 3:3 holds no query");
  refuse(4, 2, "the range 4:2 holds no query");
}
