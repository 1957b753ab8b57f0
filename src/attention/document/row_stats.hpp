// Numbers of one row of weights: how much, how sharp, where to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/pooling.hpp"

namespace attn {

/// With p the row's weights over their sum. A row of zeros has 0 everywhere, but a sparsity of 1; one with a NaN has
/// NaN everywhere.
struct RowStats {
  double row_sum = 0;          ///< Σ w: 1, less with a sink
  double entropy = 0;          ///< −Σ p·ln p, in nats
  double peak = 0;             ///< the greatest weight
  double effective_keys = 0;   ///< exp(entropy): 1 for one key, S for even weights
  double first_key_share = 0;  ///< p of the first key
  double mean_distance = 0;    ///< Σ p·|position − key|
  double sparsity = 0;         ///< the share of all keys with weights under 1e-6
};

struct RowStat {
  std::string_view name;
  double RowStats::*value;
};
/// The TABLE of them, in the documents' order.
inline constexpr std::array<RowStat, 7> row_stat_table{{
    {"row_sum", &RowStats::row_sum},
    {"entropy", &RowStats::entropy},
    {"peak", &RowStats::peak},
    {"effective_keys", &RowStats::effective_keys},
    {"first_key_share", &RowStats::first_key_share},
    {"mean_distance", &RowStats::mean_distance},
    {"sparsity", &RowStats::sparsity},
}};

/// Where a query stands among its keys.
struct QueryPlace {
  std::int64_t position = 0;  ///< of the query
  std::size_t first_key = 0;  ///< those before it are padding
};

/// Of the row whose keys `begin` and following have `weights` and whose other keys, of `keys`, have 0. With `kernels`
/// its sums are taken in vectors, and logarithms have the precision of T.
template <class T>
RowStats row_stats(std::span<const T> weights, std::size_t begin, std::size_t keys, QueryPlace place,
                   const PoolingKernels<T>* kernels = nullptr);

/// The strongest keys.size() keys of such a row to `keys` and `strengths`, strongest first; of equal ones the lower
/// key. NaN is above all numbers. `keys` has at most `all_keys` places.
template <class T>
void strongest_keys(std::span<const T> weights, std::size_t begin, std::size_t all_keys, std::span<std::size_t> keys,
                    T* strengths);

}  // namespace attn
