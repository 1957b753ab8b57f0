// Slabs of rows: widened, then multiplied with.
#include "model/narrow.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/half.hpp"
#include "core/parallel.hpp"

namespace attn::model {
namespace {

constexpr std::size_t slab_bytes = std::size_t{8} << 20;  // widened; stays in the caches between its two passes

template <class T, class Widen>
void widen(const char* from, std::size_t count, T* to, Widen widened) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, from + i * sizeof bits, sizeof bits);
    to[i] = static_cast<T>(widened(bits));
  }
}

// Rows [begin, end) as numbers of the run.
template <class T>
void widen_rows(const io::RawArray& array, std::size_t begin, std::size_t end, T* to, std::size_t threads) {
  const std::size_t width = array.shape[1];
  const char* const from = array.bytes.data() + begin * width * sizeof(std::uint16_t);
  constexpr std::size_t block = 65536;
  const std::size_t count = (end - begin) * width;
  parallel_for((count + block - 1) / block, threads, [&](std::size_t task, std::size_t) {
    const std::size_t first = task * block, size = std::min(block, count - first);
    const char* const own = from + first * sizeof(std::uint16_t);
    if (array.element == io::Element::f16) {
      widen(own, size, to + first, [](std::uint16_t bits) { return widen_half(bits); });
    } else {
      widen(own, size, to + first, [](std::uint16_t bits) { return widen_bfloat(bits); });
    }
  });
}

}  // namespace

bool can_stay_narrow(const io::RawArray& array) {
  const bool is_narrow = array.element == io::Element::bf16 || array.element == io::Element::f16;
  return is_narrow && !array.big_endian && !array.fortran_order && array.shape.size() == 2;
}

template <class T>
void narrow_linear(const LinearTask<T>& task, const io::RawArray& weight, std::size_t first_row) {
  const std::size_t width = task.weight.cols, out = task.weight.rows;
  const std::size_t rows = std::clamp<std::size_t>(slab_bytes / sizeof(T) / std::max<std::size_t>(1, width), 1,
                                                   std::max<std::size_t>(1, out));
  Tensor slab(dtype_of<T>, {rows, width});
  T* const values = slab.values<T>().data();
  for (std::size_t begin = 0; begin < out; begin += rows) {
    const std::size_t end = std::min(out, begin + rows);
    widen_rows(weight, first_row + begin, first_row + end, values, task.execution.threads);
    LinearTask<T> part = task;
    part.weight = {values, end - begin, width, static_cast<std::ptrdiff_t>(width)};
    if (task.bias != nullptr) part.bias = task.bias + begin;
    part.y = {task.y.data + begin, task.y.rows, end - begin, task.y.row_stride};
    linear(part);
  }
}

template void narrow_linear(const LinearTask<float>&, const io::RawArray&, std::size_t);
template void narrow_linear(const LinearTask<double>&, const io::RawArray&, std::size_t);

}  // namespace attn::model
