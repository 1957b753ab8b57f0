// The ways of linear.cpp to multiply: each gives the same bits, as every number of y is the same sum in the same order.
#pragma once

#include <cstddef>

#include "attn/packed_weight.hpp"
#include "attn/task.hpp"
#include "kernels/tile.hpp"

namespace attn {

inline constexpr std::size_t linear_block_rows = 48;  // few, that the last blocks end at about the same time
inline constexpr std::size_t linear_block_columns = 256;
inline constexpr std::size_t linear_packed_columns = 64;  // a task of packing

/// Packs columns [j0, j1) of W, which are those of y; j0 is a multiple of `linear_packed_columns`.
template <class T>
void pack_columns(MatrixView<const T> weight, bool transposed, const TileKernels<T>& kernels, std::size_t j0,
                  std::size_t j1, T* packed);

/// For many rows, or W that is packed already.
template <class T>
void linear_by_tiles(const LinearTask<T>& task, const TileKernels<T>& kernels);

/// For few rows and W as (out, in): yᵀ = W·xᵀ, whose left factor is W as it is stored, so that only x is packed.
template <class T>
void linear_by_outputs(const LinearTask<T>& task, const TileKernels<T>& kernels);
template <class T>
bool is_better_by_outputs(const LinearTask<T>& task, const TileKernels<T>& kernels);

/// For few rows and W as (in, out): panels of its columns are packed as the first rows are multiplied with them.
template <class T>
void linear_by_columns(const LinearTask<T>& task, const TileKernels<T>& kernels);
template <class T>
bool is_better_by_columns(const LinearTask<T>& task, const TileKernels<T>& kernels);

}  // namespace attn
