// Pages of 2 MiB for large memory.
#pragma once

#include <cstddef>

namespace attn {

inline constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Asks for huge pages where the system gives them by choice (Linux): 512 times fewer faults when memory is first
/// written. Advice, which may be refused, and changes no result; elsewhere nothing.
void prefer_huge_pages(void* memory, std::size_t bytes);

}  // namespace attn
