// The tiles of AMX as the kernels use them: which of the eight holds what, and how they are set up.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attn::amx {

/// Rows of a tile, and 32-bit words of a row, at most.
inline constexpr std::size_t kMostRows = 16, kMostWords = 16;

/// Tiles 0 … 3 hold sums, side by side; the others a left and a right factor, and what is left of them at the end of a
/// sum whose length is no multiple of a tile's.
enum Tile : int { kSums = 0, kLeft = 4, kRight = 5, kLeftRest = 6, kRightRest = 7 };

/// What LDTILECFG reads: palette 1 has eight tiles of up to 16 rows of 64 bytes.
struct alignas(64) Setup {
  std::uint8_t palette = 1, start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  void set(int tile, std::size_t tile_rows, std::size_t words) {
    rows[tile] = static_cast<std::uint8_t>(tile_rows);
    row_bytes[tile] = static_cast<std::uint16_t>(words * sizeof(float));
  }
};
static_assert(sizeof(Setup) == 64);

/// For `rows` rows of the left factor, at most kMostRows, each of a multiple of kMostWords words and `rest` more.
inline Setup setup_for(std::size_t rows, std::size_t rest) {
  Setup setup;
  for (int v = 0; v < kLeft; ++v) setup.set(kSums + v, rows, kMostWords);
  setup.set(kLeft, rows, kMostWords);
  setup.set(kRight, kMostWords, kMostWords);
  if (rest == 0) return setup;
  setup.set(kLeftRest, rows, rest);
  setup.set(kRightRest, rest, kMostWords);
  return setup;
}

}  // namespace attn::amx
