#include "cli/model_case.hpp"

#include <fstream>

#include "attn/read.hpp"

namespace attn::test {

void change_config(const std::string& name, const Json& value) {
  Json config = parsed_json(std::ifstream("m/config.json"));
  config[name] = value;
  if (value.is_null()) config.erase(name);
  std::ofstream("m/config.json") << config.dump();
}

std::string golden_path(const std::string& family) { return small_model_data(family) + "/golden.safetensors"; }

Tensor golden(const std::string& family, const std::string& name) {
  return read_tensor(golden_path(family) + ":" + name, TensorKind::number, {.dtype = DType::f64});
}

}  // namespace attn::test
