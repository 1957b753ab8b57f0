// The rows of a product, made as they are looked at.
#pragma once

#include "attn/attention.hpp"
#include "attn/task.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// How a run with these options makes its products.
Execution execution_of(const AttentionOptions& options);

/// What `linear` would write to `y`, to the bit; a block of rows is made at a time, so that the whole never is. The
/// task has no `y`; its operands outlive the matrix.
template <class T>
TableMatrix product_rows(const LinearTask<T>& task);

}  // namespace attn::cli
