// Lengths that were written as kernels take them: 0, then where each document ends (cu_seqlens).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace attn::mask_detail {

/// True for 0, 2, 5 where 5 positions are to be covered.
inline bool are_cumulative(const std::vector<std::int64_t>& lengths, std::int64_t covered) {
  return lengths.size() > 1 && lengths.front() == 0 && lengths.back() == covered &&
         std::is_sorted(lengths.begin(), lengths.end());
}

/// "2,3" of 0, 2, 5.
inline std::string lengths_of_cumulative(const std::vector<std::int64_t>& ends) {
  std::string text;
  for (std::size_t n = 1; n < ends.size(); ++n) text += (n == 1 ? "" : ",") + std::to_string(ends[n] - ends[n - 1]);
  return text;
}

}  // namespace attn::mask_detail
