// Queries that may attend no key: the rules for their rows.
#pragma once

namespace attn {

/// What a query that may attend no key gets.
enum class EmptyRow {
  zero,     ///< weights and output exactly 0 (flash-attention, ONNX)
  nan,      ///< NaN, as softmax over nothing but −inf gives
  uniform,  ///< 1/S over all S keys, as fills with −1e9 give
};

}  // namespace attn
