// Readings of weights that are already there: statistics of rows, strongest keys.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "attn/document.hpp"
#include "attn/tensor.hpp"

namespace attn {

struct WeightReadings {
  std::vector<NamedTensor> stats;  ///< each (…, L), in the order and with the names of a Result's; none if not wanted
  std::optional<TopKeys> top;      ///< (…, L, count)
};

/// The rows of weights (…, L, S) of float32 or float64, as `WantedResults::stats` and `top` read those that are
/// computed: see attn-json(5). Query 0 stands at key `first_query`, from which distances count. `top` of 0 wants no
/// keys. The kernel set is that of a run which names none. Throws Error (data) for a tensor without matrices, and
/// (usage) for a kernel set of the environment that there is not.
WeightReadings read_weights(const Tensor& weights, bool stats, std::size_t top, std::size_t first_query = 0);

}  // namespace attn
