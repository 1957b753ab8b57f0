// Weights of 16 bits: widened a few rows at a time, on their way into a product.
#pragma once

#include <cstddef>

#include "attn/task.hpp"
#include "io/arrays/raw_array.hpp"

namespace attn::model {

/// Whether a stored matrix (out, in) can stay as it is until its rows are multiplied with.
bool can_stay_narrow(const io::RawArray& array);

/// x·Wᵀ + b like `linear`, with the rows of W from `first_row` on; `task.weight` has its sizes and no elements.
template <class T>
void narrow_linear(const LinearTask<T>& task, const io::RawArray& weight, std::size_t first_row);

}  // namespace attn::model
