// Runs of checkpoints' layers, and their files.
#include "cli/checkpoint_case.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"

namespace attn::test {

namespace fs = std::filesystem;

std::string checkpoint_path(const std::string& name) { return std::string(ATTN_TEST_DATA) + "/checkpoints/" + name; }

Tensor expected_tensor(const std::string& checkpoint, const std::string& name) {
  return read_tensor(checkpoint_path(checkpoint) + "/expected.safetensors:" + name, TensorKind::number,
                     {.dtype = DType::f64});
}

void write_expected(const std::string& checkpoint, const std::string& name, const std::string& file) {
  OutputFile out(file);
  write_npy(expected_tensor(checkpoint, name), out);
  out.commit();
}

double difference(const std::string& npz, const std::string& tensor, const Tensor& expected) {
  const Tensor found = read_tensor(npz + ":" + tensor, TensorKind::number, {.dtype = DType::f64});
  if (found.shape() != expected.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0, greatest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double x = found.values<double>()[i], y = expected.values<double>()[i];
    if (std::isnan(x) || std::isnan(y)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, std::abs(x - y));
    greatest = std::max(greatest, std::abs(y));
  }
  return worst / greatest;
}

void check_layer(const std::string& checkpoint, const std::string& weights, const std::string& layer,
                 const std::string& input, const Arguments& more) {
  write_expected(checkpoint, layer + "." + input, "x.npy");
  Arguments arguments = {"multihead", "x.npy", "--weights", weights, "-o", "out.npz"};
  const std::size_t dot = layer.find('.');
  if (dot != std::string::npos) arguments = arguments + Arguments{"--prefix", layer.substr(0, dot)};
  arguments = arguments + Arguments{"--layer", layer.substr(dot + 1)} + more;
  INFO(joined(arguments));
  const Outcome outcome = run(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(difference("out.npz", "weights", expected_tensor(checkpoint, layer + ".weights")) < checkpoint_bound);
  CHECK(difference("out.npz", "output", expected_tensor(checkpoint, layer + ".output")) < checkpoint_bound);
}

void copy_checkpoint(const std::string& name, const std::string& folder) {
  fs::copy(checkpoint_path(name), folder, fs::copy_options::recursive);
}

Json read_config(const std::string& folder) {
  std::ifstream in(folder + "/config.json");
  return parsed_json(in);
}

void write_config(const std::string& folder, const Json& config) {
  std::ofstream(folder + "/config.json") << config.dump(1) << "\n";
}

}  // namespace attn::test
