// Keys and values of 16 bits: their rows, and copies of them as floats.
#pragma once

#include <cstddef>
#include <vector>

#include "attn/task.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// Rows of one key/value head, elements of 16 bits.
struct NarrowRows {
  NarrowElements elements;
  std::size_t rows = 0, cols = 0;
  std::ptrdiff_t row_stride = 0;

  NarrowElements row(std::size_t i) const { return elements.from(static_cast<std::ptrdiff_t>(i) * row_stride); }
  NarrowRows part(std::size_t first, std::size_t count) const { return {row(first), count, cols, row_stride}; }
};

/// The rows of one batch item and head of a view whose elements are narrow.
template <class T>
NarrowRows narrow_rows(const HeadsView<const T>& view, const NarrowElements& elements, std::size_t b, std::size_t h) {
  return {elements.from(static_cast<std::ptrdiff_t>(b) * view.batch_stride +
                        static_cast<std::ptrdiff_t>(h) * view.head_stride),
          view.rows, view.cols, view.row_stride};
}

/// to (rows, cols) = from, widened; a view of it. Only for sets that have kernels, and for float.
template <class T>
MatrixView<const T> widen_rows(const NarrowRows& from, const TileKernels<T>& kernels, T* to);

/// An element as a number.
float widened(const NarrowElements& elements, std::ptrdiff_t at);

template <class T>
bool has_narrow_operands(const AttentionTask<T>& task) {
  return task.operands.narrow_key.data != nullptr || task.operands.narrow_value.data != nullptr;
}

/// A task with copies of keys and values as numbers of T where they are narrow: what the reference takes.
template <class T>
class WidenedTask {
 public:
  explicit WidenedTask(const AttentionTask<T>& task);
  WidenedTask(const WidenedTask&) = delete;
  WidenedTask& operator=(const WidenedTask&) = delete;

  const AttentionTask<T>& task() const { return task_; }

 private:
  AttentionTask<T> task_;
  std::vector<T> key_, value_;
};

}  // namespace attn
