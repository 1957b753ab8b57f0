// Dropout of attention weights: what a run is asked for, and which weights a task keeps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attn/random.hpp"

namespace attn {

/// Which weights of (B, H, L, S) are kept, a bit each in C order: weight n has bit n % 8 of byte n / 8, counted from
/// the least. `kept_bits_padding` more bytes follow.
struct KeptWeights {
  const std::uint8_t* bits = nullptr;  ///< null: every weight is kept, as it is
  std::size_t heads = 0, queries = 0, keys = 0;
  double scale = 1;  ///< multiplies the kept ones

  /// The bit of a query's first key.
  std::size_t row(std::size_t b, std::size_t h, std::size_t i) const { return ((b * heads + h) * queries + i) * keys; }
  bool has(std::size_t bit) const { return (bits[bit / 8] >> bit % 8 & 1) != 0; }
};

/// Dropout of a run, as torch.nn.functional.dropout on the weights: each is 0 with probability `p`, and else multiplied
/// by 1/(1 − p).
struct Dropout {
  double p = 0;  ///< 0 … 1; with 0 nothing is drawn, with 1 every weight is 0
  /// Drawn from where it stands when the run begins, a weight of (B, H, L, S) after the other, by a clone: a second run
  /// draws the same. Set unless p is 0.
  const RandomStream* stream = nullptr;
  bool own_stream = false;  ///< the stream is for dropout alone: the result's metadata name its seed so
};

}  // namespace attn
