// Views: raw strided windows on memory that somebody else owns; what kernels and the engine work on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attn/tensor.hpp"

namespace attn {

/// Rows × columns of elements; a row's elements are contiguous, rows are `row_stride` elements apart.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::ptrdiff_t row_stride = 0;

  T* row(std::size_t i) const { return data + static_cast<std::ptrdiff_t>(i) * row_stride; }
};

/// A (B, H, L, D) window: batch items × heads × rows × columns, the last axis contiguous. All strides
/// are in elements. Splitting the last axis of a (B, L, H·D) array into heads is a matter of strides.
template <class T>
struct HeadsView {
  T* data = nullptr;
  std::size_t batch = 0;
  std::size_t heads = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::ptrdiff_t batch_stride = 0;
  std::ptrdiff_t head_stride = 0;
  std::ptrdiff_t row_stride = 0;

  /// The matrix of one batch item and head.
  MatrixView<T> at(std::size_t b, std::size_t h) const {
    return {data + static_cast<std::ptrdiff_t>(b) * batch_stride + static_cast<std::ptrdiff_t>(h) * head_stride, rows,
            cols, row_stride};
  }
  bool empty() const { return batch == 0 || heads == 0 || rows == 0 || cols == 0; }
};

/// Elements of 16 bits, as a file has them, in the place of a view's `data`, which is null then: sizes and strides (in
/// elements) are the view's.
struct NarrowElements {
  const std::uint16_t* data = nullptr;
  DType dtype = DType::f16;  ///< or bf16

  NarrowElements from(std::ptrdiff_t element) const { return {data + element, dtype}; }
};

}  // namespace attn
