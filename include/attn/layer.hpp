// What a layer does around attention, and models differ in: the norm before it, RoPE's frequencies, relative positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "attn/query_key.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// The norm of a layer's input, over the last axis.
struct InputNorm {
  enum class Kind {
    layer,  ///< (x − mean)/√(variance + ε)·weight + bias (arXiv:1607.06450)
    rms,    ///< x/√(mean of squares + ε)·weight (arXiv:1910.07467)
  };
  Kind kind = Kind::layer;
  double epsilon = 1e-5;
  std::vector<double> weight;  ///< (d)
  std::vector<double> bias;    ///< (d), or empty
};

/// Applies the norm to each row of a float tensor, in place; sums are in double, in an order that is fixed. Throws
/// Error (data, at `where`) if the last axis is not the weight's.
void normalise(Tensor& x, const InputNorm& norm, const std::string& where, std::size_t threads = 1);

/// How RoPE's frequencies follow from theta: θ^(−2i/dims) radians a position, changed by one of the schemes that
/// stretch contexts past the length of the training.
struct RopeRule {
  enum class Kind {
    unscaled,      ///< arXiv:2104.09864
    linear,        ///< positions divided by `factor` (arXiv:2306.15595)
    dynamic,       ///< theta grows with the length past `positions` (NTK-aware)
    llama3,        ///< long wavelengths divided by `factor`, with a smooth passage (Llama 3.1)
    yarn,          ///< the same by numbers of turns, and a magnitude (arXiv:2309.00071)
    longrope,      ///< a factor for each frequency, one list for short and one for long inputs (arXiv:2402.13753)
    proportional,  ///< only the first `turning` pairs turn, by the frequencies of the whole head (Gemma 4)
  };
  Kind kind = Kind::unscaled;
  double theta = 10000;
  std::size_t dims = 0;      ///< columns of a head that are rotated, from the first
  bool interleaved = false;  ///< pairs are columns 2i and 2i + 1, else i and i + dims/2
  double factor = 1;
  double positions = 0;      ///< dynamic: max_position_embeddings; llama3, yarn, longrope: those of the training
  double low = 1, high = 4;  ///< llama3: low_freq_factor, high_freq_factor; yarn: beta_slow, beta_fast
  bool truncate = true;      ///< yarn: the bounds of the passage are whole numbers
  double magnitude = 1;      ///< yarn, longrope: multiplies cos and sin
  std::vector<double> short_factors, long_factors;  ///< longrope: (dims/2)
  std::size_t turning = 0;                          ///< proportional: pairs with a frequency; the others have 0
  std::vector<std::size_t> sections;                ///< pairs of columns of each axis of positions; empty: one axis
  RopeSections layout = RopeSections::sectioned;
  double reach = 0;  ///< positions that the model is made for; 0: it does not say
};

/// The frequencies (dims/2), in radians a position, of an input with `length` positions.
std::vector<double> rope_frequencies(const RopeRule& rule, std::size_t length);

/// T5's bias by relative position (arXiv:1910.10683): near distances have a bucket each, farther ones share buckets
/// that widen with the logarithm.
struct RelativeBias {
  std::vector<double> table;  ///< (buckets, heads), C order
  std::size_t buckets = 0;
  std::size_t heads = 0;
  bool bidirectional = true;  ///< half of the buckets are for keys after the query; else those share bucket 0
  std::int64_t max_distance = 128;

  /// The bucket of `distance`, a key's position less the query's.
  std::size_t bucket(std::int64_t distance) const;
};

}  // namespace attn
