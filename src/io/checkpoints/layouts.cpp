// Copies of the parts of fused projections; parts that lie in one piece are not copied.
#include "io/checkpoints/layouts.hpp"

#include <cstring>
#include <memory>
#include <utility>

namespace attn::io {
namespace {

// `rows` pieces of `bytes` each, `stride` bytes apart.
void gather(char* to, const char* from, std::size_t rows, std::size_t bytes, std::size_t stride) {
  for (std::size_t i = 0; i < rows; ++i, to += bytes, from += stride) std::memcpy(to, from, bytes);
}

std::array<Tensor, 3> split_columns(const Tensor& fused) {
  const std::size_t rows = fused.rank() == 2 ? fused.extent(0) : 1, out = fused.extent(-1) / 3;
  const std::size_t bytes = out * dtype_size(fused.dtype());
  std::array<Tensor, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = Tensor(fused.dtype(), fused.rank() == 2 ? Shape{rows, out} : Shape{out});
    if (bytes == 0) continue;
    gather(static_cast<char*>(parts[i].data()), static_cast<const char*>(fused.data()) + i * bytes, rows, bytes,
           3 * bytes);
  }
  return parts;
}

std::array<Tensor, 3> split_rows(Tensor fused, const Widths& widths) {
  const auto whole = std::make_shared<Tensor>(std::move(fused));
  const std::size_t in = whole->rank() == 2 ? whole->extent(1) : 1;
  auto* at = static_cast<char*>(whole->data());
  std::array<Tensor, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t out = i == 0 ? widths.query : widths.key_value;
    parts[i] = Tensor::adopt(whole->dtype(), whole->rank() == 2 ? Shape{out, in} : Shape{out}, whole, at);
    at += parts[i].bytes();
  }
  return parts;
}

std::array<Tensor, 3> split_head_rows(const Tensor& fused, const Widths& widths) {
  const std::size_t in = fused.rank() == 2 ? fused.extent(1) : 1, heads = widths.query / widths.head;
  const std::size_t bytes = widths.head * in * dtype_size(fused.dtype());
  std::array<Tensor, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = Tensor(fused.dtype(), fused.rank() == 2 ? Shape{widths.query, in} : Shape{widths.query});
    if (bytes == 0) continue;
    gather(static_cast<char*>(parts[i].data()), static_cast<const char*>(fused.data()) + i * bytes, heads, bytes,
           3 * bytes);
  }
  return parts;
}

}  // namespace

std::array<Tensor, 3> take_apart(Tensor fused, Layout layout, const Widths& widths) {
  if (layout == Layout::columns) return split_columns(fused);
  if (layout == Layout::head_rows) return split_head_rows(fused, widths);
  return split_rows(std::move(fused), widths);
}

}  // namespace attn::io
