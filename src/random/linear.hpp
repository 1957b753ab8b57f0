// Single layers: the weights and biases of nn.Linear and of torch.nn.init, from a stream.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "attn/random.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// One projection. `weight` is (out, in), used as x·Wᵀ, if `transposed`, else (in, out), used as x·W.
struct Linear {
  Tensor weight;
  std::optional<Tensor> bias;  ///< (out)
  bool transposed = true;
};

/// nn.Linear(in, out, bias): kaiming_uniform_(a=√5) weights, then biases U(±1/√in).
Linear draw_linear(RandomStream& stream, std::size_t in, std::size_t out, bool bias, DType dtype);
/// nn.init.xavier_uniform_ on (out, in): U(±√3·√(2/(in + out))).
Tensor draw_xavier_uniform(RandomStream& stream, std::size_t in, std::size_t out, DType dtype);
/// nn.init.xavier_normal_ on (1, 1, width), as nn.MultiheadAttention draws bias_k.
Tensor draw_xavier_normal(RandomStream& stream, std::size_t width, DType dtype);

/// Projections of the same input side by side, as one whose outputs are theirs in turn.
Linear side_by_side(std::vector<Linear> parts);
/// Outputs `begin` … `begin + count - 1` of a weight (out, in).
Tensor output_rows(const Tensor& weight, std::size_t begin, std::size_t count);

}  // namespace attn
