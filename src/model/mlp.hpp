// The products of a block's second half, and what is between them.
#pragma once

#include <functional>
#include <string_view>

#include "io/json/config.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// The row with config.json's word on its kind, its biases and its activation. Throws Error (data) for a kind or an
/// activation that is not supported.
Mlp mlp_of(const Mlp& row, const io::Config& config);

/// The weights of an MLP of any kind.
struct MlpWeights {
  /// The product of a name in the row, for vectors of a width.
  using LinearOf = std::function<Linear(std::string_view name, const Stored& stored, std::size_t width)>;

  MlpKind kind = MlpKind::plain;
  Activation activation = Activation::gelu;
  GateClamp clamp;
  Linear up, gate, down;

  /// Of a row as `mlp_of` gives it. Throws Error (data) for shapes that do not go together.
  static MlpWeights read(const Mlp& mlp, std::size_t width, const LinearOf& linear);
  /// x (…, d) to (…, d).
  Tensor apply(const Tensor& x, const Execution& execution) const;
};

}  // namespace attn::model
