// The memory that the tensors of several layers take, counted before any layer is run.
#pragma once

#include <cstddef>

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"
#include "attn/document.hpp"

namespace attn::model {

/// Throws Error (data, at `max_memory`) if what a run is to emit of `layers` layers like this one does not fit: each
/// layer's tensors, and once more the greatest of them while they become one array. `width`: of the states.
void check_memory(const TokenIds& ids, const AttentionOptions& options, const AttentionLayer& layer, std::size_t layers,
                  std::size_t width);

}  // namespace attn::model
