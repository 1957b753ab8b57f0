// Rotations by position: cosines and sines once a position, for every batch item and head.
#include "attention/layer/rope.hpp"

#include <algorithm>
#include <cmath>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

constexpr std::size_t block_rows = 16;
constexpr std::int64_t most_offset = 1LL << 52;  // positions past it are no exact doubles

struct Turn {
  double cosine, sine;
};

// x and y are the first elements of the two columns of pair 0; those of pair i are `step` · i further.
template <class T>
void turn_row(T* x, T* y, std::size_t step, const std::vector<Turn>& turns) {
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const double a = static_cast<double>(x[i * step]), b = static_cast<double>(y[i * step]);
    x[i * step] = static_cast<T>(a * turns[i].cosine - b * turns[i].sine);
    y[i * step] = static_cast<T>(b * turns[i].cosine + a * turns[i].sine);
  }
}

}  // namespace

Rotation::Rotation(const Rope& rope, std::size_t head_dim) : rope_(rope) {
  const std::string width = std::to_string(head_dim);
  if (!(rope.theta > 0) || !std::isfinite(rope.theta))
    throw usage_error(option_name("rope"), "theta must be more than 0");
  if (rope.dims == 0) {
    if (head_dim % 2 != 0)
      throw usage_error(option_name("rope"), "turns pairs of columns, but the heads have " + width + "; " +
                                                 option_name("rope_dims") + " turns fewer");
    rope_.dims = head_dim;
  } else if (rope.dims % 2 != 0) {
    throw usage_error(option_name("rope_dims"), "must be even, not " + std::to_string(rope.dims));
  } else if (rope.dims > head_dim) {
    throw usage_error(option_name("rope_dims"), std::to_string(rope.dims) + " columns, but the heads have " + width);
  }
  if (rope.offset > most_offset || rope.offset < -most_offset)
    throw usage_error(option_name("rope_offset"), "positions past 2^52 are not exact");
  const std::size_t pairs = rope_.dims / 2;
  if (rope.frequencies.empty()) {
    for (std::size_t i = 0; i < pairs; ++i)
      rope_.frequencies.push_back(std::pow(rope.theta, -2 * static_cast<double>(i) / static_cast<double>(rope_.dims)));
  } else if (rope.frequencies.size() != pairs) {
    throw usage_error(option_name("rope"), std::to_string(rope.frequencies.size()) + " frequencies for " +
                                               std::to_string(pairs) + " pairs of columns");
  }
}

template <class T>
void Rotation::apply(HeadsView<T> heads, std::int64_t first, std::span<const std::int64_t> starts,
                     std::size_t threads) const {
  if (heads.batch * heads.heads * heads.rows * heads.cols < elements_worth_threads) threads = 1;
  const std::size_t pairs = rope_.frequencies.size(), step = rope_.interleaved ? 2 : 1;
  parallel_for((heads.rows + block_rows - 1) / block_rows, threads, [&](std::size_t block, std::size_t) {
    std::vector<Turn> turns(pairs);
    for (std::size_t i = block * block_rows; i < std::min(heads.rows, (block + 1) * block_rows); ++i) {
      const auto start_of = [starts](std::size_t b) { return starts.empty() ? 0 : starts[b]; };
      for (std::size_t b = 0; b < heads.batch; ++b) {
        if (b == 0 || start_of(b) != start_of(b - 1)) {
          const auto position = static_cast<double>(first + rope_.offset + static_cast<std::int64_t>(i) - start_of(b));
          for (std::size_t p = 0; p < pairs; ++p) {
            const double angle = position * rope_.frequencies[p];
            turns[p] = {rope_.magnitude * std::cos(angle), rope_.magnitude * std::sin(angle)};
          }
        }
        for (std::size_t h = 0; h < heads.heads; ++h) {
          T* const row = heads.at(b, h).row(i);
          turn_row(row, row + (rope_.interleaved ? 1 : pairs), step, turns);
        }
      }
    }
  });
}

template void Rotation::apply(HeadsView<float>, std::int64_t, std::span<const std::int64_t>, std::size_t) const;
template void Rotation::apply(HeadsView<double>, std::int64_t, std::span<const std::int64_t>, std::size_t) const;

}  // namespace attn
