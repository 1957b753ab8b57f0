// Layers of decoders alone, on the states that enter them in the whole model: their weights, and what is said of them.
#include <cmath>

#include "attn/read.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

// A model of tests/data/models, and whether its layers have a norm before attention.
struct Decoder {
  const char* family;
  bool has_norm = true;
};

const std::vector<Decoder> decoders{{"gpt-neo"},       {"gpt-neox-sequential"},
                                    {"opt"},           {"opt-350m", false},
                                    {"opt-galactica"}, {"gemma3"},
                                    {"smollm3"},       {"olmo"},
                                    {"olmo2", false},  {"granite"},
                                    {"stablelm"},      {"stablelm-parallel"},
                                    {"cohere"},        {"cohere-qk-norm"},
                                    {"glm"},           {"mixtral"},
                                    {"qwen2-moe"},     {"qwen3-moe"},
                                    {"gpt-oss"}};

// The state that enters a layer, as a document.
std::string document_of(const Tensor& hidden, std::size_t layer) {
  const std::size_t rows = hidden.extent(2), width = hidden.extent(3);
  Json embeddings = Json::array();
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = hidden.values<double>().subspan((layer * rows + i) * width, width);
    embeddings.push_back(std::vector<double>(row.begin(), row.end()));
  }
  return Json{{"embeddings", embeddings}}.dump();
}

// How far the weights of a layer are from the golden's.
double difference(const Tensor& found, const Tensor& expected, std::size_t layer) {
  REQUIRE(found.size() * expected.extent(0) == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::abs(found.values<double>()[i] - expected.values<double>()[layer * found.size() + i]));
  return worst;
}

// What the note of a layer says is applied.
std::string applied(const std::string& family, const char* layer) {
  const Outcome outcome = run({"multihead", "x.json", "--weights", family, "--layer", layer});
  REQUIRE(outcome.code == 0);
  const std::size_t begin = outcome.err.find("; ") + 2;
  return outcome.err.substr(begin, outcome.err.find(';', begin) - begin);
}

}  // namespace

TEST_CASE("a decoder's layer alone gives the weights of the whole model", "[model]") {
  const Folder folder;
  for (const auto& [family, has_norm] : decoders) {
    write_small_model(family, family);
    const Tensor hidden = golden(family, "hidden"), weights = golden(family, "weights");
    for (std::size_t layer = 0; layer < weights.extent(0); ++layer) {
      folder.write("x.json", document_of(hidden, layer));
      Arguments arguments{"multihead", "x.json",  "--weights", family,    "--layer", std::to_string(layer),
                          "--emit",    "weights", "-o",        "out.npz", "-q"};
      if (has_norm) arguments = arguments + Arguments{"--norm"};
      INFO(joined(arguments));
      const Outcome outcome = run(arguments);
      INFO(outcome.err);
      REQUIRE(outcome.code == 0);
      const Tensor found = read_tensor("out.npz:weights", TensorKind::number, {.dtype = DType::f64});
      CHECK(difference(found, weights, layer) < 1e-5);
      if (has_norm) continue;
      check_error(run(arguments + Arguments{"--norm"}), 2,
                  "--norm: layers of " + std::string(family == std::string("olmo2") ? "olmo2" : "opt") +
                      " have no norm before their attention");
    }
  }
}

TEST_CASE("the note says what a decoder's layer does", "[model]") {
  const Folder folder;
  for (const auto& [family, layer, text] :
       {std::tuple{"gpt-neo", "0", "applied: causal mask, no scaling"},
        {"gpt-neo", "1", "applied: causal mask, window of 4 keys, no scaling"},
        {"smollm3", "0", "applied: causal mask, RoPE (theta 1000)"},
        {"smollm3", "1", "applied: causal mask"},
        {"olmo", "0", "applied: causal mask, clip at 1.5, RoPE (theta 10000)"},
        {"olmo2", "0", "applied: causal mask, norm of queries and keys, RoPE (theta 10000)"},
        {"granite", "0", "applied: causal mask, RoPE (theta 10000), scale 0.25"},
        {"stablelm", "0", "applied: causal mask, RoPE (theta 1000, the first 4 columns)"},
        {"cohere-qk-norm", "0", "applied: causal mask, norm of queries and keys, RoPE (theta 500000, interleaved)"},
        {"glm", "0", "applied: causal mask, RoPE (theta 1000, interleaved, the first 4 columns)"}}) {
    write_small_model(family, family);
    folder.write("x.json", document_of(golden(family, "hidden"), 0));
    INFO(family);
    std::string said = applied(family, layer);
    while (said.ends_with('\n')) said.pop_back();
    CHECK(said == text);
  }
  const Outcome list = run({"multihead", "--weights", "cohere-qk-norm", "--layer", "0", "--list"});
  CHECK(list.out.find("norm of queries and keys, RoPE (theta 500000, interleaved)") != std::string::npos);
  CHECK(list.out.find("layers.0.self_attn.q_norm.weight") != std::string::npos);
}

TEST_CASE("the metadata and the steps say what a decoder's layer does", "[model]") {
  const Folder folder;
  for (const char* family : {"olmo", "cohere-qk-norm"}) {
    write_small_model(family, family);
    folder.write(std::string(family) + ".json", document_of(golden(family, "hidden"), 0));
  }
  const auto of = [](const char* family, const Arguments& more) {
    return run(Arguments{"multihead", std::string(family) + ".json", "--weights", family, "--layer", "0", "-q"} + more);
  };
  CHECK(of("olmo", {}).json()["metadata"]["clip"] == 1.5);
  CHECK(of("olmo", {"--steps"}).out.find("Queries, keys and values are held between -1.5 and 1.5.") !=
        std::string::npos);
  CHECK(of("cohere-qk-norm", {}).json()["metadata"]["qk_norm_centred"] == true);
  CHECK(of("cohere-qk-norm", {}).json()["metadata"]["rope_layout"] == "interleaved");
  CHECK(of("cohere-qk-norm", {"--steps"})
            .out.find("Queries and keys are normed: x less its mean / √(variance of x + 1e-05), times a weight.") !=
        std::string::npos);
  // An epsilon of one's own leaves the kind of the norm.
  const Json other = of("cohere-qk-norm", {"--qk-norm-epsilon", "0.5"}).json();
  CHECK(other["metadata"]["qk_norm_epsilon"] == 0.5);
  CHECK(other["metadata"]["qk_norm_centred"] == true);
  CHECK(other["weights"] != of("cohere-qk-norm", {}).json()["weights"]);
}

}  // namespace attn::test
