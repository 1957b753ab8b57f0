// Published numbers: what notebooks and a well-known textbook print for their seeds.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "attn/initialise.hpp"
#include "attn/random.hpp"
#include "support/catch.hpp"

using attn::DType;
using attn::Generator;
using attn::NamedTensor;
using attn::RandomStream;
using attn::Tensor;

namespace {

using Matrix = std::vector<std::vector<double>>;

/// "Build a Large Language Model (From Scratch)", chapter 3: Your journey starts with one step.
const Matrix inputs = {{.43, .15, .89}, {.55, .87, .66}, {.57, .85, .64},
                       {.22, .58, .33}, {.77, .25, .10}, {.05, .80, .55}};

/// a·b, or a·bᵀ.
Matrix multiply(const Matrix& a, const Matrix& b, bool transposed) {
  const std::size_t columns = transposed ? b.size() : b.front().size();
  Matrix product(a.size(), std::vector<double>(columns));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < columns; ++j)
      for (std::size_t k = 0; k < a[i].size(); ++k) product[i][j] += a[i][k] * (transposed ? b[j][k] : b[k][j]);
  return product;
}

Matrix softmax(Matrix scores, double scale) {
  for (std::vector<double>& row : scores) {
    const double greatest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& score : row) sum += score = std::exp((score - greatest) * scale);
    for (double& score : row) score /= sum;
  }
  return scores;
}

Matrix matrix_of(const Tensor& tensor) {
  Matrix matrix(tensor.extent(0), std::vector<double>(tensor.extent(1)));
  for (std::size_t i = 0; i < tensor.size(); ++i)
    matrix[i / tensor.extent(1)][i % tensor.extent(1)] = double(tensor.values<float>()[i]);
  return matrix;
}

struct Attention {
  Matrix weights;
  Matrix context;
};

/// The textbook's scaled self-attention, d_out 2, with projections from a seed.
Attention self_attention(const std::string& initialiser, std::uint64_t seed, bool transposed) {
  RandomStream stream(Generator::torch, seed);
  const std::vector<NamedTensor> drawn =
      attn::initialiser_of(initialiser, "--init")
          .draw({.d_query = 3, .d_key = 3, .d_value = 3, .head_dim = 2, .d_out = 2, .out_projection = false}, stream,
                DType::f32);
  REQUIRE(drawn.size() == 3);
  std::array<Matrix, 3> projected;
  for (std::size_t i = 0; i < 3; ++i) projected[i] = multiply(inputs, matrix_of(drawn[i].tensor), transposed);
  const Matrix weights = softmax(multiply(projected[0], projected[1], true), 1 / std::sqrt(2.0));
  return {weights, multiply(weights, projected[2], false)};
}

/// To the four decimals that are printed.
void check_printed(const std::vector<double>& row, const std::vector<double>& printed) {
  REQUIRE(row.size() == printed.size());
  for (std::size_t i = 0; i < row.size(); ++i) CHECK(std::round(row[i] * 1e4) == std::round(printed[i] * 1e4));
}

std::vector<double> doubles(const Tensor& tensor) {
  const std::span<const float> values = tensor.values<float>();
  return {values.begin(), values.end()};
}

/// (6, 6) ones after dropout with probability one half, a row a string.
std::string dropped_ones(Generator generator) {
  RandomStream stream(generator, 123);
  std::string text;
  const Tensor kept = stream.keep({6, 6}, 0.5);
  for (const std::uint8_t value : kept.values<std::uint8_t>()) {
    if (text.size() % 7 == 6) text += ' ';
    text += value == 1 ? '2' : '0';
  }
  return text;
}

}  // namespace

TEST_CASE("attention without trainable weights is the textbook's") {
  const Matrix weights = softmax(multiply(inputs, inputs, true), 1);
  check_printed(weights[1], {.1385, .2379, .2333, .1240, .1082, .1581});
  check_printed(multiply(weights, inputs, false)[1], {.4419, .6515, .5683});
}

TEST_CASE("seed 123 and torch.rand give the textbook's context vectors") {
  check_printed(self_attention("torch-rand", 123, false).context[1], {.3061, .8210});
}

TEST_CASE("seed 789 and nn.Linear give the textbook's weights and context vectors") {
  const Attention attention = self_attention("torch-linear", 789, true);
  check_printed(attention.weights[0], {.1921, .1646, .1652, .1550, .1721, .1510});
  check_printed(attention.context[0], {-.0739, .0713});
}

TEST_CASE("seed 123 drops the textbook's elements") {
  CHECK(dropped_ones(Generator::torch) == "220220 000202 222202 022002 020202 022220");
}

TEST_CASE("seed 123 drops the elements that readers of the textbook report from Intel machines") {
  // github.com/rasbt/LLMs-from-scratch, issue 57.
  CHECK(dropped_ones(Generator::torch_mkl) == "222222 020000 002020 220002 200002 020000");
}

TEST_CASE("torch.randn starts as notebooks print it") {
  check_printed(doubles(RandomStream(Generator::torch, 0).randn({3}, DType::f32)), {1.5410, -.2934, -2.1788});
  std::vector<double> sixteen = doubles(RandomStream(Generator::torch, 42).randn({16}, DType::f32));
  sixteen.resize(2);
  check_printed(sixteen, {1.9269, 1.4873});
}

TEST_CASE("np.random starts as notebooks print it") {
  check_printed(doubles(RandomStream(Generator::numpy, 42).rand({3}, DType::f32)), {.3745, .9507, .7320});
  check_printed(doubles(RandomStream(Generator::numpy, 42).randn({3}, DType::f32)), {.4967, -.1383, .6477});
  check_printed(doubles(RandomStream(Generator::numpy, 0).randn({3}, DType::f32)), {1.7641, .4002, .9787});
}
