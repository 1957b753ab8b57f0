// Memory that is refused before it is allocated.
#include "attention/document/budget.hpp"

#include "attention/document/row_stats.hpp"
#include "attention/document_heads_case.hpp"
#include "core/memory.hpp"

using namespace attn;
using namespace attn::test;

namespace {

void check_refusal(std::uint64_t limit, const std::vector<Stage>& emit, const std::string& what) {
  HeadsCase c({1, 2, 2, 1000, 1000, 4, 4}, rank4);
  c.options.execution.max_memory = limit;
  c.options.wanted.emit = emit;
  check_compute_error(c.document, c.options, ErrorKind::data, "`max_memory`", what);
}

}  // namespace

TEST_CASE("a sum within the limit passes, one byte more does not, and no limit is none") {
  Budget budget(100);
  budget.add("x", {25}, 4);
  CHECK_NOTHROW(budget.check());
  budget.add("y", {1}, 1);
  check_error([&] { budget.check(); }, ErrorKind::data, "`max_memory`",
              "this needs 101 bytes, of which x (25,) takes 100 bytes; the limit is 100 bytes");
  Budget unlimited(0);
  unlimited.add("x", {SIZE_MAX, SIZE_MAX}, 8);
  CHECK_NOTHROW(unlimited.check());
}

TEST_CASE("impossible sizes do not wrap around to possible ones") {
  Budget budget(1 << 20);
  budget.add("weights", {std::size_t{1} << 33, std::size_t{1} << 33}, 4);
  budget.add("output", {16}, 4);
  check_error([&] { budget.check(); }, ErrorKind::data, "`max_memory`",
              "this needs over 16 EiB, of which weights (8589934592, 8589934592) takes over 16 EiB; the limit is "
              "1.0 MiB");
}

TEST_CASE("a run that does not fit says what takes most and what would fit") {
  check_refusal(1 << 20, {Stage::weights, Stage::output},
                "this needs 7.7 MiB, of which weights (1, 2, 1000, 1000) takes 7.6 MiB; the limit is 1.0 MiB");
  check_refusal(1 << 10, {Stage::output},
                "this needs 62.5 KiB, of which output (1, 2, 1000, 4) takes 31.2 KiB; the limit is 1.0 KiB");
  check_refusal(1 << 10, {Stage::weights},
                "this needs 7.7 MiB, of which weights (1, 2, 1000, 1000) takes 7.6 MiB; the limit is 1.0 KiB");
}

TEST_CASE("output alone is advised to callers that can do with it, where it fits with room for the engines") {
  HeadsCase c({1, 2, 2, 2000, 1000, 4, 4}, rank4);
  c.options.wanted.emit = {Stage::weights};
  const std::string refusal = "this needs 15.4 MiB, of which weights (1, 2, 2000, 1000) takes 15.3 MiB; the limit is ";
  const auto check = [&](std::uint64_t limit, const std::string& advice) {
    c.options.execution.max_memory = limit;
    check_compute_error(c.document, c.options, ErrorKind::data, "`max_memory`", refusal + size_text(limit) + advice);
  };
  check(8 << 20, "");
  check(9 << 20, "; '`emit` output' needs 93.8 KiB");
  c.options.wanted.emit = {Stage::output};
  CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
  c.options.wanted.emit = {Stage::weights};
  c.options.wanted.emit_may_shrink = false;
  check(9 << 20, "");
}

