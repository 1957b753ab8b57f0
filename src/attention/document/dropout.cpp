// The bits of a run, from a clone of its stream.
#include "attention/document/dropout.hpp"

#include <stdexcept>

#include "core/rounding.hpp"

namespace attn {

void add_dropout(Budget& budget, const Dropout& dropout, const Dims& dims, RowWindow window) {
  if (dropout.p == 0) return;
  budget.add("a bit for each weight, in bytes", {dims.batch, dims.heads, window.count, divide_up(dims.keys, 8)}, 1);
}

std::vector<std::uint8_t> draw_dropout(const Dropout& dropout, const Dims& dims, RowWindow window) {
  if (dropout.p == 0) return {};
  if (dropout.stream == nullptr) throw std::logic_error("attention: dropout has no stream to draw from");
  return dropout.stream->clone().keep_bits(dims.batch * dims.heads, window, dims.keys, dropout.p);
}

KeptWeights kept_weights(const Dropout& dropout, const Dims& dims, RowWindow window,
                         const std::vector<std::uint8_t>& bits) {
  if (bits.empty()) return {};
  return {.bits = bits.data(),
          .heads = dims.heads,
          .queries = window.count,
          .keys = dims.keys,
          .scale = dropout.p < 1 ? 1 / (1 - dropout.p) : 0};  // without survivors there is nothing to scale
}

}  // namespace attn
