// Room for the statistics and strongest keys of many rows, filled one row at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "attention/document/row_stats.hpp"
#include "attn/weight_readings.hpp"

namespace attn {

template <class T>
class RowReadings {
 public:
  RowReadings() = default;
  /// Of rows in this shape, of `keys` weights each; statistics by `kernels`, or by single elements.
  RowReadings(const Shape& rows, std::size_t keys, bool stats, std::size_t top,
              const PoolingKernels<T>* kernels = nullptr);

  /// Row number `row` in C order: keys `begin` and following have these weights, the others 0; the query stands at
  /// `place` among them. Rows may be taken at once.
  void take(std::size_t row, std::size_t begin, std::span<const T> weights, QueryPlace place);
  WeightReadings release() { return std::move(readings_); }

 private:
  std::size_t keys_ = 0;
  const PoolingKernels<T>* kernels_ = nullptr;
  WeightReadings readings_;
};

}  // namespace attn