TEST_CASE("every stage counts towards the limit") {
  const HeadsCase c({1, 2, 1, 40, 16, 4, 4}, rank4);
  const auto needs = [&](std::vector<Stage> emit, std::uint64_t limit, bool bf16 = false) {
    AttentionOptions options;
    options.execution.bf16_operands = bf16;
    options.wanted.emit = std::move(emit);
    options.execution.max_memory = limit;
    try {
      compute(c.document.input(DType::f32), options);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  const std::uint64_t least = (2 * 40 * 4 + 16 * 4) * 4;  // output and packed keys
  CHECK_FALSE(needs({Stage::output}, least));
  CHECK(needs({Stage::output}, least - 1));
  const std::uint64_t packed_values = 16 * 4 * 4;
  CHECK_FALSE(needs({Stage::output}, least + packed_values, true));
  CHECK(needs({Stage::output}, least + packed_values - 1, true));
  const std::map<Stage, std::uint64_t> bytes{
      {Stage::query, 1280},   {Stage::key, 256},     {Stage::value, 256},       {Stage::scores, 5120},
      {Stage::capped, 5120},  {Stage::masked, 5120}, {Stage::mask, 1280},       {Stage::weights, 5120},
      {Stage::dropped, 5120}, {Stage::lse, 320},     {Stage::present_key, 256}, {Stage::present_value, 256}};
  for (const auto& [stage, size] : bytes) {
    INFO(stages()[static_cast<std::size_t>(stage)].name);
    CHECK_FALSE(needs({Stage::output, stage}, least + size));
    CHECK(needs({Stage::output, stage}, least + size - 1));
  }
}

TEST_CASE("few queries need no packed keys, unless their weights are looked at") {
  HeadsCase c({1, 2, 1, 4, 1000, 4, 4}, rank4);
  c.options.wanted.emit = {Stage::output};
  const auto needs = [&](std::uint64_t bytes, const std::string& largest) {
    c.options.execution.max_memory = bytes;
    CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
    c.options.execution.max_memory = bytes - 1;
    check_compute_error(
        c.document, c.options, ErrorKind::data, "`max_memory`",
        "this needs " + size_text(bytes) + ", of which " + largest + "; the limit is " + size_text(bytes - 1));
  };
  const std::uint64_t output = 2 * 4 * 4 * 4, packed = 1000 * 4 * 4;
  needs(output, "output (1, 2, 4, 4) takes 128 bytes");
  c.options.execution.bf16_operands = true;
  needs(output, "output (1, 2, 4, 4) takes 128 bytes");
  c.options.execution.bf16_operands = false;
  c.options.wanted.stats = true;
  needs(output + packed + 2 * 4 * row_stat_table.size() * 4,
        "the packed keys (1, 1, 1000, 4) takes " + size_text(packed));
}

TEST_CASE("plain loops have copies of operands that are rounded or widened, and no others") {
  HeadsCase c({1, 2, 1, 40, 1000, 4, 4}, rank4);
  c.options.wanted.emit = {Stage::output};
  c.options.execution.kernels = &reference_kernel_set();
  const auto needs = [&](std::uint64_t bytes) {
    c.options.execution.max_memory = bytes;
    CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
    c.options.execution.max_memory = bytes - 1;
    CHECK_THROWS_AS(compute(c.document.input(DType::f32), c.options), Error);
  };
  const std::uint64_t queries = 2 * 40 * 4, keys = 1000 * 4, output = 2 * 40 * 4;
  needs(4 * output);
  c.options.execution.bf16_operands = true;
  needs(4 * (output + queries + 2 * keys));
  c.options.execution.bf16_operands = false;
  c.options.execution.f16_operands = true;
  needs(4 * (output + queries + 2 * keys) + 2 * 2 * keys);
}

TEST_CASE("dropout takes a bit a weight") {
  HeadsCase c({1, 2, 2, 100, 1000, 4, 4}, rank4);
  const RandomStream stream(Generator::torch, 1);
  c.options.wanted.emit = {Stage::output};
  const std::uint64_t least = (2 * 100 * 4 + 2 * 1000 * 4) * 4, bits = 2 * 100 * 1000 / 8;
  c.options.execution.max_memory = least + bits - 1;
  CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
  c.options.pipeline.dropout = {.p = 0.5, .stream = &stream};
  check_compute_error(
      c.document, c.options, ErrorKind::data, "`max_memory`",
      "this needs 58.8 KiB, of which the packed keys (1, 2, 1000, 4) takes 31.2 KiB; the limit is 58.8 KiB");
  c.options.execution.max_memory = least + bits;
  CHECK_NOTHROW(compute(c.document.input(DType::f32), c.options));
}

TEST_CASE("multihead refuses projections that do not fit before it makes them") {
  Document document;
  document.tensors["embeddings"] = random_array({4, 2}, 1);
  // 2^20 columns each: 16 MiB for the queries alone.
  for (const char* name : {"W_q", "W_k", "W_v"})
    document.projections[name] = {{2, 1 << 20}, std::vector<double>(2 << 20)};
  AttentionOptions options;
  options.execution.max_memory = 1 << 20;
  check_multihead_error(
      document, options, ErrorKind::data, "`max_memory`",
      "this needs 16.0 MiB, of which the projected queries (4, 1048576) takes 16.0 MiB; the limit is 1.0 MiB");
}
