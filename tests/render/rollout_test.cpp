// Rollout against numpy's numbers, and what is refused.
#include "attn/rollout.hpp"

#include <cmath>
#include <fstream>
#include <limits>

#include "picture.hpp"
#include "support/json.hpp"

using namespace attn;
using namespace attn::test;

namespace {

void flatten(const Json& value, std::vector<double>& to) {
  if (value.is_number()) return to.push_back(value.get<double>());
  for (const Json& item : value) flatten(item, to);
}

Tensor tensor_of(const Json& value, Shape shape) {
  std::vector<double> values;
  flatten(value, values);
  return Tensor::of<double>(std::move(shape), values);
}

std::string refused_weights(const Tensor& weights) {
  return error_of(ErrorKind::usage, [&] { rollout(weights, RolloutFusion::mean, 1); });
}

}  // namespace

TEST_CASE("rollout is numpy's, whatever fuses the heads", "[rollout]") {
  const Json golden = parsed_json(std::ifstream(ATTN_TEST_DATA "/render/rollout.json"));
  const Tensor weights = tensor_of(golden["weights"], {3, 2, 4, 5, 5});
  const std::pair<const char*, RolloutFusion> fusions[] = {
      {"mean", RolloutFusion::mean}, {"max", RolloutFusion::max}, {"min", RolloutFusion::min}};
  for (const auto& [name, fusion] : fusions) {
    INFO(name);
    const Tensor expected = tensor_of(golden[name], {3, 2, 1, 5, 5}), got = rollout(weights, fusion, 2);
    REQUIRE(got.shape() == expected.shape());
    for (std::size_t i = 0; i < got.size(); ++i)
      CHECK(got.values<double>()[i] == Approx(expected.values<double>()[i]).epsilon(1e-14));
    const Tensor single = rollout(weights.as(DType::f32), fusion, 1);
    for (std::size_t i = 0; i < got.size(); ++i)
      CHECK(single.values<double>()[i] == Approx(expected.values<double>()[i]).epsilon(1e-6));
  }
}

TEST_CASE("rollout is the same to the bit for any number of threads, and its rows sum to 1", "[rollout]") {
  constexpr std::size_t length = 130;
  const Tensor weights = Tensor::view_of(varied(2 * 3 * length, length), {2, 1, 3, length, length});
  const Tensor one = rollout(weights, RolloutFusion::max, 1), three = rollout(weights, RolloutFusion::max, 3);
  CHECK(std::equal(one.values<double>().begin(), one.values<double>().end(), three.values<double>().begin()));
  for (std::size_t row = 0; row < 2 * length; ++row) {
    double sum = 0;
    for (std::size_t j = 0; j < length; ++j) sum += one.values<double>()[row * length + j];
    CHECK(sum == Approx(1));
  }
}

TEST_CASE("layers that nobody asks for are not computed", "[rollout]") {
  const Tensor weights = Tensor::view_of(varied(4 * 3 * 6, 6), {4, 1, 3, 6, 6});
  const Tensor all = rollout(weights, RolloutFusion::mean, 1), two = rollout(weights, RolloutFusion::mean, 1, 2);
  REQUIRE(two.shape() == all.shape());
  const auto expected = all.values<double>(), got = two.values<double>();
  const std::ptrdiff_t computed = 2 * 6 * 6;
  CHECK(std::equal(got.begin(), got.begin() + computed, expected.begin()));
  CHECK(std::all_of(got.begin() + computed, got.end(), [](double value) { return std::isnan(value); }));
}

TEST_CASE("a NaN reaches what it can reach", "[rollout]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const RolloutFusion fusion : {RolloutFusion::mean, RolloutFusion::max, RolloutFusion::min}) {
    const Tensor weights = Tensor::of<double>(
        {2, 1, 2, 2, 2}, std::vector<double>{1, 0, 0.5, 0.5, 1, 0, nan, 0.5, 1, 0, 0, 1, 1, 0, 0, 1});
    const Tensor rolled = rollout(weights, fusion, 1);
    const auto last = rolled.values<double>().subspan(4);
    CHECK(std::isnan(last[2]));
    CHECK(std::isnan(last[3]));
  }
}

TEST_CASE("what has no rollout is refused", "[rollout]") {
  CHECK(refused_weights(varied(2, 2)) ==
        "`rollout`: is over layers: it needs (layers, batch, heads, L, L), or a file a layer, not (2, 2)");
  CHECK(refused_weights(Tensor::zeros(DType::f32, {2, 1, 1, 2, 3})) ==
        "`rollout`: is of self-attention: 2 queries and 3 keys are no square");
  CHECK(refused_weights(Tensor::zeros(DType::f32, {2, 0, 1, 2, 2})) == "`rollout`: has no weights in (2, 0, 1, 2, 2)");
  Tensor negative = Tensor::zeros(DType::f32, {1, 1, 1, 2, 2});
  negative.values<float>()[3] = -0.25F;
  CHECK(refused_weights(negative) == "`rollout`: is of weights, and there is the number -0.25");
}
