// Sums over many keys are taken in chains: with one chain, both ways are wrong by some 20 times as much.
#include <algorithm>
#include <cmath>

#include "attention/document_case.hpp"
#include "attn/kernels.hpp"
#include "support/catch.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("the mean of many equal values is nearly that value", "[chains]") {
  constexpr std::size_t keys = 1 << 14;
  Document document;
  document.tensors["query"] = random_array({8, 4}, 1, 0);
  document.tensors["key"] = random_array({keys, 4}, 2);
  document.tensors["value"] = random_array({keys, 3}, 3, 0);
  for (double& x : document.tensors["value"].values) x = 0.1;
  for (const KernelSet* set : supported_kernel_sets())
    for (const Stage emitted : {Stage::output, Stage::weights}) {
      INFO(set->name << (emitted == Stage::weights ? ", whole rows" : ", by tiles"));
      AttentionOptions options;
      options.execution.kernels = set;
      options.wanted.emit = {Stage::output};
      if (emitted == Stage::weights) options.wanted.emit.push_back(emitted);
      const Result result = compute(document.input(DType::f32), options);
      double worst = 0;
      for (const float x : result.find("output")->values<float>())
        worst = std::max(worst, std::abs(static_cast<double>(x) - static_cast<double>(0.1F)));
      CHECK(worst < (emitted == Stage::weights ? 1e-6 : 2e-7));
    }
}
