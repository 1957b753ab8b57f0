// Single layers: bounds in double exactly as torch.nn.init computes them, and joining of layers.
#include "random/linear.hpp"

#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

namespace attn {
namespace {

/// Copies the parts' rows in turn into a tensor that is as wide as the parts together, row by row: for (in, out)
/// weights this puts columns side by side, for (out, in) weights taken as one row it puts rows below one another.
Tensor join(const std::vector<const Tensor*>& parts, std::size_t rows, Shape shape) {
  Tensor joined(parts.front()->dtype(), std::move(shape));
  auto* out = static_cast<std::byte*>(joined.data());
  for (std::size_t row = 0; row < rows; ++row) {
    for (const Tensor* part : parts) {
      const std::size_t bytes = part->bytes() / rows;
      if (bytes != 0) std::memcpy(out, static_cast<const std::byte*>(part->data()) + row * bytes, bytes);
      out += bytes;
    }
  }
  return joined;
}

}  // namespace

Linear draw_linear(RandomStream& stream, std::size_t in, std::size_t out, bool bias, DType dtype) {
  const double fan_in = static_cast<double>(in), slope = std::sqrt(5.0);
  // Each step rounds as in nn.init.kaiming_uniform_, although the bound is just 1/√in.
  const double gain = std::sqrt(2.0 / (1.0 + slope * slope));
  const double bound = in == 0 ? 0.0 : std::sqrt(3.0) * (gain / std::sqrt(fan_in));
  const double bias_bound = in == 0 ? 0.0 : 1.0 / std::sqrt(fan_in);
  Linear linear;
  linear.weight = stream.uniform({out, in}, -bound, bound, dtype);
  if (bias) linear.bias = stream.uniform({out}, -bias_bound, bias_bound, dtype);
  return linear;
}

Tensor draw_xavier_uniform(RandomStream& stream, std::size_t in, std::size_t out, DType dtype) {
  const double fans = static_cast<double>(in + out);
  const double bound = in + out == 0 ? 0.0 : std::sqrt(3.0) * std::sqrt(2.0 / fans);
  return stream.uniform({out, in}, -bound, bound, dtype);
}

Tensor draw_xavier_normal(RandomStream& stream, std::size_t width, DType dtype) {
  // The fans of (1, 1, width) are its last axis, both.
  const double deviation = width == 0 ? 0.0 : std::sqrt(2.0 / static_cast<double>(width + width));
  return stream.normal({1, 1, width}, 0.0, deviation, dtype);
}

Linear side_by_side(std::vector<Linear> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  const bool transposed = parts.front().transposed;
  const std::size_t in = parts.front().weight.extent(transposed ? 1 : 0);
  std::size_t out = 0;
  std::vector<const Tensor*> weights, biases;
  for (const Linear& part : parts) {
    weights.push_back(&part.weight);
    out += part.weight.extent(transposed ? 0 : 1);
    if (part.bias) biases.push_back(&*part.bias);
  }
  Linear joined;
  joined.transposed = transposed;
  joined.weight = transposed ? join(weights, 1, {out, in}) : join(weights, in, {in, out});
  if (!biases.empty()) joined.bias = join(biases, 1, {out});
  return joined;
}

Tensor output_rows(const Tensor& weight, std::size_t begin, std::size_t count) {
  Tensor rows(weight.dtype(), {count, weight.extent(1)});
  const std::size_t row_bytes = weight.extent(1) * dtype_size(weight.dtype());
  if (rows.bytes() != 0)
    std::memcpy(rows.data(), static_cast<const std::byte*>(weight.data()) + begin * row_bytes, rows.bytes());
  return rows;
}

}  // namespace attn
