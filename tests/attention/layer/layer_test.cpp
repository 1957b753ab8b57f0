// Input norms, RoPE's schemes and T5's buckets on their own; tests/cli/checkpoint_test.cpp has them in whole layers.
#include "attn/layer.hpp"

#include <cmath>
#include <fstream>
#include <numbers>

#include "attn/error.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"

namespace attn::test {

TEST_CASE("relative positions fall into the buckets of T5's own code", "[layer]") {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/checkpoints/t5_buckets.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  REQUIRE(cases.size() == 10);
  for (const nlohmann::json& one : cases) {
    RelativeBias bias;
    bias.buckets = one["buckets"];
    bias.bidirectional = one["bidirectional"];
    bias.max_distance = one["max_distance"];
    INFO(bias.buckets << " buckets to " << bias.max_distance << (bias.bidirectional ? ", both ways" : ""));
    for (std::int64_t distance = -200; distance <= 200; ++distance) {
      INFO("distance " << distance);
      CHECK(bias.bucket(distance) == one["of"][static_cast<std::size_t>(distance + 200)].get<std::size_t>());
    }
  }
}

TEST_CASE("LayerNorm and RMSNorm of rows", "[layer]") {
  const std::vector<double> numbers{1, 2, 3, 6, -1, -1, -1, -1};
  for (const DType dtype : {DType::f32, DType::f64}) {
    InputNorm norm{InputNorm::Kind::layer, 2, {1, 2, 1, 1}, {0, 0, 0, 10}};
    Tensor x = Tensor::of<double>({2, 4}, numbers).as(dtype);
    normalise(x, norm, "x");
    const Tensor layer = x.as(DType::f64);
    const double scale = 1 / std::sqrt(3.5 + 2);  // mean 3, variance 3.5
    const std::vector<double> expected{-2 * scale, -2 * scale, 0, 3 * scale + 10, 0, 0, 0, 10};
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(layer.values<double>()[i] == Approx(expected[i]));

    norm = {InputNorm::Kind::rms, 3.5, {1, 2, 1, 1}, {}};
    x = Tensor::of<double>({2, 4}, numbers).as(dtype);
    normalise(x, norm, "x");
    const Tensor rms = x.as(DType::f64);
    CHECK(rms.values<double>()[0] == Approx(1 / 4.0));  // mean of squares 12.5
    CHECK(rms.values<double>()[1] == Approx(2 * 2 / 4.0));
    CHECK(rms.values<double>()[3] == Approx(6 / 4.0));
    CHECK(rms.values<double>()[4] == Approx(-1 / std::sqrt(4.5)));
  }
  Tensor narrow = Tensor::zeros(DType::f32, {2, 3});
  CHECK_THROWS_AS(normalise(narrow, {InputNorm::Kind::rms, 0, {1, 1}, {}}, "x"), Error);
}

TEST_CASE("RoPE's schemes leave or stretch frequencies as they say", "[layer]") {
  RopeRule rule;
  rule.theta = 100;
  rule.dims = 8;
  const std::vector<double> plain = rope_frequencies(rule, 10);
  REQUIRE(plain.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(plain[i] == Approx(std::pow(100, -0.25 * static_cast<double>(i))));

  rule.kind = RopeRule::Kind::linear;
  rule.factor = 4;
  for (std::size_t i = 0; i < 4; ++i) CHECK(rope_frequencies(rule, 10)[i] == Approx(plain[i] / 4));

  rule.kind = RopeRule::Kind::dynamic;
  rule.positions = 10;
  CHECK(rope_frequencies(rule, 10) == plain);
  CHECK(rope_frequencies(rule, 11)[3] < plain[3]);
  CHECK(rope_frequencies(rule, 20)[3] < rope_frequencies(rule, 11)[3]);
  const double theta = 100 * std::pow(4 * 2 - 3, 8.0 / 6);
  CHECK(rope_frequencies(rule, 20)[3] == Approx(std::pow(theta, -0.75)));

  rule.kind = RopeRule::Kind::llama3;
  rule.positions = 2 * std::numbers::pi / plain[2] * 2;  // wave 2 goes round twice, wave 3 less, wave 0 more
  rule.low = 1;
  rule.high = 3;
  const std::vector<double> llama3 = rope_frequencies(rule, 10);
  CHECK(llama3[0] == plain[0]);
  CHECK(llama3[2] == Approx(plain[2] * (0.5 / 4 + 0.5)));
  CHECK(llama3[3] == Approx(plain[3] / 4));

  rule.kind = RopeRule::Kind::yarn;
  rule.positions = 64;
  rule.truncate = false;
  const std::vector<double> yarn = rope_frequencies(rule, 10);
  CHECK(yarn[0] == plain[0]);
  CHECK(yarn[3] == Approx(plain[3] / 4));
  rule.truncate = true;
  CHECK(rope_frequencies(rule, 10) != yarn);

  rule.kind = RopeRule::Kind::longrope;
  rule.short_factors = {1, 1, 2, 2};
  rule.long_factors = {1, 3, 3, 3};
  CHECK(rope_frequencies(rule, 64)[1] == plain[1]);
  CHECK(rope_frequencies(rule, 65)[1] == Approx(plain[1] / 3));
}

}  // namespace attn::test
