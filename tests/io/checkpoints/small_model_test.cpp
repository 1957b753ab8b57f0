// The small models of tests/support: the rule of their tensors is the script's, and attn reads what is written.
#include "support/small_model.hpp"

#include <cstring>
#include <iomanip>

#include "io/support.hpp"
#include "support/json.hpp"

namespace attn::test {
namespace {

nlohmann::json json_of(const std::string& path) { return nlohmann::json::parse(slurp(path)); }

std::vector<float> floats_of(const std::string& path) {
  return values_of<float>(read_tensor(path, TensorKind::number, {}));
}

}  // namespace

TEST_CASE("a small model has the numbers that the script drew, in each element type", "[models]") {
  const nlohmann::json rule = json_of(small_model_data("rule.json"));
  const std::string family = rule.at("family"), name = rule.at("name");
  const TemporaryFolder folder;
  for (const auto& [stored, type] :
       {std::pair{StoredAs::f32, "f32"}, std::pair{StoredAs::bf16, "bf16"}, std::pair{StoredAs::f16, "f16"}}) {
    INFO(type);
    write_small_model(family, folder / type, {.stored = stored});
    const std::string path = folder / type + "/model.safetensors";
    CHECK(stored_dtype(FileBytes::open(path), *format_of_name("safetensors"), name, {}) == type);
    const std::vector<float> elements = floats_of(path + ":" + name);
    if (stored == StoredAs::f32)
      for (std::size_t i = 0; i < 3; ++i) CHECK(elements[i] == rule.at("first").at(i).get<float>());
    std::string bytes(elements.size() * sizeof(float), ' ');
    std::memcpy(bytes.data(), elements.data(), bytes.size());
    std::ostringstream hash;
    hash << std::hex << std::setw(16) << std::setfill('0') << fnv1a64(bytes);
    CHECK(hash.str() == rule.at("fnv1a64").at(type).get<std::string>());
  }
}

TEST_CASE("a small model with a tokenizer and its vocabulary", "[models]") {
  const TemporaryFolder folder;
  write_small_model("gpt2", folder / "small");
  write_small_model("gpt2", folder / "large", {.tokenizer = "gpt2", .vocabulary = 900});
  CHECK(json_of(folder / "small/config.json").at("vocab_size") == 64);
  CHECK(json_of(folder / "large/config.json").at("vocab_size") == 900);
  CHECK(std::filesystem::exists(folder / "large/tokenizer.json"));
  const std::vector<float> small = floats_of(folder / "small/model.safetensors:wte.weight");
  const std::vector<float> large = floats_of(folder / "large/model.safetensors:wte.weight");
  CHECK(large.size() == 900 * 24);
  CHECK(std::equal(small.begin(), small.end(), large.begin()));
}

}  // namespace attn::test
