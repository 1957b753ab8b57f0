// The queries that a run is about: all of a document's, or a range of them.
#pragma once

#include <string>
#include <vector>

#include "attn/attention.hpp"

namespace attn {

/// Queries first … first+count-1 of a document's `all`.
struct QueryRows {
  std::size_t first = 0, count = 0, all = 0;

  bool are_all() const { return count == all; }
  /// The range's labels, of one for each query or none.
  std::vector<std::string> of(std::vector<std::string> labels) const;
};

/// The options' range of so many queries. Throws Error (usage, at `query_range`) if there are not so many, or if the
/// range is empty.
QueryRows query_rows(const AttentionOptions& options, std::size_t queries);

/// A (…, L, D) tensor's rows of the range, copied.
Tensor cut_rows(const Tensor& tensor, const QueryRows& rows);

}  // namespace attn
