// Images read and resized as Pillow does, and cells over them.
#include "attn/image.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "core/held_memory.hpp"
#include "picture.hpp"
#include "render/compose.hpp"
#include "render/exif.hpp"
#include "render/overlay.hpp"
#include "support/json.hpp"
#include "support/png_sums.hpp"

using namespace attn;
using namespace attn::test;

namespace {

std::string file(const std::string& name) {
  std::ifstream stream(ATTN_TEST_DATA "/render/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<int> golden(const char* name) {
  return nlohmann::json::parse(file("images.json"))[name].get<std::vector<int>>();
}

void check_near(const Image& image, const std::vector<int>& expected, int tolerance = 0) {
  REQUIRE(image.rgb.size() == expected.size());
  int farthest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    farthest = std::max(farthest, std::abs(int{image.rgb[i]} - expected[i]));
  CHECK(farthest <= tolerance);
}

std::string from_hexadecimal(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string refused_image(const std::string& bytes) {
  return error_of(ErrorKind::data, [&] { decode_image(bytes, "photo.png"); });
}

const std::string unreadable = "photo.png: is no PNG or JPEG that can be read: ";

std::string stored_file(const std::string& name) {
  for (const nlohmann::json& one : nlohmann::json::parse(file("stored.json")))
    if (one["name"] == name) return from_hexadecimal(one["file"]);
  throw std::runtime_error(name);
}

Image plain(std::size_t width, std::size_t height, Rgb color) {
  Image image{width, height, {}};
  for (std::size_t i = 0; i < width * height; ++i) image.rgb.insert(image.rgb.end(), {color.r, color.g, color.b});
  return image;
}

constexpr Rgb above{200, 100, 0};
constexpr Rgb bad{1, 2, 3};

CountedVector<Rgb> over(const Shares& shares, std::size_t width, std::size_t height) {
  return overlaid(plain(3, 2, {0, 50, 100}), shares, width, height,
                  [](double share) { return std::isnan(share) ? bad : above; });
}

}  // namespace

TEST_CASE("images are read as Pillow reads them", "[image]") {
  const Image png = decode_image(file("photo.png"), "photo.png");
  CHECK(png.width == 16);
  CHECK(png.height == 12);
  check_near(png, golden("png"));
  check_near(decode_image(file("photo.jpg"), "photo.jpg"), golden("jpg"));
}

TEST_CASE("every way to store pixels is read as Pillow reads it, to the bit", "[image]") {
  for (const nlohmann::json& one : nlohmann::json::parse(file("stored.json"))) {
    INFO(one["name"]);
    check_near(decode_image(from_hexadecimal(one["file"]), "photo"), one["rgb"].get<std::vector<int>>());
  }
}

TEST_CASE("what decoding takes counts against the limit on memory", "[image]") {
  const nlohmann::json files = nlohmann::json::parse(file("plain.json"));
  const auto needs = [&](const char* name) {  // the least limit that is enough
    const std::string bytes = from_hexadecimal(files[name]);
    std::size_t few = 1, enough = std::size_t{1} << 30;
    while (few + 1 < enough) {
      const std::size_t tried = (few + enough) / 2;
      const MemoryLimit limit(tried);
      try {
        decode_image(bytes, "photo");
        enough = tried;
      } catch (const Error& error) {
        CHECK(error.where() == "photo");
        few = tried;
      }
    }
    return enough;
  };
  constexpr std::size_t pixels = 256 * 128;
  constexpr std::size_t rows_of_libpng = std::size_t{2} * 8 * 256;
  CHECK(needs("png") == 3 * pixels + 4 * 256 + rows_of_libpng);
  CHECK(needs("png, interlaced") == (3 + 4) * pixels + rows_of_libpng);
  CHECK(needs("jpeg") == 3 * pixels);
  CHECK(needs("jpeg, progressive") == (3 + 3 * sizeof(short)) * pixels);
  const MemoryLimit limit(80'000);
  CHECK(error_of(ErrorKind::data, [&] { decode_image(from_hexadecimal(files["jpeg"]), "photo.jpg"); }) ==
        "photo.jpg: takes 96.0 KiB as pixels, and 78.1 KiB of the limit of 78.1 KiB are left; `max_memory` sets the "
        "limit");
  CHECK(error_of(ErrorKind::data, [&] {
          resized(plain(3, 2, {0, 0, 0}), 200, 200);
        }).starts_with("`max_memory`: a block of 117.2 KiB does not fit"));
  CHECK(held_memory() == 0);
}

TEST_CASE("an image is turned as its Exif data says, as Pillow turns it", "[image]") {
  const nlohmann::json cases = nlohmann::json::parse(file("turned.json"));
  CHECK(cases.size() == 24);  // 8 orientations: JPEGs in both byte orders, and PNGs
  for (const nlohmann::json& one : cases) {
    INFO(one["orientation"]);
    const std::string bytes = from_hexadecimal(one["file"]);
    CHECK(exif_orientation(bytes) == one["orientation"].get<int>());
    const Image image = decode_image(bytes, "photo.jpg");
    CHECK(image.width == one["width"].get<std::size_t>());
    check_near(image, one["rgb"].get<std::vector<int>>());
  }
}

TEST_CASE("Exif data that is broken or cut off turns nothing, and is read to its end only", "[image]") {
  const std::string bytes = from_hexadecimal(nlohmann::json::parse(file("turned.json"))[16]["file"]);
  REQUIRE(exif_orientation(bytes) == 6);
  const std::size_t exif = bytes.find("MM"), value = exif + 30;  // the second entry's
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // On the heap to the byte, so that a sanitizer sees a byte too far.
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const std::size_t segment_end = bytes.find("\xFF\xDB");
    CHECK(exif_orientation({part.data(), size}) == (size < segment_end ? 1 : 6));
  }
  const auto changed = [&bytes](std::size_t at, char to) {
    std::string other = bytes;
    other.at(at) = to;
    return exif_orientation(other);
  };
  CHECK(changed(value + 1, 8) == 8);
  CHECK(changed(value + 1, 0) == 1);
  CHECK(changed(value + 1, 9) == 1);
  CHECK(changed(value, 1) == 1);
  CHECK(changed(value - 5, 4) == 1);      // of four bytes
  CHECK(changed(value - 1, 2) == 1);      // two of them
  CHECK(changed(exif, 'I') == 1);         // the byte order
  CHECK(changed(exif + 4, '\x7F') == 1);  // the directory's place
  CHECK(changed(exif + 8, '\x7F') == 6);  // more entries than there are, after it
  CHECK(exif_orientation("") == 1);
  CHECK(exif_orientation(file("photo.png")) == 1);
  CHECK(exif_orientation(file("photo.jpg")) == 1);
}

TEST_CASE("Exif data of a PNG is looked for in whole chunks only", "[image]") {
  const std::string bytes = from_hexadecimal(nlohmann::json::parse(file("turned.json"))[17]["file"]);
  REQUIRE(exif_orientation(bytes) == 6);
  const std::size_t chunk = bytes.find("eXIf"), after = bytes.find("IDAT");
  REQUIRE(chunk < after);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(exif_orientation({part.data(), size}) == (size < after - 4 ? 1 : 6));
  }
  std::string other = bytes;
  other.replace(chunk, 4, "eXIg");
  CHECK(exif_orientation(other) == 1);
  // Behind the pixels, with the words of a JPEG's segment before it.
  const std::string data = bytes.substr(chunk - 4, after - 4 - (chunk - 4));
  other = bytes;
  other.erase(chunk - 4, data.size());
  other.insert(other.find("IEND") - 4, data);
  CHECK(exif_orientation(other) == 6);
  const std::size_t behind = other.find("eXIf");
  other.insert(behind + 4, std::string("Exif\0\0", 6));
  other[behind - 1] = static_cast<char>(other[behind - 1] + 6);
  CHECK(exif_orientation(other) == 6);
  CHECK(decode_image(test::with_right_sums(other), "photo.png").height == 10);
}

TEST_CASE("images are resized as Pillow does it", "[image]") {
  Image image{16, 12, {}};
  for (const int value : golden("source")) image.rgb.push_back(static_cast<std::uint8_t>(value));
  check_near(resized(image, 23, 31), golden("larger"), 1);
  check_near(resized(image, 5, 7), golden("smaller"), 1);
  check_near(resized(image, 16, 12), golden("source"), 0);
}

TEST_CASE("what is no image is refused", "[image]") {
  CHECK(refused_image("") == unreadable + "unknown image type");
  CHECK(refused_image("GIF89a") == unreadable + "unknown image type");
  // 60000 × 60000 pixels in the header's two numbers.
  std::string large = file("photo.png");
  for (const std::size_t at : {std::size_t{18}, std::size_t{22}}) large.replace(at, 2, "\xEA\x60");
  CHECK(refused_image(large) == unreadable + "IHDR: CRC error");
  CHECK(refused_image(with_right_sums(large)) == unreadable + "60000 x 60000 pixels are more than 100 million");
  std::string jpeg = file("photo.jpg");
  jpeg.replace(jpeg.find("\xFF\xC0") + 5, 4, "\xEA\x60\xEA\x60");
  CHECK(refused_image(jpeg) == unreadable + "60000 x 60000 pixels are more than 100 million");
}

TEST_CASE("a PNG that is damaged is refused, wherever it is", "[image]") {
  const std::string whole = stored_file("png of a palette");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    INFO(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CHECK(refused_image(damaged).starts_with(unreadable));
    CHECK(refused_image(whole.substr(0, at)).starts_with(unreadable));
  }
  std::string sum = whole;
  sum[whole.find("IEND") - 5] ^= 1;  // of the pixels
  CHECK(refused_image(sum) == unreadable + "IDAT: CRC error");
  CHECK(refused_image(whole.substr(0, whole.size() - 1)) == unreadable + "it is cut off");
  std::string unknown = file("photo.png");
  unknown.replace(37, 4, "IDAX");
  CHECK(refused_image(with_right_sums(unknown)) == unreadable + "IDAX: unhandled critical chunk");
  unknown.replace(37, 4, "\x1bN\n\xFF");  // nothing that a terminal would obey
  CHECK(refused_image(unknown) == unreadable + "[1B]N[0A][FF]: invalid chunk type");
}

TEST_CASE("what a PNG says of transparency is not passed over where it makes no sense", "[image]") {
  // Fewer colours than pixels name.
  std::string palette = stored_file("png of a palette of 4 bits");
  const std::size_t at = palette.find("PLTE");
  REQUIRE(palette[at - 1] == 9);
  palette[at - 1] = 6;
  palette.erase(at + 4 + 6, 3);
  CHECK(refused_image(with_right_sums(palette)) ==
        unreadable + "it has the colour 2, counted from 0, of a palette of 2");
  std::string clear = stored_file("png with a grey that is clear");
  const std::size_t grey = clear.find("tRNS");
  clear[grey - 1] = 1;
  clear.erase(grey + 4, 1);
  CHECK(refused_image(with_right_sums(clear)) == unreadable + "tRNS: invalid");
}

TEST_CASE("a JPEG that lacks pixels is refused", "[image]") {
  for (const char* const name : {"jpeg 4:2:2", "jpeg 4:4:4, progressive"}) {
    const std::string whole = stored_file(name);
    for (std::size_t size = 2; size < whole.size(); ++size) {
      INFO(name << ", " << size);
      CHECK(refused_image(whole.substr(0, size)).starts_with(unreadable));
    }
    CHECK(refused_image(whole.substr(0, whole.size() - 2)) == unreadable + "Premature end of JPEG file");
    // What comes after the end is not the image's.
    CHECK(decode_image(whole + "more", "photo.jpg").rgb == decode_image(whole, "photo.jpg").rgb);
    const std::size_t scan = whole.rfind("\xFF\xDA");
    std::string ends_early = whole;
    ends_early.replace(scan + 16, 2, "\xFF\xD9");
    CHECK(refused_image(ends_early) == unreadable + "Corrupt JPEG data: premature end of data segment");
  }
  std::string jpeg = file("photo.jpg");
  const std::size_t table = jpeg.find("\xFF\xC4") + 5;
  jpeg.replace(table, 16, 16, '\x7F');
  CHECK(refused_image(jpeg) == unreadable + "Bogus Huffman table definition");
}

TEST_CASE("a colour covers by its share, and shares are interpolated between cells", "[image]") {
  const CountedVector<Rgb> flat = over({1, 2, {0.5, 0.5}}, 4, 2);
  CHECK(flat == CountedVector<Rgb>(8, Rgb{80, 70, 60}));  // 0.4 of `above`
  const CountedVector<Rgb> steps = over({1, 2, {0, 1}}, 4, 1);
  // Centres of cells at 1 and 3: pixels at 0.5, 1.5, 2.5 and 3.5 have shares 0, 1/4, 3/4 and 1.
  CHECK(steps == CountedVector<Rgb>{{0, 50, 100}, {40, 60, 80}, {120, 80, 40}, {160, 90, 20}});
}

TEST_CASE("cells without a colour cover as bad ones do, and spoil no neighbour", "[image]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const CountedVector<Rgb> pixels = over({1, 2, {nan, 0.5}}, 4, 1);
  CHECK(pixels == CountedVector<Rgb>{{1, 12, 22}, {1, 12, 22}, {80, 70, 60}, {80, 70, 60}});
  // Shares past the ends of a scale are its ends.
  CHECK(over({1, 1, {-3}}, 1, 1) == CountedVector<Rgb>{{0, 50, 100}});
  CHECK(over({1, 1, {7}}, 1, 1) == over({1, 1, {1}}, 1, 1));
}

TEST_CASE("a panel with a background is drawn as an image of its cells' pixels", "[image]") {
  Heatmap heatmap = heatmap_of(varied(4, 4));
  heatmap.panels[0].background = std::make_shared<const Image>(plain(9, 9, {10, 200, 30}));
  const Scene scene = compose(heatmap, Font::built_in());
  const std::vector<ImageBox> images = shapes_of<ImageBox>(scene);
  REQUIRE(images.size() == 1);
  const Cells& pixels = images[0].pixels;
  CHECK(static_cast<double>(pixels.columns) == pixels.box.width);
  CHECK(static_cast<double>(pixels.rows) == pixels.box.height);
  CHECK(shapes_of<Cells>(scene).size() == 1);  // the colour bar's
  const Decoded png = decode_png(render_png(heatmap));
  for (const std::size_t at : {std::size_t{0}, pixels.colors.size() / 3, pixels.colors.size() - 1}) {
    const std::size_t row = at / pixels.columns, column = at % pixels.columns;
    CHECK(png.at(pixels.box.x + static_cast<double>(column), pixels.box.y + static_cast<double>(row)) ==
          pixels.colors[at]);
  }
  CHECK(render_png(heatmap) == render_png(heatmap));
  const std::string svg = render_picture(heatmap, *picture_format_of_name("svg"));
  CHECK(svg.find("<image ") != std::string::npos);
}
