// What vision models read of an image, against the image processors of transformers.
#include "model/pixels.hpp"

#include <fstream>

#include "attn/error.hpp"
#include "model/grid_positions.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"
#include "support/noise_image.hpp"

using namespace attn;
using namespace attn::model;
using namespace attn::test;
using nlohmann::json;

namespace {

io::Config config_of(const json& members) { return io::Config::of(members.dump(), "preprocessor_config.json#"); }

std::string problem(const json& members) {
  try {
    pixels_of(noise_image(8, 6, 7), config_of(members), DType::f32);
  } catch (const Error& error) {
    return error.where() + ": " + error.what();
  }
  return "";
}

const json whole = {{"size", 4}, {"resample", 2}, {"image_mean", {0, 0, 0}}, {"image_std", {1, 1, 1}}};

json with(const char* name, const json& value) {
  json members = whole;
  members[name] = value;
  return members;
}

}  // namespace

TEST_CASE("pixels are those of transformers' image processors", "[model]") {
  for (const json& golden : json::parse(std::ifstream(ATTN_TEST_DATA "/models/pixels.json"))) {
    INFO(golden["config"].dump());
    const Image image = noise_image(golden["width"], golden["height"], 7);
    const Tensor pixels = pixels_of(image, config_of(golden["config"]), DType::f32);
    REQUIRE(pixels.shape() == golden["shape"].get<Shape>());
    CHECK(pixels.values<float>().front() == Approx(golden["first"].get<double>()).epsilon(1e-6));
    CHECK(pixels.values<float>().back() == Approx(golden["last"].get<double>()).epsilon(1e-6));
    double sum = 0;
    for (const float value : pixels.values<float>()) sum += static_cast<double>(value);
    CHECK(sum == Approx(golden["sum"].get<double>()).epsilon(1e-5));
  }
}

TEST_CASE("a preprocessor that says too little or nonsense is refused", "[model]") {
  const std::string file = "preprocessor_config.json#/";
  CHECK(problem(whole).empty());
  CHECK(problem(with("size", nullptr)) == file + "size: is missing");
  CHECK(problem(with("size", {{"height", 4}})) == file + "size/width: is missing");
  CHECK(problem(with("size", 0)) == file + "size: 0 is no size of an image of 1 to 16384 pixels");
  CHECK(problem(with("resample", nullptr)) == file + "resample: is missing");
  CHECK(problem(with("resample", 6)) == file + "resample: 6 is none of 0 to 5");
  CHECK(problem(with("do_center_crop", true)) == file + "crop_size: is missing");
  CHECK(problem(with("image_mean", nullptr)) == file + "image_mean: is missing");
  CHECK(problem(with("image_std", {1, 1})) == file + "image_std: has 2 numbers; 3 are expected");
  CHECK(problem(with("image_std", {1, 0, 1})) == file + "image_std: 0 is not more than 0");
}

TEST_CASE("positions on the grid that they have stay", "[model]") {
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Tensor table = Tensor::of<float>({9, 1}, numbers);
  for (const bool smooth : {false, true}) {
    const Tensor same = stretched_positions(table, 3, 3, 3, 3, smooth);
    CHECK(std::vector<float>(same.values<float>().begin(), same.values<float>().end()) == numbers);
    // The middle of an odd grid is that of another.
    CHECK(stretched_positions(table, 3, 3, 5, 5, smooth).values<float>()[12] == Approx(5));
  }
}
