// Archives of arrays that are numbered, one a layer or one a step of generation.
#pragma once

#include <string>
#include <vector>

#include "attn/stack.hpp"
#include "io/arrays/archives.hpp"

namespace attn::io {

/// The names of an archive's arrays by their number, if they are the same text but for one number in each, and the
/// numbers are 0, 1, 2, … in some order; else none. Texts do not count.
std::vector<std::string> numbered_arrays(const ArrayFile& archive);

/// These arrays as one. Throws Error (data) as stack_arrays does, and for what needs more than the options' memory.
StackedArrays read_stacked(const ArrayFile& archive, const std::vector<std::string>& names, const ReadOptions& options);

}  // namespace attn::io
