// The results of several layers as one, with a leading axis.
#pragma once

#include <vector>

#include "attn/document.hpp"

namespace attn::model {

/// Each tensor, statistic and list of strongest keys with the layers as its first axis; metadata that differ become
/// lists, notes are joined. Throws Error (data) for tensors whose shapes differ. `results`: one a layer, of at least
/// one layer; `numbers` are the layers'.
Result stacked(std::vector<Result> results, const std::vector<std::int64_t>& numbers);

}  // namespace attn::model
