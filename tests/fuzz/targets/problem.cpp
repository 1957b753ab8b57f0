// A whole problem of attention drawn from bytes: every kernel set that this CPU runs keeps the error contract.
#include <array>
#include <limits>

#include "attention/contract.hpp"
#include "attn/error.hpp"
#include "attn/kernels.hpp"
#include "fuzz/fuzz.hpp"

using namespace attn;
using namespace attn::fuzz;
using namespace attn::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TaskSizes sizes_of(Draw& draw) {
  TaskSizes sizes{.queries = draw.below(36), .keys = draw.below(140), .depth = draw.below(40)};
  sizes.value_depth = draw.below(40);
  sizes.batch = 1 + draw.below(2);
  sizes.kv_heads = 1 + draw.below(2);
  sizes.heads = sizes.kv_heads * (1 + draw.below(3));
  sizes.padding = static_cast<std::ptrdiff_t>(draw.below(4));
  return sizes;
}

// Numbers that kernels treat in ways of their own, in some places: zeros, small and large ones. Large
// values would have one weight decide over the output.
void spoil(Draw& draw, Matrix& numbers, std::size_t kinds) {
  constexpr std::array odd{0.0, -0.0, 1e-40, 1e-30, 64.0, -64.0, 1e4};
  if (numbers.size() == 0) return;
  for (std::size_t count = draw.below(4); count > 0; --count) {
    const std::size_t at = draw.below(65536) % numbers.size();
    numbers.data()[at] = odd[draw.below(kinds)];
  }
}

std::vector<double> some(Draw& draw, std::size_t count) {
  std::vector<double> numbers;
  const std::size_t salt = draw.byte();
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(static_cast<double>((salt + 37 * i) % 64) / 16 - 2);
  return numbers;
}

void lay_bias(Draw& draw, TaskCase& c) {
  const std::size_t rows = draw.truth() ? c.sizes.queries : c.q.shape(0);
  c.bias = Matrix::zeros(rows, c.sizes.keys);
  const std::size_t hidden = draw.below(9), salt = draw.byte();
  std::size_t at = salt;
  for (double& x : c.bias) {
    ++at;
    x = at * 2654435761U % 9 < hidden ? -infinity : static_cast<double>(at * 40503U % 64) / 16 - 2;
  }
}

void lay_mask(Draw& draw, TaskCase& c) {
  constexpr std::array masks{"all",
                             "causal",
                             "causal:bottom-right",
                             "window:3,2",
                             "causal & window:5,0 | sink:2",
                             "block:7",
                             "none",
                             "stride:3",
                             "dilated:9,2",
                             "random:0.3,7",
                             "window:0,0",
                             "!causal",
                             "global:0,3",
                             "key_starts",
                             "key_lengths"};
  const auto keys = static_cast<std::int64_t>(c.sizes.keys);
  c.shape.offsets = {draw.from(-4, 60)};
  const std::string name = masks[draw.below(masks.size())];
  if (name == "key_lengths") {
    for (std::size_t b = 0; b < c.sizes.batch; ++b) c.shape.key_lengths.push_back(draw.from(0, keys));
    c.mask = Mask::key_lengths();
  } else if (name == "key_starts") {
    for (std::size_t b = 0; b < c.sizes.batch; ++b) c.shape.key_starts.push_back(draw.from(0, keys));
    c.mask = Mask::key_starts() & Mask::causal();
  } else {
    c.mask = Mask::parse(name, "--mask");
  }
}

TaskCase problem_of(Draw& draw) {
  constexpr std::array spreads{1.0, 0.01, 2.0};
  const TaskSizes sizes = sizes_of(draw);
  TaskCase c(sizes, static_cast<unsigned>(draw.byte()), spreads[draw.below(spreads.size())]);
  const std::size_t features = draw.byte(), more = draw.byte();
  if (features & 1U) lay_mask(draw, c);
  if (features & 2U) lay_bias(draw, c);
  if (features & 4U) c.scale = some(draw, 1)[0];
  if (features & 8U) c.softcap = 0.5 + static_cast<double>(draw.below(60));
  if (features & 16U) c.slopes = some(draw, sizes.heads);
  if (features & 32U) c.sinks = some(draw, sizes.heads);
  if (features & 64U) c.head_scales = some(draw, sizes.heads);
  if (features & 128U) c.query_scales = some(draw, sizes.queries * (draw.truth() ? sizes.batch : 1));
  if (more & 1U && !c.slopes.empty()) {
    c.query_positions = some(draw, sizes.queries);
    c.key_positions = some(draw, sizes.keys);
  }
  if (more & 2U) {
    const std::size_t salt = draw.byte(), of = 2 + draw.below(7);
    for (std::size_t n = 0; n < c.q.shape(0) * sizes.keys; ++n) c.kept.push_back((n + salt) * 2654435761U % of != 0);
    c.kept_scale = static_cast<double>(of) / static_cast<double>(of - 1);
  }
  c.empty_row = static_cast<EmptyRow>(draw.below(sizes.keys == 0 ? 1 : 3));  // the formula has no rule without keys
  for (Matrix* numbers : {&c.q, &c.k, &c.v}) spoil(draw, *numbers, numbers == &c.v ? 4 : 7);
  return c;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draw draw(data, size);
  attempt([&] {
    const Contract contract(problem_of(draw), 4);
    for (const KernelSet* set : supported_kernel_sets())
      for (const TaskWants wants : {TaskWants::output, TaskWants::stages, TaskWants::weights}) {
        const std::string broken = contract.broken_by(*set, wants);
        require(broken.empty(), std::string(set->name) + ": " + broken);
      }
  });
  return 0;
}
