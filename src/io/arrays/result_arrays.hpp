// The arrays of a result, as files of named arrays hold them.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"

namespace attn::io {

struct ResultArray {
  std::string name;
  const Tensor* tensor;
};

/// The tensors under their names, then the stats as `stats.entropy` and so on.
inline std::vector<ResultArray> result_arrays(const Result& result) {
  std::vector<ResultArray> arrays;
  for (const NamedTensor& named : result.tensors) arrays.push_back({named.name, &named.tensor});
  for (const NamedTensor& named : result.stats)
    arrays.push_back({std::string(stats_prefix) + named.name, &named.tensor});
  return arrays;
}

}  // namespace attn::io
