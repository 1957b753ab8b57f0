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
    pixels_of(noise_image(8, 6, 7), config_of(members), "ViT", DType::f32);
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
    const Tensor pixels = pixels_of(image, config_of(golden["config"]), "ViT", DType::f32);
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
  CHECK(problem(with("size", 0)) == file + "size: 0 is no size of an image of 1 to 16384 pixels");
  CHECK(problem(with("size", "224")) == file + "size: string where a number is expected");
  CHECK(problem(with("size", {4, 5, 6})) == file + "size: is a list of 3; height and width are expected");
  CHECK(problem(with("size", {{"max_height", 4}, {"max_width", 0}})) ==
        file + "size/max_width: 0 is no size of an image of 1 to 16384 pixels");
  const auto members = [&](const std::string& found) {
    return file + "size: has " + found +
           ", where height and width, shortest_edge alone or with longest_edge, or max_height and max_width are "
           "expected";
  };
  CHECK(problem(with("size", json::object())) == members("no members"));
  CHECK(problem(with("size", {{"height", 4}})) == members("height"));
  CHECK(problem(with("size", {{"longest_edge", 4}})) == members("longest_edge"));
  CHECK(problem(with("size", {{"height", 4}, {"width", 4}, {"shortest_edge", 4}})) ==
        members("height, shortest_edge and width"));
  CHECK(problem(with("size", {{"height", 4}, {"width", 4}, {"shortest_edge", nullptr}})).empty());
  // 8 x 6 pixels.
  CHECK(problem(with("size", {{"shortest_edge", 13000}})) ==
        file + "size: would make 17333 x 13000 pixels of 8 x 6; sides of 1 to 16384 pixels are read");
  CHECK(problem(with("size", {{"max_height", 4}, {"max_width", 1}})) ==
        file + "size: would make 1 x 0 pixels of 8 x 6; sides of 1 to 16384 pixels are read");
  const std::string numbers = "0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)";
  CHECK(problem(with("resample", nullptr)) == file + "resample: is missing");
  CHECK(problem(with("resample", 6)) == file + "resample: 6 is none of " + numbers);
  CHECK(problem(with("resample", "bicubic")) ==
        file + "resample: 'bicubic' is text, where a number is expected: " + numbers);
  CHECK(problem(with("do_center_crop", true)) == file + "crop_size: is missing");
  json crop = with("do_center_crop", 1);
  crop["crop_size"] = {{"shortest_edge", 4}};
  CHECK(problem(crop) == file + "crop_size: has shortest_edge, where height and width are expected");
  CHECK(problem(with("rescale_factor", nullptr)) == file + "rescale_factor: is missing");
  CHECK(problem(with("do_normalize", "no")) == file + "do_normalize: string where true or false is expected");
  CHECK(problem(with("image_mean", nullptr)) == file + "image_mean: is missing");
  CHECK(problem(with("image_std", {1, 1})) == file + "image_std: has 2 numbers; 3 are expected");
  CHECK(problem(with("image_std", {1, 0, 1})) == file + "image_std: 0 is not more than 0");
  CHECK(problem(with("image_std", 0)) == file + "image_std: 0 is not more than 0");
}

TEST_CASE("what may change pixels and is not done is refused", "[model]") {
  const std::string file = "preprocessor_config.json#/";
  const std::string known =
      "' is not known; those are ViTImageProcessor, DeiTImageProcessor, BitImageProcessor, BeitImageProcessor, "
      "BlipImageProcessor, CLIPImageProcessor and SiglipImageProcessor";
  for (const char* const type : {"ConvNextImageProcessor", "ViTHybridImageProcessor", "ViT", "", "\x1b"})
    for (const char* const member : {"image_processor_type", "feature_extractor_type"})
      CHECK(problem(with(member, type)) == file + member + ": '" + (*type == '\x1b' ? "␛" : type) + known);
  for (const char* const type : {"ViTImageProcessor", "ViTImageProcessorFast", "ViTImageProcessorPil",
                                 "DeiTFeatureExtractor", "ViTFeatureExtractor"}) {
    json crops = with("feature_extractor_type", type);
    crops["crop_size"] = 4;
    CHECK(problem(crops).empty());
  }
  for (const char* const member : {"do_pad", "crop_pct", "include_top", "size_divisor", "do_flip_channel_order"}) {
    CHECK(problem(with(member, 1)) ==
          file + member + ": is not supported: it may change the pixels that the model reads");
    CHECK(problem(with(member, "false")) != "");
    CHECK(problem(with(member, false)).empty());
    CHECK(problem(with(member, nullptr)).empty());
  }
  CHECK(problem(with("processor_class", "CLIPProcessor")).empty());
  CHECK(problem(with("do_convert_rgb", true)).empty());
}

TEST_CASE("where no type is named, the processor is the family's", "[model]") {
  const json members = {{"size", 4}, {"crop_size", 3}, {"do_normalize", false}};
  const Image image = noise_image(8, 4, 7);
  const auto shape = [&](const char* usual) { return pixels_of(image, config_of(members), usual, DType::f32).shape(); };
  CHECK(shape("ViT") == Shape{1, 3, 4, 4});
  CHECK(shape("DeiT") == Shape{1, 3, 3, 3});
  json whole_image = members;
  whole_image["do_center_crop"] = false;
  CHECK(pixels_of(image, config_of(whole_image), "Bit", DType::f32).shape() == Shape{1, 3, 4, 8});
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
