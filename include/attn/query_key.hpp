// What happens to queries and keys before they meet: norms, and the rotations of multihead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attn {

/// How pairs of columns are shared out among several axes of positions.
enum class RopeSections : std::uint8_t {
  sectioned,    ///< one section after the other (Qwen2-VL's M-RoPE)
  interleaved,  ///< pair i of axis i mod axes, while that axis has pairs left; the first has the rest (Qwen3-VL)
  axial,        ///< one after the other, and each section has frequencies of its own, from 1 on (Qwen2-VL's vision)
};

/// Rotary position embedding of projected queries and keys (arXiv:2104.09864): pair i of a head's columns is turned
/// by position · theta^(−2i/dims). Angles are taken in double precision.
struct Rope {
  double theta = 10000;             ///< more than 0
  bool interleaved = false;         ///< pairs (2i, 2i+1), as in the paper and GPT-J; else (i, i + dims/2), as in Llama
  std::size_t dims = 0;             ///< only the first so many columns of a head turn (partial rotary); 0: all
  std::vector<double> frequencies;  ///< (dims/2) radians a position; empty: theta^(−2i/dims)
  double magnitude = 1;             ///< cosines and sines are multiplied by it (YaRN's attention factor)
  std::int64_t offset = 0;          ///< added to positions, which begin at the number of cached keys; within ±2⁵²
  /// Pairs of columns of each axis of positions; together those that turn. Empty: there is one axis.
  std::vector<std::size_t> sections;
  RopeSections layout = RopeSections::sectioned;
};

/// RMS norm of projected queries and keys, before RoPE: x / √(mean(x²) + epsilon) · weight. A weight has the width of
/// one head, which is then the norm of each head (Qwen3), or that of all of them, and it is one norm over all (OLMo 2)
/// unless heads have their own. Empty weights: each head, with ones.
struct QkNorm {
  /// Each row is divided by its Euclidean length instead, or by epsilon if that is more: scores are then cosines, times
  /// the scale (torch.nn.functional.normalize; Swin Transformer V2, arXiv:2111.09883).
  bool euclidean = false;
  double epsilon = 1e-6;
  std::vector<double> query_weight;  ///< (D) or (H·D)
  std::vector<double> key_weight;    ///< (D) or (K·D)
  bool centred = false;              ///< x less its mean is normed: LayerNorm without bias (Cohere, StableLM)
  bool own_heads = false;            ///< a weight (H·D) has the numbers of one head after the other's, normed apart
  std::vector<double> query_bias;    ///< of the width of the weight, or empty (Persimmon)
  std::vector<double> key_bias;
  bool after_rope = false;  ///< the norm comes after the rotation (Llama 4, Hunyuan), else before it
};

/// Queries that grow with their position, so that attention over long inputs stays sharp (arXiv:2501.19399):
/// position p has the factor 1 + beta·ln(1 + ⌊(p + shift) / floor⌋). Positions begin at the number of cached keys.
struct QueryTemperature {
  double beta = 0.1;
  double floor = 8192;  ///< more than 0
  double shift = 0;     ///< Llama 4 counts positions from 1
};

}  // namespace attn
