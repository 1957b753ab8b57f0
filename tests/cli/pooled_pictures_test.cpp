// Pictures of more weights than they have pixels: pooled while they are computed, they look as those of the whole.
#include "cli/session.hpp"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb_image.h>

#include <memory>
#include <sstream>

namespace attn::test {
namespace {

struct Pixels {
  int width = 0, height = 0;
  std::vector<unsigned char> rgb;
};

Pixels decode(const std::string& png) {
  Pixels pixels;
  int channels = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> rgb(
      stbi_load_from_memory(reinterpret_cast<const unsigned char*>(png.data()), static_cast<int>(png.size()),
                            &pixels.width, &pixels.height, &channels, 3),
      stbi_image_free);
  REQUIRE(rgb);
  pixels.rgb.assign(rgb.get(), rgb.get() + 3 * pixels.width * pixels.height);
  return pixels;
}

const std::string pooled_note = "attn: note: the picture is pooled: ";

// A picture alone is pooled while it is computed; with the weights in a file as well, it is drawn from these. Rounding
// may move a number to the next of the 256 colours, here and there.
void check_same_picture(const std::string& command, const std::string& input = "") {
  INFO(command);
  const Folder folder;
  const Outcome alone = run(words_of(command + " -v -o alone.png"), input);
  REQUIRE(alone.code == 0);
  CHECK(alone.err.find(pooled_note) != std::string::npos);
  const Outcome whole = run(words_of(command + " -v -o whole.png -o weights=w.npy"), input);
  REQUIRE(whole.code == 0);
  CHECK(whole.err.find(pooled_note) == std::string::npos);
  const Pixels a = decode(folder.read("alone.png")), b = decode(folder.read("whole.png"));
  REQUIRE(a.width == b.width);
  REQUIRE(a.height == b.height);
  std::size_t other = 0;
  int most = 0;
  for (std::size_t at = 0; at < a.rgb.size(); ++at) {
    const int difference = std::abs(int{a.rgb[at]} - int{b.rgb[at]});
    other += difference != 0;
    most = std::max(most, difference);
  }
  CHECK(most <= 6);
  CHECK(other * 100 <= a.rgb.size());
}

const std::string projections = [] {
  const std::string eye = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]";
  return R"("num_heads":2,"projections":{"W_q":[[3,0,0,0],[0,3,0,1],[0,0,3,0],[0,0,0,3]],"W_k":)" + eye + R"(,"W_v":)" +
         eye + "}";
}();

// L tokens of width 4, with projections.
std::string long_document(std::size_t tokens) {
  std::string text = "{\"embeddings\":[";
  for (std::size_t i = 0; i < tokens; ++i)
    text += (i == 0 ? "[" : ",[") + std::to_string(i % 7) + "," + std::to_string(i % 3) + "," +
            std::to_string(i * i % 5) + ",1]";
  return text + "]," + projections + "}";
}

}  // namespace

TEST_CASE("a picture pooled while it is computed is that of the whole weights", "[pooled]") {
  check_same_picture("compute --random 1300,8 --causal --log");
  check_same_picture("compute --random 1300,8 --causal --vmax 0.01");
  check_same_picture("compute --random 3000,8 --causal --query-range 1000:2900 --vmax 0.01");
  check_same_picture("compute --random 1100,8 --keys 2000 --log --mask sink:3|window:90,300 --empty-row nan");
  check_same_picture("compute --random 700,8 --heads 4 --kv-heads 2 --vmax 0.01 --head 1,2:4");
  check_same_picture("compute --random 2,1300,4 --causal --vmax 0.01 --batch 1 --scale-per head");
  check_same_picture("compute --random 1,2,1100,8 --causal --head 1 --scale-per all --log");
  check_same_picture("compute --random 2,2,600,4 --batch all --log --alibi --softcap 2 --sink 1,3");
  check_same_picture("compute --random 1200,4 --log --pool max --cmap magma --title T --theme dark");
  check_same_picture("compute --random 1200,4 --log --pool max --dtype f64");
  check_same_picture("compute --random 1200,4 --robust --vmin 0 --vmax 0.002");
}

