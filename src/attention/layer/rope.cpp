// Rotations by position: cosines and sines once a position, for every head.
#include "attention/layer/rope.hpp"

#include <algorithm>
#include <cmath>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

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
  share_out_pairs();
  if (rope.frequencies.empty()) {
    const bool apart = !rope.sections.empty() && rope.layout == RopeSections::axial;
    for (const std::size_t own : apart ? rope.sections : std::vector{pairs})
      for (std::size_t i = 0; i < own; ++i)
        rope_.frequencies.push_back(std::pow(rope.theta, -static_cast<double>(i) / static_cast<double>(own)));
  } else if (rope.frequencies.size() != pairs) {
    throw usage_error(option_name("rope"), std::to_string(rope.frequencies.size()) + " frequencies for " +
                                               std::to_string(pairs) + " pairs of columns");
  }
}

void Rotation::share_out_pairs() {
  const std::size_t pairs = rope_.dims / 2, count = rope_.sections.size();
  axes_.assign(pairs, 0);
  if (count == 0) return;
  std::size_t sum = 0;
  for (const std::size_t section : rope_.sections) sum += section;
  if (sum != pairs)
    throw usage_error(option_name("rope_sections"),
                      std::to_string(sum) + " pairs of columns, but " + std::to_string(pairs) + " of each head turn");
  if (rope_.layout != RopeSections::interleaved) {
    std::size_t pair = 0;
    for (std::size_t axis = 0; axis < count; ++axis)
      for (std::size_t i = 0; i < rope_.sections[axis]; ++i) axes_[pair++] = axis;
    return;
  }
  for (std::size_t axis = 1; axis < count; ++axis)
    for (std::size_t i = 0; i < rope_.sections[axis]; ++i) {
      const std::size_t pair = axis + i * count;
      if (pair >= pairs)
        throw usage_error(option_name("rope_sections"), "pair " + std::to_string(pair) + " of axis " +
                                                            std::to_string(axis) + " is past the last of " +
                                                            std::to_string(pairs) +
                                                            ": the first axis must have the most pairs");
      axes_[pair] = axis;
    }
}

// `position` gives that of an axis, a batch item and a row; all batch items have those of the first `items`.
template <class T, class Position>
void Rotation::turn_rows(HeadsView<T> heads, std::size_t items, const Position& position, std::size_t threads) const {
  if (heads.batch * heads.heads * heads.rows * heads.cols < elements_worth_threads) threads = 1;
  const std::size_t pairs = rope_.frequencies.size(), step = rope_.interleaved ? 2 : 1;
  const std::size_t blocks = (heads.rows + rows_of_task - 1) / rows_of_task, sharing = items == 1 ? heads.batch : 1;
  parallel_for(items * blocks, threads, [&](std::size_t task, std::size_t) {
    const std::size_t item = task / blocks, block = task % blocks;
    std::vector<Turn> turns(pairs);
    for (std::size_t i = block * rows_of_task; i < std::min(heads.rows, (block + 1) * rows_of_task); ++i) {
      for (std::size_t p = 0; p < pairs; ++p) {
        const double angle = position(axes_[p], item, i) * rope_.frequencies[p];
        turns[p] = {rope_.magnitude * std::cos(angle), rope_.magnitude * std::sin(angle)};
      }
      for (std::size_t b = item; b < item + sharing; ++b)
        for (std::size_t h = 0; h < heads.heads; ++h) {
          T* const row = heads.at(b, h).row(i);
          turn_row(row, row + (rope_.interleaved ? 1 : pairs), step, turns);
        }
    }
  });
}

template <class T>
void Rotation::apply(HeadsView<T> heads, std::int64_t first, std::span<const std::int64_t> starts,
                     std::size_t threads) const {
  const auto position = [&](std::size_t, std::size_t b, std::size_t i) {
    const std::int64_t start = starts.empty() ? 0 : starts[b];
    return static_cast<double>(first + rope_.offset + static_cast<std::int64_t>(i) - start);
  };
  turn_rows(heads, starts.empty() ? 1 : heads.batch, position, threads);
}

template <class T>
void Rotation::apply(HeadsView<T> heads, const RowPositions& positions, std::size_t threads) const {
  const auto position = [&](std::size_t axis, std::size_t b, std::size_t i) {
    return positions.of(axis, b, i) + static_cast<double>(rope_.offset);
  };
  turn_rows(heads, positions.batch, position, threads);
}

template void Rotation::apply(HeadsView<float>, const RowPositions&, std::size_t) const;
template void Rotation::apply(HeadsView<double>, const RowPositions&, std::size_t) const;
template void Rotation::apply(HeadsView<float>, std::int64_t, std::span<const std::int64_t>, std::size_t) const;
template void Rotation::apply(HeadsView<double>, std::int64_t, std::span<const std::int64_t>, std::size_t) const;

}  // namespace attn
