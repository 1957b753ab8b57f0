// The online softmax on tiles: what the streaming and the decoding engine share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attention/packed.hpp"
#include "attention/rows.hpp"
#include "attention/steps.hpp"
#include "attn/attention.hpp"

namespace attn {

/// The rows of a tile that belong to one head.
template <class T>
struct TilePart {
  ScoreTile<T> scores;
  const BlockRows* rows = nullptr;
  bool masked = false;  ///< some of the tile may not be attended
};

/// Some query rows against keys [begin, end), and the state of their softmax so far.
template <class T>
struct OnlineTile {
  const T* query = nullptr;  ///< the first row's
  std::ptrdiff_t query_stride = 0;
  std::size_t rows = 0;
  std::int64_t begin = 0, end = 0;  ///< `begin` is at the start of a panel of the packed keys
  T* scores = nullptr;              ///< (rows, …) scratch
  std::ptrdiff_t score_stride = 0;
  T* peak = nullptr;    ///< (rows)
  T* sum = nullptr;     ///< (rows)
  T* factor = nullptr;  ///< (rows) scratch
  T* output = nullptr;  ///< (rows, D_v rounded up to vectors): Σ weight·value, not yet divided by the sums
  std::ptrdiff_t output_stride = 0;
  std::span<const TilePart<T>> parts;
};

/// scores = scale·Q·Kᵀ and what comes after; softmax so far; output += weights·V.
template <class T>
void attend_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head,
                 const OnlineTile<T>& tile);

/// The state of one row when all its keys are done.
template <class T>
struct RowState {
  T peak = 0;
  T sum = 0;
  T* output = nullptr;  ///< Σ weight·value
};

/// Joins the sink, divides by the sum, and stores output and lse of row r of the block that begins with query
/// `first_row`; rows without any weight get what is theirs.
template <class T>
void finish_row(const AttentionTask<T>& task, const BlockRows& rows, std::size_t b, std::size_t h,
                std::size_t first_row, std::size_t r, RowState<T> state);

}  // namespace attn