TEST_CASE("a pooled picture counts cached keys, key lengths and the document's own mask and bias", "[pooled]") {
  const auto rows = [](std::size_t n, std::size_t step) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i)
      text += (i == 0 ? "[" : ",[") + std::to_string(i * step % 7) + "," + std::to_string(i % 3) + "]";
    return "[" + text + "]";
  };
  check_same_picture("compute --causal --log", R"({"query":)" + rows(300, 1) + R"(,"key":)" + rows(300, 2) +
                                                   R"(,"value":)" + rows(300, 3) + R"(,"past_key":)" + rows(900, 4) +
                                                   R"(,"past_value":)" + rows(900, 5) + "}");
  check_same_picture("compute --causal --log", R"({"embeddings":[)" + rows(1200, 2) + R"(],"key_lengths":[1100]})");
  std::string bias, mask;
  for (std::size_t j = 0; j < 1200; ++j) {
    bias += (j == 0 ? "" : ",") + std::string(j % 5 == 0 ? "null" : std::to_string(j % 4));
    mask += (j == 0 ? "" : ",") + std::string(j % 11 == 0 ? "0" : "1");
  }
  check_same_picture("compute --log",
                     R"({"embeddings":)" + rows(1200, 3) + R"(,"bias":[)" + bias + R"(],"mask":[)" + mask + "]}");
}

TEST_CASE("heads and batch items of a pooled picture are reduced before", "[pooled]") {
  for (const std::string kind : {"mean", "max", "min"}) {
    check_same_picture("compute --random 2,2,1100,4 --causal --log --head " + kind);
    check_same_picture("compute --random 2,2,1100,4 --log --head 0 --batch " + kind);
  }
  // The least of the deviations is a matter of rounding: not by the logarithm.
  check_same_picture("compute --random 2,2,1100,4 --vmax 0.003 --head std");
  check_same_picture("compute --random 2,2,1100,4 --vmax 0.003 --batch std --head max");
  check_same_picture("compute --random 2,3,1100,4 --log --head max --batch mean");
  check_same_picture("multihead --average --log", long_document(1100));
  check_same_picture("multihead --log", long_document(600));
}

TEST_CASE("a pooled picture of a given size has its labels beside it", "[pooled]") {
  // The colour bar's numbers are known after the first run only, and take room.
  check_same_picture("compute --random 90,4 --size 200x170 --log");
  check_same_picture("compute --random 500,4 --size 301x223");
  check_same_picture("compute --random 200,4 --scale 0.0001 --size 260x200 --colorbar-label weight");
  std::string text;
  for (std::size_t i = 0; i < 400; ++i) text += (i == 0 ? "" : ",") + std::string("\"token") + std::to_string(i) + "\"";
  std::string rows;
  for (std::size_t i = 0; i < 400; ++i) rows += (i == 0 ? "[" : ",[") + std::to_string(i % 9) + ",1]";
  check_same_picture("compute --size 300x260", R"({"tokens":[)" + text + R"(],"embeddings":[)" + rows + "]}");
}

TEST_CASE("a picture whose cells have pixels is drawn from the weights, if these fit", "[pooled]") {
  const Folder folder;
  CHECK(run(words_of("compute --random 90,4 -v -o w.png")).err.find(pooled_note) == std::string::npos);
  CHECK(run(words_of("compute --random 90,4 -v --annot -o w.png")).err.find(pooled_note) == std::string::npos);
  // Eighty heads do not fit, one does, and looks the same.
  REQUIRE(run(words_of("compute --random 1,80,300,4 --head 3 --max-memory 12M -o small.png")).code == 0);
  REQUIRE(run(words_of("compute --random 1,80,300,4 --head 3 -o large.png")).code == 0);
  CHECK(decode(folder.read("small.png")).rgb.size() == decode(folder.read("large.png")).rgb.size());
}

