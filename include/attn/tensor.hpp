// Tensor: an owning, shape-checked, C-ordered array of numbers or bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attn {

/// Element types in memory. `u8` holds masks (0 or 1). `f16` (IEEE 754 binary16) and `bf16` are inputs of attention
/// that stay as their file has them (ReadOptions): no C++ type stands for them, and `as` widens them.
enum class DType : std::uint8_t { f32, f64, u8, f16, bf16 };

/// "f32", "f64", "u8", "f16" or "bf16".
std::string_view dtype_name(DType dtype);
/// Bytes of one element.
std::size_t dtype_size(DType dtype);
/// True for the floating-point types of 16 bits.
constexpr bool is_narrow(DType dtype) { return dtype == DType::f16 || dtype == DType::bf16; }
/// Throws std::logic_error, where nobody hands over elements of 16 bits.
[[noreturn]] void refuse_narrow(DType dtype);

template <class T>
inline constexpr DType dtype_of = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::u8;

using Shape = std::vector<std::size_t>;

/// "(2, 3)", as numpy prints it: "()" for a scalar, "(4,)" for rank 1.
std::string shape_text(const Shape& shape);
/// The product of the extents; throws Error (data, at `where`) if it, or its size in bytes, overflows.
std::size_t checked_size(const Shape& shape, std::size_t element_bytes, const std::string& where);

/// An array that owns its memory, or holds on to whoever does (a mapped file). Copies are explicit.
class Tensor {
 public:
  Tensor() = default;
  /// Uninitialised elements, aligned to 64 bytes.
  Tensor(DType dtype, Shape shape);
  Tensor(Tensor&&) = default;
  Tensor& operator=(Tensor&&) = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  /// All elements zero.
  static Tensor zeros(DType dtype, Shape shape);
  /// Takes over memory of `shape`'s size; `owner` frees it (or unmaps the file it lies in).
  static Tensor adopt(DType dtype, Shape shape, std::shared_ptr<void> owner, void* data);
  /// Refers to another tensor's elements under a shape of the same size. They live as long as either does, if the
  /// other owns them or holds on to their owner. Nothing is to be written through what refers to a constant.
  static Tensor view_of(const Tensor& tensor, Shape shape);
  /// Refers likewise to the part of a tensor at an index of its first axis.
  static Tensor part_of(const Tensor& tensor, std::size_t index);
  template <class T>
  static Tensor of(Shape shape, std::span<const T> values);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::size_t rank() const { return shape_.size(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * dtype_size(dtype_); }
  /// The extent of an axis; negative axes count from the last.
  std::size_t extent(int axis) const;

  void* data() { return data_; }
  const void* data() const { return data_; }
  /// The elements in C order; std::logic_error if `T` is not the dtype.
  template <class T>
  std::span<T> values();
  template <class T>
  std::span<const T> values() const;

  /// The same elements under another shape of the same size.
  void reshape(Shape shape);
  Tensor clone() const;
  /// A copy converted to another dtype: f64 → f32 rounds to nearest, u8 → float gives 0 and 1, f16 and bf16 → float are
  /// exact. Numbers become neither a mask nor f16 or bf16 (std::logic_error).
  Tensor as(DType dtype) const;

 private:
  void check_dtype(DType wanted) const;

  DType dtype_ = DType::f32;
  Shape shape_{0};
  std::size_t size_ = 0;
  std::shared_ptr<void> owner_;
  void* data_ = nullptr;
};

/// An element in C order as a number, whatever the dtype.
double number_at(const Tensor& tensor, std::size_t at);

template <class T>
std::span<T> Tensor::values() {
  check_dtype(dtype_of<T>);
  return {static_cast<T*>(data_), size_};
}

template <class T>
std::span<const T> Tensor::values() const {
  check_dtype(dtype_of<T>);
  return {static_cast<const T*>(data_), size_};
}

template <class T>
Tensor Tensor::of(Shape shape, std::span<const T> values) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  if (values.size() != tensor.size()) throw std::length_error("Tensor::of: the values do not fit the shape");
  std::copy(values.begin(), values.end(), tensor.template values<T>().begin());
  return tensor;
}

}  // namespace attn
