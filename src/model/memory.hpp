// The memory that the tensors of several layers take, counted before any layer is run.
#pragma once

#include <cstddef>

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"
#include "attn/document.hpp"

namespace attn::model {

/// The sizes of a layer's attention; `width`: of the states.
struct LayerSizes {
  std::size_t batch = 1, queries = 0, keys = 0, width = 0;
};

/// Throws Error (data, at `max_memory`) if what a run is to emit of `layers` layers like this one does not fit: each
/// layer's tensors, and once more the greatest of those that are copied into one array.
void check_memory(const LayerSizes& sizes, const AttentionOptions& options, const AttentionLayer& layer,
                  std::size_t layers);

}  // namespace attn::model