TEST_CASE("a picture needs no memory for the weights", "[pooled]") {
  const Folder folder;
  CHECK(run(words_of("compute --random 3000,8 --max-memory 25M -o w.png")).code == 0);
  CHECK(run(words_of("compute --random 3000,8 --max-memory 25M -o weights=w.png -o output=o.npy -o lse=l.npy")).code ==
        0);
  check_error(run(words_of("compute --random 3000,8 --max-memory 25M -o w.png -o weights=w.npy")), 1,
              "--max-memory: this needs 34.5 MiB, of which weights (3000, 3000) takes 34.3 MiB; the limit is 25.0 MiB, "
              "of which 24.7 MiB are left");
  check_error(run(words_of("compute --random 3000,8 --max-memory 25M -o w.png --robust")), 1,
              "--max-memory: --robust orders all weights, which do not fit; with --vmin and --vmax instead the picture "
              "is made without them");
  check_error(
      run(words_of("compute --random 3000,8 --max-memory 1M -o w.png")), 1,
      "--max-memory: this needs 22.2 MiB, of which a picture (1000, 1000) takes 21.9 MiB; the limit is 1.0 MiB, of "
      "which 742.8 KiB are left");
}

TEST_CASE("the picture of a pooled run is written beside the other outputs", "[pooled]") {
  const Folder folder;
  REQUIRE(run(words_of("compute --random 1100,4 -o w.png -o ./two=w.png -o output=o.npy")).code == 0);
  REQUIRE(run(words_of("compute --random 1100,4 -o output=alone.npy")).code == 0);
  CHECK(folder.read("o.npy") == folder.read("alone.npy"));
  CHECK(folder.read("w.png") == folder.read("two=w.png"));
  CHECK(run(words_of("compute --random 1100,4 -f png")).out == folder.read("w.png"));
}

TEST_CASE("a pooled picture is refused for what any picture is", "[pooled]") {
  const Folder folder;
  check_error(run(words_of("compute --random 1100,4 -o w.png --head 1")), 2,
              "--head: 1 does not exist; there is 1, number 0");
  check_error(run(words_of("compute --random 1100,4 --kernel reference -o w.png --vmin 3")), 2,
              "--vmin: 3 is above the scale's other end, 0.21179048717021942");
  check_error(run(words_of("compute --random 1100,4 -o w.png --size 9x9")), 2,
              "--size: 9x9 pixels leave no room for the matrix beside its labels; give 231x115 or a smaller --dpi");
  check_error(run(words_of("compute --random 1100,4 -o w.png --annot")), 2,
              "--annot: a matrix of 1100 x 1100 has too many cells for numbers; leave --annot out");
}

TEST_CASE("--pool chooses what a pixel shows, in every command that draws", "[pooled]") {
  const Folder folder;
  REQUIRE(run(words_of("compute --random 1100,4 -o weights=w.npy -o w.json --emit weights")).code == 0);
  for (const std::string command : {"compute --random 1100,4 -f png", "mask causal&stride:7 --queries 1100 -f png",
                                    "visualize w.npy -f png", "visualize w.npy -f text"}) {
    INFO(command);
    const std::string by_default = run(words_of(command)).out;
    CHECK((run(words_of(command + " --pool mean")).out == by_default));
    CHECK((run(words_of(command + " --pool max")).out != by_default));
  }
  CHECK((run(words_of("multihead -f png --pool max"), long_document(1100)).out !=
         run(words_of("multihead -f png"), long_document(1100)).out));
  check_error(run(words_of("visualize w.npy -f png --pool min")), 2, "--pool: 'min' is not one of mean and max");
}

TEST_CASE("--verbose tells how a picture is pooled", "[pooled]") {
  const Folder folder;
  REQUIRE(run(words_of("compute --random 1100,4 --keys 2100 -o weights=w.npy")).code == 0);
  const std::string mean = pooled_note + "a pixel is the mean of 3 × 3 cells\n";
  CHECK(run(words_of("visualize w.npy -v -o w.png")).err.find(mean) != std::string::npos);
  CHECK(run(words_of("compute --random 1100,4 --keys 2100 -v -o w.png")).err.find(mean) != std::string::npos);
  CHECK(run(words_of("compute --random 1100,4 --keys 2100 -v --pool max -o w.png"))
            .err.find(pooled_note + "a pixel is the maximum of 3 × 3 cells\n") != std::string::npos);
  CHECK(run(words_of("compute --random 1100,4 --keys 2100 --vmax 1 -o w.png")).err.empty());
}

}  // namespace attn::test
