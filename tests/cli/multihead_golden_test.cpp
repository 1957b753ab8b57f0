// attn multihead against PyTorch, NumPy and transformers: each golden names the command line that gives its numbers.
#include <cmath>
#include <fstream>

#include "cli/session.hpp"

namespace attn::test {
namespace {

Json read_cases(const std::string& name) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/multihead/" + name);
  REQUIRE(file);
  return parsed_json(file);
}

void flatten(const Json& value, std::vector<double>& numbers) {
  if (!value.is_array()) return numbers.push_back(value.get<double>());
  for (const Json& part : value) flatten(part, numbers);
}

// max |a − b| relative to the greatest |b|, or infinite where the shapes differ.
double difference(const Json& actual, const Json& wanted) {
  if (shape(actual) != wanted["shape"].get<std::vector<std::size_t>>()) return INFINITY;
  std::vector<double> numbers;
  flatten(actual, numbers);
  const std::vector<double> values = wanted["values"];
  if (numbers.size() != values.size()) return INFINITY;
  double worst = 0, greatest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    worst = std::max(worst, std::abs(numbers[i] - values[i]));
    greatest = std::max(greatest, std::abs(values[i]));
  }
  return worst / greatest;
}

// Both arithmetics; float32 has roundings of its own.
void check_cases(const std::string& name, std::size_t at_least) {
  const Json cases = read_cases(name);
  CHECK(cases.size() >= at_least);
  for (const Json& golden : cases) {
    const Arguments line = golden["arguments"];
    const std::string document = golden["document"].is_null() ? "" : golden["document"].dump();
    for (const bool exact : {true, false}) {
      const Arguments arguments = line + Arguments{"-q", "--dtype", exact ? "f64" : "f32"};
      INFO(golden["about"] << ": " << joined(arguments));
      const Outcome outcome = run(arguments, document);
      REQUIRE(outcome.err == "");
      REQUIRE(outcome.code == 0);
      const Json result = outcome.json();
      for (const auto& [tensor, wanted] : golden["tensors"].items()) {
        INFO(tensor);
        CHECK(difference(result[tensor], wanted) <= (exact ? golden["tolerance"].get<double>() : 1e-6));
      }
    }
  }
}

// Six tokens of three dimensions, from "Build a Large Language Model (From Scratch)", chapter 3.
const std::string journey =
    R"({"tokens":["Your","journey","starts","with","one","step"],"embeddings":[[0.43,0.15,0.89],[0.55,0.87,0.66],)"
    R"([0.57,0.85,0.64],[0.22,0.58,0.33],[0.77,0.25,0.10],[0.05,0.80,0.55]]})";

// A row of a tensor as it is printed, with four decimals.
std::string printed(const Json& row) {
  std::string text;
  for (const Json& number : row) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.4f", number.get<double>());
    text += (text.empty() ? "" : " ") + std::string(digits);
  }
  return text;
}

}  // namespace

TEST_CASE("drawn projections give the numbers of PyTorch's and NumPy's textbook modules", "[golden]") {
  check_cases("drawn.json", 35);
}

TEST_CASE("drawn and given parameters give the numbers of nn.MultiheadAttention", "[golden]") {
  check_cases("torch_mha.json", 20);
}

TEST_CASE("RoPE and QK norm give the numbers of transformers and of the formula", "[golden]") {
  check_cases("rope_and_norm.json", 15);
}

TEST_CASE("scales, positions and kernels give the numbers of transformers, PyTorch and Keras", "[golden]") {
  check_cases("places.json", 13);
}

TEST_CASE("the published numbers of a textbook come out", "[golden]") {
  const Json rand =
      run({"multihead", "--init", "torch-rand", "--seed", "123", "--d-out", "2", "--no-output-projection"}, journey)
          .json();
  CHECK(printed(rand["output"][1]) == "0.3061 0.8210");
  const Json linear =
      run({"multihead", "--init", "torch-linear", "--seed", "789", "--d-out", "2", "--no-output-projection"}, journey)
          .json();
  CHECK(printed(linear["output"][0]) == "-0.0739 0.0713");
  CHECK(printed(linear["weights"][0][0]) == "0.1921 0.1646 0.1652 0.1550 0.1721 0.1510");
  const Json stacked = run({"multihead", "--init", "torch-linear", "--seed", "123", "--heads", "2", "--d-out", "4",
                            "--stacked", "--causal"},
                           journey)
                           .json();
  CHECK(printed(stacked["output"][0]) == "-0.4519 0.2216 0.4772 0.1063");
  CHECK(printed(stacked["output"][5]) == "-0.5299 -0.1081 0.5077 0.3493");
  const Json heads =
      run({"multihead", "--init", "torch-linear", "--seed", "123", "--heads", "2", "--d-out", "2", "--causal"}, journey)
          .json();
  CHECK(printed(heads["output"][0]) == "0.3190 0.4858");
  CHECK(printed(heads["output"][5]) == "0.2575 0.4028");
}

}  // namespace attn::test
