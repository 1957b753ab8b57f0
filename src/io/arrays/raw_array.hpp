// RawArray: elements as a file stores them, and their conversion to a Tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "attn/read_options.hpp"
#include "io/numbers/number_buffer.hpp"

namespace attn::io {

enum class Element { boolean, i8, i16, i32, i64, u8, u16, u32, u64, f16, bf16, f32, f64, f8_e4m3, f8_e5m2 };

std::size_t element_size(Element element);

/// A shaped run of elements in a file's bytes, not yet decoded.
struct RawArray {
  Element element = Element::f32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
  std::string_view bytes;             ///< exactly the elements
  std::shared_ptr<const void> owner;  ///< of the bytes
};

/// When the pages of a mapped file are mapped that a tensor lies in.
enum class Pages {
  at_once,      ///< less work than a fault for every few of them
  when_needed,  ///< by the threads that read them, at the same time
};

/// The array as a tensor: a mask as u8, everything else as `options.dtype`, or as it is where that keeps narrow
/// elements and they lie in C order, little-endian, or as float64 where that keeps wide ones. Nothing is copied where
/// the file's elements already are what is wanted and lie aligned. Throws Error (data, at `where`) for a mask that
/// holds something else than 0 and 1, for booleans that are neither a mask nor a result, and for a finite float64 that
/// float32 cannot hold.
Tensor to_tensor(const RawArray& array, TensorKind kind, const ReadOptions& options, MemoryBudget& budget,
                 const std::string& where, Pages pages = Pages::at_once);

/// The array's integers in C order; Error (data, at `where`) if it holds others than whole numbers, or has more axes.
std::vector<std::int64_t> to_integers(const RawArray& array, const std::string& where, std::size_t most_axes = 1);

}  // namespace attn::io
