// Lists of steps of generation, whose arrays differ in length.
#pragma once

#include "attn/stack.hpp"
#include "io/json/tensor.hpp"

namespace attn::io {

/// The nested list that comes next as a tensor of rank 5 or less; or, if its elements differ in length, or there are
/// six axes, as the steps of generation that model libraries give: a list of steps, each an array or a list of layers
/// (see stack_arrays). Throws Error (data) as read_json_tensor does where it is neither.
StackedArrays read_json_stack(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget);

}  // namespace attn::io
