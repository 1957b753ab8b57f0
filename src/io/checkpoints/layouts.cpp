// Copies of the parts of fused projections; parts that lie in one piece are not copied.
#include "io/checkpoints/layouts.hpp"

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

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

// Pieces of whole rows, in the order in which they lie, each for one of query, key and value.
std::array<Tensor, 3> deal_rows(const Tensor& fused, const Widths& widths,
                                const std::vector<std::pair<std::size_t, std::size_t>>& pieces) {
  const std::size_t in = fused.rank() == 2 ? fused.extent(1) : 1, bytes = in * dtype_size(fused.dtype());
  std::array<Tensor, 3> parts;
  std::array<char*, 3> to{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t out = i == 0 ? widths.query : widths.key_value;
    parts[i] = Tensor(fused.dtype(), fused.rank() == 2 ? Shape{out, in} : Shape{out});
    to[i] = static_cast<char*>(parts[i].data());
  }
  const char* from = static_cast<const char*>(fused.data());
  if (fused.size() == 0) return parts;
  for (const auto& [part, rows] : pieces) {
    std::memcpy(to.at(part), from, rows * bytes);
    to.at(part) += rows * bytes;
    from += rows * bytes;
  }
  return parts;
}

std::array<Tensor, 3> split_group_rows(const Tensor& fused, const Widths& widths) {
  const std::size_t groups = widths.key_value / widths.head;
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t g = 0; g < groups; ++g)
    pieces.insert(pieces.end(), {{0, widths.query / groups}, {1, widths.head}, {2, widths.head}});
  return deal_rows(fused, widths, pieces);
}

std::array<Tensor, 3> split_four_blocks(const Tensor& fused, const Widths& widths) {
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t block = 0; block < 4; ++block)
    for (const std::size_t part : {0U, 2U, 1U}) pieces.emplace_back(part, widths.query / 4);
  return deal_rows(fused, widths, pieces);
}

}  // namespace

std::array<Tensor, 3> take_apart(Tensor fused, Layout layout, const Widths& widths) {
  if (layout == Layout::columns) return split_columns(fused);
  if (layout == Layout::head_rows) return split_head_rows(fused, widths);
  if (layout == Layout::group_rows) return split_group_rows(fused, widths);
  if (layout == Layout::four_blocks) return split_four_blocks(fused, widths);
  return split_rows(std::move(fused), widths);
}

}  // namespace attn::io
