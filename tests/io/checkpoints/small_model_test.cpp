// The small models of tests/support: the rule of their tensors is the script's, and attn reads what is written.
#include "support/small_model.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "io/support.hpp"

namespace attn::test {
namespace {

nlohmann::json json_of(const std::string& path) { return nlohmann::json::parse(slurp(path)); }

std::vector<double> doubles_of(const std::string& path) {
  return values_of<double>(read_tensor(path, TensorKind::number, {.dtype = DType::f64}));
}

}  // namespace

TEST_CASE("a tensor drawn by the rule has the bytes that the script drew", "[models]") {
  const nlohmann::json rule = json_of(small_model_data("rule.json"));
  const std::vector<float> elements =
      drawn_elements(rule.at("name").get<std::string>(), 24UL * 24, {rule.at("center"), rule.at("spread")});
  for (std::size_t i = 0; i < 3; ++i) CHECK(elements[i] == rule.at("first").at(i).get<float>());
  std::ostringstream hash;
  hash << std::hex << fnv1a64({reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(float)});
  CHECK(hash.str() == rule.at("fnv1a64").get<std::string>());
}

TEST_CASE("a small model is written in each element type", "[models]") {
  const TemporaryFolder folder;
  const std::string name = "transformer.layer.1.ffn.lin1.weight";
  write_small_model("distilbert", folder / "f32");
  const std::vector<double> exact = doubles_of(folder / "f32/model.safetensors:" + name);
  REQUIRE(exact.size() == 40 * 24);
  for (const auto& [stored, type, unit] :
       {std::tuple{StoredAs::bf16, "bf16", 0x1p-9}, std::tuple{StoredAs::f16, "f16", 0x1p-12}}) {
    write_small_model("distilbert", folder / type, {.stored = stored});
    const std::string path = folder / type + "/model.safetensors";
    CHECK(stored_dtype(FileBytes::open(path), *format_of_name("safetensors"), name, {}) == type);
    const std::vector<double> rounded = doubles_of(path + ":" + name);
    double worst = 0;
    for (std::size_t i = 0; i < exact.size(); ++i)
      if (std::abs(exact[i]) > 1e-3) worst = std::max(worst, std::abs(rounded[i] - exact[i]) / std::abs(exact[i]));
    CHECK(worst <= unit * 2);
    CHECK(worst > unit);
  }
}

TEST_CASE("a small model with a tokenizer and its vocabulary", "[models]") {
  const TemporaryFolder folder;
  write_small_model("gpt2", folder / "small");
  write_small_model("gpt2", folder / "large", {.tokenizer = "gpt2", .vocabulary = 900});
  CHECK(json_of(folder / "small/config.json").at("vocab_size") == 64);
  CHECK(json_of(folder / "large/config.json").at("vocab_size") == 900);
  CHECK(std::filesystem::exists(folder / "large/tokenizer.json"));
  const std::vector<double> small = doubles_of(folder / "small/model.safetensors:wte.weight");
  const std::vector<double> large = doubles_of(folder / "large/model.safetensors:wte.weight");
  CHECK(large.size() == 900 * 24);
  CHECK(std::equal(small.begin(), small.end(), large.begin()));
}

}  // namespace attn::test
