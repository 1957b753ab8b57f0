// Everything that reads a data format.
#pragma once

#include <string>
#include <string_view>

namespace attn::fuzz {

/// Reads the bytes by every reader of the format. What comes out is whole, or there is one Error; memory is bounded.
void read_all_ways(const std::string& bytes, std::string_view format);

}  // namespace attn::fuzz
