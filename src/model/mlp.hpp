// The products of a block's second half, and what is between them.
#pragma once

#include <functional>
#include <string_view>

#include "io/json/config.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// The weights of an MLP of any kind.
struct MlpWeights {
  /// The product of a name in the row, for vectors of a width.
  using LinearOf = std::function<Linear(std::string_view name, const Stored& stored, std::size_t width)>;

  MlpKind kind = MlpKind::plain;
  Activation activation = Activation::gelu;
  GateClamp clamp;
  Linear up, gate, down;

  /// Throws Error (data) for an activation that is not known, and for shapes that do not go together.
  static MlpWeights read(const Mlp& row, const io::Config& config, const std::string& file, std::size_t width,
                         const LinearOf& linear);
  /// x (…, d) to (…, d).
  Tensor apply(const Tensor& x, const Execution& execution) const;
};

}  // namespace attn::model
