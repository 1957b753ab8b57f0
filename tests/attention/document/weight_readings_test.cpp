// Readings of weights that are already there: the same as of those that are computed.
#include "attn/weight_readings.hpp"

#include "attn/attention.hpp"
#include "attn/error.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

std::vector<float> list(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

Tensor drawn(Shape shape, DType dtype, unsigned step) {
  Tensor tensor(DType::f64, std::move(shape));
  unsigned state = step;
  for (double& value : tensor.values<double>()) value = (state = (state * 1103515245U + 12345U) % 65536U) / 32768.0 - 1;
  return tensor.as(dtype);
}

void check_same(bool causal) {
  Input input;
  const Shape shape{2, 3, 5, 4};
  for (const char* name : {"query", "key", "value"})
    input.tensors[name] = {drawn(shape, DType::f32, static_cast<unsigned>(name[0])), name};
  AttentionOptions options;
  if (causal) options.pipeline.causal = true;
  options.wanted.emit = {Stage::weights};
  options.wanted.stats = true;
  options.wanted.top = 3;
  const Result result = compute(input, options);
  const WeightReadings readings = read_weights(*result.find("weights"), true, 3);
  REQUIRE(readings.stats.size() == result.stats.size());
  for (std::size_t s = 0; s < readings.stats.size(); ++s) {
    CHECK(readings.stats[s].name == result.stats[s].name);
    CHECK(readings.stats[s].tensor.shape() == result.stats[s].tensor.shape());
    CHECK(list(readings.stats[s].tensor) == list(result.stats[s].tensor));
  }
  REQUIRE(readings.top);
  CHECK(readings.top->keys == result.top->keys);
  CHECK(list(readings.top->weights) == list(result.top->weights));
}

}  // namespace

TEST_CASE("stored weights have the statistics and strongest keys that a run gave them", "[readings]") {
  for (const bool causal : {false, true}) check_same(causal);
}

TEST_CASE("readings are of what is wanted, and distances from where the first query stands", "[readings]") {
  const Tensor weights = Tensor::of<float>({1, 2}, std::vector<float>{0.25F, 0.75F});
  CHECK(read_weights(weights, false, 1).stats.empty());
  CHECK_FALSE(read_weights(weights, true, 0).top);
  CHECK(read_weights(weights, false, 9).top->count == 2);
  const auto distance = [&](std::size_t first_query) {
    for (const NamedTensor& stat : read_weights(weights, true, 0, first_query).stats)
      if (stat.name == "mean_distance") return stat.tensor.values<float>()[0];
    return -1.0F;
  };
  CHECK(distance(0) == 0.75F);
  CHECK(distance(1) == 0.25F);
  CHECK_THROWS_AS(read_weights(Tensor::zeros(DType::f32, {3}), true, 0), Error);
  CHECK_THROWS_AS(read_weights(Tensor::zeros(DType::f32, {0, 3}), true, 0), Error);
}
