// Tensor: memory, shapes and conversions between element types.
#include "attn/tensor.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "attn/error.hpp"
#include "core/half.hpp"
#include "core/held_memory.hpp"
#include "core/huge_pages.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

constexpr std::size_t alignment = 64;

// Large memory comes in huge pages where the system has them. Not the largest, for which the system may have to search
// or make room longer than that saves.
void* allocate(std::size_t bytes) {
  const bool is_large = bytes >= 2 * huge_page && bytes <= 256 * huge_page;
  const std::size_t unit = is_large ? huge_page : alignment;
  void* const memory = std::aligned_alloc(unit, (std::max(bytes, unit) + unit - 1) / unit * unit);
  if (memory == nullptr) throw std::bad_alloc();
  if (is_large) prefer_huge_pages(memory, bytes);
  return memory;
}

template <class From, class To>
void convert(std::span<const From> from, std::span<To> to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<To>(from[i]);
}

template <class From>
void convert_from(const Tensor& from, Tensor& to) {
  switch (to.dtype()) {
    case DType::f32: return convert(from.values<From>(), to.values<float>());
    case DType::f64: return convert(from.values<From>(), to.values<double>());
    case DType::u8: throw std::logic_error("Tensor::as: numbers do not become a mask");
    case DType::f16:
    case DType::bf16: break;
  }
  throw std::logic_error("Tensor::as: numbers are not rounded to " + std::string(dtype_name(to.dtype())));
}

void widen(const Tensor& from, Tensor& to) {
  const auto* const bits = static_cast<const std::uint16_t*>(from.data());
  switch (to.dtype()) {
    case DType::f32: return widen_all(bits, from.dtype(), from.size(), to.values<float>().data());
    case DType::f64: return widen_all(bits, from.dtype(), from.size(), to.values<double>().data());
    case DType::u8:
    case DType::f16:
    case DType::bf16: break;
  }
  throw std::logic_error("Tensor::as: " + std::string(dtype_name(from.dtype())) + " does not become " +
                         std::string(dtype_name(to.dtype())));
}

}  // namespace

std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::f32: return "f32";
    case DType::f64: return "f64";
    case DType::u8: return "u8";
    case DType::f16: return "f16";
    case DType::bf16: return "bf16";
  }
  return "";
}

std::size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::f32: return sizeof(float);
    case DType::f64: return sizeof(double);
    case DType::u8: return 1;
    case DType::f16:
    case DType::bf16: return 2;
  }
  return 0;
}

void refuse_narrow(DType dtype) {
  throw std::logic_error(std::string(dtype_name(dtype)) + " elements where only wider ones are expected");
}

std::string shape_text(const Shape& shape) {
  return "(" + joined(shape, [](std::size_t extent) { return std::to_string(extent); }) +
         (shape.size() == 1 ? ",)" : ")");
}

std::size_t checked_size(const Shape& shape, std::size_t element_bytes, const std::string& where) {
  // An extent of 0 must not hide an overflow of the others: strides are computed from them.
  std::size_t product = 1, bytes = 0;
  bool empty = false;
  for (const std::size_t extent : shape) {
    empty = empty || extent == 0;
    if (extent != 0 && __builtin_mul_overflow(product, extent, &product))
      throw data_error(where, "the shape " + shape_text(shape) + " has more elements than memory can hold");
  }
  if (__builtin_mul_overflow(product, element_bytes, &bytes) || bytes > PTRDIFF_MAX)
    throw data_error(where, "the shape " + shape_text(shape) + " has more bytes than memory can hold");
  return empty ? 0 : product;
}

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
  size_ = checked_size(shape_, dtype_size(dtype_), "");
  hold_memory(bytes());
  try {
    data_ = allocate(bytes());
  } catch (const std::bad_alloc&) {
    release_memory(bytes());
    throw;
  }
  // Also called where the pointer's own memory is not to be had.
  owner_ = std::shared_ptr<void>(data_, [bytes = bytes()](void* data) {
    std::free(data);
    release_memory(bytes);
  });
}

Tensor Tensor::zeros(DType dtype, Shape shape) {
  Tensor tensor(dtype, std::move(shape));
  std::memset(tensor.data_, 0, tensor.bytes());
  return tensor;
}

Tensor Tensor::adopt(DType dtype, Shape shape, std::shared_ptr<void> owner, void* data) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.size_ = checked_size(shape, dtype_size(dtype), "");
  tensor.shape_ = std::move(shape);
  tensor.owner_ = std::move(owner);
  tensor.data_ = data;
  return tensor;
}

Tensor Tensor::view_of(const Tensor& tensor, Shape shape) {
  Tensor view = adopt(tensor.dtype_, tensor.shape_, tensor.owner_, tensor.data_);
  view.reshape(std::move(shape));
  return view;
}

Tensor Tensor::part_of(const Tensor& tensor, std::size_t index) {
  if (tensor.rank() == 0 || index >= tensor.shape_.front())
    throw std::logic_error("Tensor::part_of: no part " + std::to_string(index) + " of " + shape_text(tensor.shape_));
  Shape shape(tensor.shape_.begin() + 1, tensor.shape_.end());
  const std::size_t bytes = tensor.bytes() / tensor.shape_.front();
  return adopt(tensor.dtype_, std::move(shape), tensor.owner_, static_cast<char*>(tensor.data_) + index * bytes);
}

std::size_t Tensor::extent(int axis) const {
  return shape_.at(axis < 0 ? shape_.size() - static_cast<std::size_t>(-axis) : static_cast<std::size_t>(axis));
}

void Tensor::reshape(Shape shape) {
  if (checked_size(shape, dtype_size(dtype_), "") != size_)
    throw std::logic_error("Tensor::reshape: " + shape_text(shape) + " is not of the size of " + shape_text(shape_));
  shape_ = std::move(shape);
}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, shape_);
  if (size_ != 0) std::memcpy(copy.data_, data_, bytes());
  return copy;
}

Tensor Tensor::as(DType dtype) const {
  if (dtype == dtype_) return clone();
  Tensor converted(dtype, shape_);
  switch (dtype_) {
    case DType::f32: convert_from<float>(*this, converted); break;
    case DType::f64: convert_from<double>(*this, converted); break;
    case DType::u8: convert_from<std::uint8_t>(*this, converted); break;
    case DType::f16:
    case DType::bf16: widen(*this, converted); break;
  }
  return converted;
}

double number_at(const Tensor& tensor, std::size_t at) {
  switch (tensor.dtype()) {
    case DType::f32: return static_cast<double>(tensor.values<float>()[at]);
    case DType::f64: return tensor.values<double>()[at];
    case DType::f16: return static_cast<double>(widen_half(static_cast<const std::uint16_t*>(tensor.data())[at]));
    case DType::bf16: return static_cast<double>(widen_bfloat(static_cast<const std::uint16_t*>(tensor.data())[at]));
    case DType::u8: break;
  }
  return tensor.values<std::uint8_t>()[at];
}

void Tensor::check_dtype(DType wanted) const {
  if (wanted != dtype_)
    throw std::logic_error("Tensor: holds " + std::string(dtype_name(dtype_)) + ", asked for " +
                           std::string(dtype_name(wanted)));
}

}  // namespace attn
