// Nested JSON lists of numbers to tensors.
#pragma once

#include "attn/read_options.hpp"
#include "io/json/reader.hpp"
#include "io/numbers/number_buffer.hpp"

namespace attn::io {

/// More axes than any tensor of attn has, with room to spare.
inline constexpr std::size_t max_rank = 8;

/// Reads the nested list that comes next. A decimal becomes the nearest float64, then the nearest `options.dtype`,
/// as in Python, so that both read the same tensor from the same text. Throws Error (data) with the pointer of what
/// is ragged, no number, or past the dtype.
Tensor read_json_tensor(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget);

}  // namespace attn::io
