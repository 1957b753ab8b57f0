// Plain areas deflated: what another decoder reads is what was written, and the codes are prefix codes.
#include "render/flat_deflate.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "render/huffman.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

using Bytes = std::vector<unsigned char>;

Bytes inflated(const std::string& stream, std::size_t size) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  Bytes bytes(size);
  std::size_t read = 0, written = 0;
  REQUIRE(libdeflate_deflate_decompress_ex(decompressor.get(), stream.data(), stream.size(), bytes.data(), size, &read,
                                           &written) == LIBDEFLATE_SUCCESS);
  CHECK(read == stream.size());
  CHECK(written == size);
  return bytes;
}

// Rows of rectangles in few colours, a filter's byte before each row.
Bytes rectangles(std::size_t channels, std::size_t width, std::size_t height, std::mt19937& random) {
  const auto below = [&random](std::size_t end) { return random() % end; };
  const std::size_t row = channels * width + 1;
  Bytes bytes(row * height, 255);
  for (int count = 0; count < 40; ++count) {
    const std::size_t left = below(width), right = left + below(width - left) + 1;
    const std::size_t top = below(height), bottom = top + below(height - top) + 1;
    const auto color = static_cast<unsigned char>(below(256));
    for (std::size_t y = top; y < bottom; ++y)
      for (std::size_t x = channels * left; x < channels * right; ++x)
        bytes[y * row + 1 + x] = static_cast<unsigned char>(color + x % channels);
  }
  for (std::size_t y = 0; y < height; ++y) bytes[y * row] = 0;
  return bytes;
}

}  // namespace

TEST_CASE("pictures of plain areas come back from another decoder, and in fewer bytes") {
  std::mt19937 random(1);
  for (const std::size_t channels : {1U, 3U, 4U})
    for (const std::size_t width : {40U, 700U, 12000U}) {  // the longest rows are farther apart than matches reach
      const Bytes bytes = rectangles(channels, width, 300, random);
      const auto stream = deflate_flat(bytes, {channels, channels * width + 1});
      REQUIRE(stream);
      CHECK(stream->size() < bytes.size() / 20);
      CHECK(inflated(*stream, bytes.size()) == bytes);
    }
}

TEST_CASE("one colour is one distance, and every length of a run ends where it ends") {
  for (std::size_t size = 400; size < 1000; ++size) {
    const Bytes bytes(size, 7);
    const auto stream = deflate_flat(bytes, {3, 101});
    REQUIRE(stream);
    CHECK(inflated(*stream, size) == bytes);
  }
}

TEST_CASE("blocks follow each other where a picture has many steps") {
  // Runs of lengths and bytes that are drawn, a million bytes of them.
  std::mt19937 random(2);
  Bytes bytes;
  while (bytes.size() < 4'000'000) bytes.insert(bytes.end(), 60 + random() % 200, static_cast<unsigned char>(random()));
  const auto stream = deflate_flat(bytes, {1, 5000});
  REQUIRE(stream);
  CHECK(inflated(*stream, bytes.size()) == bytes);
}

TEST_CASE("what is no picture of plain areas is left to others") {
  std::mt19937 random(3);
  Bytes noise(100'000);
  std::ranges::generate(noise, [&random] { return static_cast<unsigned char>(random()); });
  CHECK(!deflate_flat(noise, {3, 301}));
  CHECK(!deflate_flat(Bytes{1, 2, 3}, {3, 4}));
}

TEST_CASE("codes are a whole tree, of no more bits than there may be") {
  const auto share_of = [](const std::vector<std::uint8_t>& lengths) {
    double sum = 0;
    for (const unsigned length : lengths) sum += length == 0 ? 0 : 1.0 / (1U << length);
    return sum;
  };
  CHECK(code_lengths({5, 0, 1, 1, 2}, 15) == std::vector<std::uint8_t>{1, 0, 3, 3, 2});
  CHECK(code_lengths({0, 0, 9}, 15) == std::vector<std::uint8_t>{1, 0, 1});
  CHECK(code_lengths({0, 0}, 15) == std::vector<std::uint8_t>{1, 1});
  std::vector<std::uint32_t> fibonacci{1, 1};
  while (fibonacci.size() < 30) fibonacci.push_back(fibonacci.end()[-1] + fibonacci.end()[-2]);
  CHECK(std::ranges::max(code_lengths(fibonacci, 40)) == 29);
  for (const unsigned longest : {5U, 7U, 15U}) {
    const std::vector<std::uint8_t> lengths = code_lengths(fibonacci, longest);
    CHECK(std::ranges::max(lengths) <= longest);
    CHECK(share_of(lengths) == 1);
  }
  // RFC 1951, 3.2.2: its example of lengths, and the codes, first bit lowest.
  CHECK(codes_of(std::vector<std::uint8_t>{3, 3, 3, 3, 3, 2, 4, 4}) ==
        std::vector<std::uint16_t>{0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111});
}
