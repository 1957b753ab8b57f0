// Layers of every model type that attn claims to know, against the weights of its real model.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/session.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/match.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// float32 on both sides, and seven digits stored.
constexpr double bound = 1e-5;

std::vector<std::string> types() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(std::string(ATTN_TEST_DATA) + "/types"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// (rows, columns) that the input of a module is drawn as.
void write_input(const std::string& name, const Json& shape, const std::string& file) {
  const std::size_t rows = shape[0], columns = shape[1];
  OutputFile out(file);
  write_npy(Tensor::of<float>({rows, columns}, drawn_elements(name, rows * columns, {0, 1.5})), out);
  out.commit();
}

// The greatest difference of the heads and rows that are stored.
double difference(const Json& layer) {
  const Tensor found = read_tensor("out.npz:weights", TensorKind::number, {.dtype = DType::f64});
  double worst = 0;
  for (std::size_t i = 0; i < layer["heads"].size(); ++i) {
    const std::vector<double> expected = layer["weights"][i];
    std::size_t at = 0;
    for (const std::size_t row : layer["rows"])
      for (std::size_t k = 0; k < found.extent(2); ++k, ++at) {
        const std::size_t head = layer["heads"][i];
        const double x = found.values<double>()[(head * found.extent(1) + row) * found.extent(2) + k];
        worst = std::max(worst, std::isnan(x) ? 1.0 : std::abs(x - expected.at(at)));
      }
    REQUIRE(at == expected.size());
  }
  return worst;
}

// The small model of a type, as the folder m; returns its golden file.
Json write_model(const Folder& folder, const std::string& type) {
  std::ifstream in(std::string(ATTN_TEST_DATA) + "/types/" + type + ".json");
  Json golden = parsed_json(in);
  fs::remove_all("m");
  fs::create_directory("m");
  folder.write("m/config.json", golden["config"].dump());
  write_drawn_weights(golden["tensors"].dump(), "m/model.safetensors");
  return golden;
}

}  // namespace

TEST_CASE("layers of every known model type have the weights of their model", "[types]") {
  const Folder folder;
  for (const std::string& type : types()) {
    const Json golden = write_model(folder, type);
    for (const Json& layer : golden["layers"]) {
      const std::string draws = layer["draws"];
      write_input(draws + ".x", layer["x"], "x.npy");
      Arguments arguments{"multihead", "--weights", "m", "-o", "out.npz", "--emit", "weights"};
      if (layer.contains("keys")) {
        write_input(draws + ".keys", layer["keys"], "keys.npy");
        arguments = arguments + Arguments{"--query", "x.npy", "--key", "keys.npy", "--value", "keys.npy"};
      } else {
        arguments.emplace_back("x.npy");
      }
      for (const Json& argument : layer["arguments"]) arguments.push_back(argument.get<std::string>());
      INFO(type << ": " << joined(arguments));
      const Outcome outcome = run(arguments);
      INFO(outcome.err);
      REQUIRE(outcome.code == 0);
      CHECK(difference(layer) < bound);
    }
  }
}

TEST_CASE("members that config.json lacks are what the library's classes say", "[types]") {
  const Folder folder;
  std::ifstream in(std::string(ATTN_TEST_DATA) + "/type_defaults.json");
  const Json defaults = parsed_json(in);
  CHECK(defaults.size() > 100);
  for (const auto& [type, members] : defaults.items()) {
    const Json golden = write_model(folder, type);
    const Json layer = golden["layers"].front();
    write_input("x", layer["x"], "x.npy");
    Arguments arguments{"multihead", "--weights", "m", "--emit", "weights", "-f", "json", "--query", "x.npy"};
    if (!layer.contains("keys")) arguments = arguments + Arguments{"--key", "x.npy", "--value", "x.npy"};
    for (const Json& argument : layer["arguments"]) arguments.push_back(argument.get<std::string>());
    Json without = golden["config"];
    for (const auto& member : members.items()) without.erase(member.key());
    Json with = without;
    with.update(members);
    std::string said, given;
    for (const Json& config : {with, without}) {
      INFO(type << " " << config);
      folder.write("m/config.json", config.dump());
      const Outcome list = run({"multihead", "--weights", "m", "--list", "-f", "json"});
      Outcome outcome = run(arguments + Arguments{"--norm"});
      if (outcome.code != 0) outcome = run(arguments);  // the layer has no such norm
      INFO(outcome.err);
      CHECK(outcome.code == 0);
      CHECK((said.empty() || list.out == said));
      CHECK((given.empty() || outcome.out == given));
      said = list.out;
      given = outcome.out;
    }
  }
}

TEST_CASE("encoders of speech have a norm before attention where config.json of such a type says so", "[types]") {
  const Folder folder;
  Json config = write_model(folder, "hubert+stable")["config"];
  const auto error_of = [&](const std::string& architecture) {
    check_error(run({"multihead", "--weights", "m", "--arch", architecture, "--layer", "0", "--heads", "4", "--norm",
                     "--random", "2,32"}),
                2, "--norm: layers of " + architecture + " have no norm before their attention");
  };
  config["model_type"] = "data2vec-audio";
  folder.write("m/config.json", config.dump());
  error_of("data2vec-audio");
  config["model_type"] = "hubert";
  config["do_stable_layer_norm"] = false;
  folder.write("m/config.json", config.dump());
  error_of("wav2vec2");
  fs::remove("m/config.json");
  error_of("wav2vec2");
}

TEST_CASE("queries that grow with their position count from the first key", "[types]") {
  const Folder folder;
  const Json golden = write_model(folder, "ministral3+warm");
  const Json layer = golden["layers"].front();
  write_input("x", layer["x"], "x.npy");
  const std::size_t rows = layer["x"][0];
  std::string places = "1";
  for (std::size_t i = 1; i < rows; ++i) places += "," + std::to_string(i + 1);
  Arguments arguments{"multihead", "--weights", "m", "x.npy"};
  for (const Json& argument : layer["arguments"]) arguments.push_back(argument.get<std::string>());
  CHECK(run(arguments).code == 0);
  const std::string message =
      "--position-ids: a layer whose queries grow with their position counts positions from the first key";
  CHECK(run(arguments + Arguments{"--position-ids", places}).err.find(message) != std::string::npos);
  CHECK(run(arguments + Arguments{"--position-ids", places}).code == 2);
}

}  // namespace attn::test
