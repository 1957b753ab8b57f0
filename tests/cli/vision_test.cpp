// Vision models: an image in the place of a text. Their numbers are in models_test.cpp.
#include <filesystem>
#include <fstream>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

const Arguments seen{"--image", "m/image.png"};

}  // namespace

TEST_CASE("the tokens of an image are the model's own and the places of patches", "[model]") {
  const Folder folder;
  write_small_model("deit", "m");
  const Json deit = run(model({"--layer", "0"}) + seen).json();
  CHECK(deit["tokens"][0] == "[CLS]");
  CHECK(deit["tokens"][1] == "[DISTILL]");
  CHECK(deit["tokens"][2] == "0,0");
  CHECK(deit["tokens"].back() == "3,3");
  write_small_model("dinov2-registers", "r");
  const Json tokens =
      run({"multihead", "--weights", "r", "-q", "--layer", "0", "--image", "r/image.png"}).json()["tokens"];
  CHECK(tokens[1] == "[REG1]");
  CHECK(tokens[3] == "[REG3]");
  CHECK(tokens[4] == "0,0");
  // A patch's query over the patches' grid.
  CHECK(run(model({"--layer", "0", "--head", "mean", "--rows", "'1,1'", "--cols", "2:", "--reshape", "4x4", "--overlay",
                   "m/image.png", "-o", "x.png"}) +
            seen)
            .code == 0);
}

TEST_CASE("--image is for vision models, and in the place of a text", "[model]") {
  const Folder folder;
  write_small_model("vit", "m");
  check_error(run(model({"--text", "a"})), 1,
              "--text: needs a tokenizer, and there is none beside the weights: m has no tokenizer.json, vocab.txt, or "
              "vocab.json with merges.txt; --ids takes the ids of the tokens");
  check_error(run(model({"--ids", "1,2"})), 2, "--image: is needed: the model reads images");
  check_error(run(model({"--text", "a"}) + seen), 2,
              "--image: is read in the place of a text: it does not go with --text or --ids");
  for (const Arguments& more : {Arguments{"--text-pair", "a"}, Arguments{"--no-special-tokens"}})
    check_error(run(model(more) + seen), 2,
                more.front() + ": does not go with --image, which is read in the place of a text");
  check_error(run(Arguments{"multihead", "--random", "2,4"} + seen), 2,
              "--image: goes with --weights, and with no other input");
  check_error(run(model({"--random", "2,24"}) + seen), 2, "--image: goes with --weights, and with no other input");
  folder.write("ids.json", R"({"token_ids":[1,2]})");
  check_error(run(model({"ids.json"}) + seen), 2, "--image: is read in the place of a text, and INPUT has one");
  check_error(run(model({"--image", "none.png"})), 1, "none.png: cannot be read: No such file or directory");
  folder.write("text.png", "no image");
  check_error(run(model({"--image", "text.png"})), 1,
              "text.png: is no PNG or JPEG that can be read: unknown image type");
  write_small_model("gpt2", "g");
  check_error(run({"multihead", "--weights", "g", "-q", "--image", "m/image.png"}), 2,
              "--image: is of no use: the model reads texts");
  std::filesystem::remove("m/preprocessor_config.json");
  check_error(
      run(model({}) + seen), 1,
      "m/preprocessor_config.json: is not there: it says how an image is resized, cropped and normalised for the "
      "model, and comes with its weights; with "
      "{\"do_resize\":false,\"do_center_crop\":false,\"do_normalize\":false} in it an image is read as it is, in "
      "numbers from 0 to 1");
  std::ofstream("m/preprocessor_config.json") << R"({"do_resize":false,"do_center_crop":false,"do_normalize":false})";
  CHECK(run(model({}) + seen).code == 0);
}

TEST_CASE("an image of another grid than the model's positions", "[model]") {
  const Folder folder;
  write_small_model("vit", "m");
  std::ofstream("m/preprocessor_config.json")
      << R"({"size":{"height":20,"width":24},"resample":2,"do_normalize":false})";
  check_error(run(model({}) + seen), 1,
              "m/image.png: is of 24 x 20 pixels, a grid of 6 x 5 patches, but the model has positions for 4 x 4");
  std::ofstream("m/preprocessor_config.json") << R"({"size":3,"resample":2,"do_normalize":false})";
  check_error(run(model({}) + seen), 1,
              "m/image.png: has the shape (1, 3, 3, 3); (images, 3, height, width) of one patch of 4 pixels or more is "
              "expected");
  // DINOv2 stretches its positions.
  write_small_model("dinov2", "d");
  std::ofstream("d/preprocessor_config.json")
      << R"({"size":{"height":20,"width":24},"resample":2,"do_center_crop":false,"do_normalize":false})";
  const Json stretched = run({"multihead", "--weights", "d", "-q", "--layer", "0", "--image", "m/image.png"}).json();
  CHECK(stretched["tokens"].back() == "4,5");
}

TEST_CASE("positions of a model for images that are no squares", "[model]") {
  const Folder folder;
  write_small_model("vit", "m");
  const auto seen_as = [](int height, int width) {
    std::ofstream("m/preprocessor_config.json")
        << "{\"size\":[" << height << "," << width << "],\"do_normalize\":false}";
    return run(model({"--layer", "0"}) + seen);
  };
  change_config("image_size", {8, 32});  // 16 positions, as the square of 16 pixels has
  check_error(seen_as(16, 16), 1,
              "m/image.png: is of 16 x 16 pixels, a grid of 4 x 4 patches, but the model has positions for 8 x 2");
  const Json own = seen_as(8, 32).json();
  CHECK(own["tokens"].back() == "1,7");
  change_config("image_size", {8, 36});
  check_error(seen_as(8, 36), 1,
              "m/config.json#/image_size: is of 9 x 2 patches of 4 pixels, and the model has positions for 16");
  change_config("image_size", nullptr);  // a square, then
  CHECK(seen_as(16, 16).code == 0);
  check_error(seen_as(8, 32), 1,
              "m/image.png: is of 32 x 8 pixels, a grid of 8 x 2 patches, but the model has positions for 4 x 4");
  // DINOv2 stretches positions as of a square, as transformers does, whatever images it was made for.
  write_small_model("dinov2", "m");
  std::ofstream("m/preprocessor_config.json") << R"({"size":[8,32],"do_center_crop":false,"do_normalize":false})";
  const Arguments first = model({"--layer", "0", "--emit", "hidden", "-f", "json"}) + seen;
  const std::string as_square = run(first).out;
  change_config("image_size", {8, 32});
  CHECK(run(first).out == as_square);
  CHECK(as_square.size() > 1000);
}

}  // namespace attn::test
