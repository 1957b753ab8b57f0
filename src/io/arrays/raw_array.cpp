// Decodes elements: widths, half precision, byte order, Fortran order.
#include "io/arrays/raw_array.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "attn/error.hpp"
#include "core/float8.hpp"
#include "core/half.hpp"
#include "core/held_memory.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "io/files/mapping.hpp"
#include "io/numbers/decimal.hpp"

namespace attn::io {
namespace {

static_assert(std::endian::native == std::endian::little, "files are mapped as little endian");

template <std::size_t Size>
using bits_of_size = std::conditional_t<
    Size == 1, std::uint8_t,
    std::conditional_t<Size == 2, std::uint16_t, std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>>;

template <class Bits>
Bits load_bits(const char* p, bool swap) {
  Bits bits{};
  std::memcpy(&bits, p, sizeof bits);
  if constexpr (sizeof bits == 2) return swap ? __builtin_bswap16(bits) : bits;
  if constexpr (sizeof bits == 4) return swap ? __builtin_bswap32(bits) : bits;
  if constexpr (sizeof bits == 8) return swap ? __builtin_bswap64(bits) : bits;
  return bits;
}

// Calls `visit(load)` with the function that loads one element.
template <class Visit>
auto with_loader(const RawArray& array, Visit visit) {
  const bool swap = array.big_endian;
  const auto number = [swap, &visit]<class T>(T) {
    return visit([swap](const char* p) { return std::bit_cast<T>(load_bits<bits_of_size<sizeof(T)>>(p, swap)); });
  };
  switch (array.element) {
    case Element::boolean:
    case Element::u8: return number(std::uint8_t{});
    case Element::u16: return number(std::uint16_t{});
    case Element::u32: return number(std::uint32_t{});
    case Element::u64: return number(std::uint64_t{});
    case Element::i8: return number(std::int8_t{});
    case Element::i16: return number(std::int16_t{});
    case Element::i32: return number(std::int32_t{});
    case Element::i64: return number(std::int64_t{});
    case Element::f16: return visit([swap](const char* p) { return widen_half(load_bits<std::uint16_t>(p, swap)); });
    case Element::bf16: return visit([swap](const char* p) { return widen_bfloat(load_bits<std::uint16_t>(p, swap)); });
    case Element::f8_e4m3: return visit([](const char* p) { return widen_f8_e4m3(load_bits<std::uint8_t>(p, false)); });
    case Element::f8_e5m2: return visit([](const char* p) { return widen_f8_e5m2(load_bits<std::uint8_t>(p, false)); });
    case Element::f64: return number(double{});
    case Element::f32: break;
  }
  return number(float{});
}

// Calls `visit(p)` for each element in C order.
template <class Visit>
void for_each_element(const RawArray& array, std::size_t count, Visit visit) {
  const std::size_t size = element_size(array.element);
  const char* p = array.bytes.data();
  if (!array.fortran_order || array.shape.size() < 2) {
    constexpr std::size_t piece = std::size_t{1} << 20;
    PassedPages passed(array.owner, p);
    for (std::size_t i = 0; i < count; i += piece, passed.pass(p))
      for (std::size_t j = std::min(piece, count - i); j > 0; --j, p += size) visit(p);
    return;
  }
  const std::size_t rank = array.shape.size();
  std::vector<std::size_t> index(rank, 0), stride(rank, size);
  for (std::size_t axis = 1; axis < rank; ++axis) stride[axis] = stride[axis - 1] * array.shape[axis - 1];
  for (std::size_t done = 0; done < count; done += array.shape.back()) {
    const char* row = p;
    for (std::size_t i = 0; i < array.shape.back(); ++i, row += stride.back()) visit(row);
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      p += stride[axis];
      if (++index[axis] < array.shape[axis]) break;
      p -= stride[axis] * array.shape[axis];
      index[axis] = 0;
    }
  }
}

// The place of an element in its array: `[2,0,5]`.
std::string index_text(const Shape& shape, std::size_t position) {
  std::string text;
  for (std::size_t axis = shape.size(); axis-- > 0; position /= shape[axis]) {
    const std::string index = std::to_string(position % shape[axis]);
    text = text.empty() ? index : index + "," + text;
  }
  return "[" + text + "]";
}

template <class Value>
std::string value_text(Value value) {
  if constexpr (std::is_floating_point_v<Value>)
    return shortest(value);
  else
    return std::to_string(value);
}

Tensor to_mask(const RawArray& array, std::size_t count, const std::string& where) {
  Tensor mask(DType::u8, array.shape);
  std::uint8_t* out = mask.values<std::uint8_t>().data();
  const std::uint8_t* const first = out;
  with_loader(array, [&](auto load) {
    for_each_element(array, count, [&](const char* p) {
      const auto value = load(p);
      if (!(value == 0 || value == 1))
        throw data_error(where, value_text(value) + " at " +
                                    index_text(array.shape, static_cast<std::size_t>(out - first)) +
                                    " is neither 0 nor 1; numbers to add to the scores go in 'bias'");
      *out++ = value != 0 ? 1 : 0;
    });
  });
  return mask;
}

template <class T>
Tensor to_numbers(const RawArray& array, std::size_t count, const std::string& where) {
  Tensor tensor(dtype_of<T>, array.shape);
  T* out = tensor.values<T>().data();
  const T* const first = out;
  with_loader(array, [&](auto load) {
    for_each_element(array, count, [&](const char* p) {
      const auto value = load(p);
      if constexpr (std::is_same_v<decltype(value), const double> && std::is_same_v<T, float>) {
        if (std::isfinite(value) && std::abs(value) >= past_float32)
          throw data_error(
              where, shortest(value) + " at " + index_text(array.shape, static_cast<std::size_t>(out - first)) +
                         " is outside float32, which ends at 3.4028235e38; " + option_name("dtype") + " f64 reads it");
      }
      *out++ = static_cast<T>(value);
    });
  });
  return tensor;
}

// The type of elements of 16 bits that stay so, or of those that float32 cannot hold; of all others, what is wanted.
DType dtype_in_memory(const RawArray& array, TensorKind kind, const ReadOptions& options) {
  if (kind == TensorKind::mask) return DType::u8;
  const bool is_wide = array.element == Element::f64 || array.element == Element::i32 ||
                       array.element == Element::u32 || array.element == Element::i64 || array.element == Element::u64;
  if (options.keeps_wide && is_wide && kind != TensorKind::bias) return DType::f64;
  const bool is_wanted = options.keeps_narrow && options.dtype == DType::f32 && kind == TensorKind::number;
  const bool in_order = !array.big_endian && (!array.fortran_order || array.shape.size() < 2);
  const bool stays = is_wanted && in_order && !array.bytes.empty();
  if (stays && array.element == Element::f16) return DType::f16;
  if (stays && array.element == Element::bf16) return DType::bf16;
  return options.dtype;
}

bool lies_ready(const RawArray& array, DType wanted) {
  const bool same = (wanted == DType::f32 && array.element == Element::f32) ||
                    (wanted == DType::f64 && array.element == Element::f64) || is_narrow(wanted);
  const bool in_order = !array.fortran_order || array.shape.size() < 2;
  const auto address = reinterpret_cast<std::uintptr_t>(array.bytes.data());
  return same && in_order && !array.big_endian && address % dtype_size(wanted) == 0;
}

// Of elements that do not lie aligned.
Tensor copied(const RawArray& array, DType dtype) {
  Tensor tensor(dtype, array.shape);
  char* to = static_cast<char*>(tensor.data());
  constexpr std::size_t piece = std::size_t{1} << 20;
  PassedPages passed(array.owner, array.bytes.data());
  for (std::size_t i = 0; i < array.bytes.size(); i += piece) {
    const std::string_view part = array.bytes.substr(i, piece);
    std::memcpy(to + i, part.data(), part.size());
    passed.pass(part.data() + part.size());
  }
  return tensor;
}

// A mask under another name would be 0 and 1, and hide nothing.
void refuse_booleans(const RawArray& array, const std::string& where) {
  if (array.element == Element::boolean)
    throw data_error(where, "holds booleans where numbers are expected; only 'mask' takes booleans");
}

std::shared_ptr<void> owner_of(const RawArray& array) { return std::const_pointer_cast<void>(array.owner); }

// The owner of an array whose pages are all mapped: they count like memory that is allocated, which an inflated
// array's is.
std::shared_ptr<void> held(const RawArray& array, const MemoryBudget& budget, const std::string& where) {
  if (std::get_deleter<Unmap>(array.owner) == nullptr) return owner_of(array);
  const std::size_t bytes = array.bytes.size();
  if (bytes > memory_left()) budget.refuse(bytes, where);
  hold_memory(bytes);
  return {const_cast<char*>(array.bytes.data()), [owner = array.owner, bytes](void*) { release_memory(bytes); }};
}

}  // namespace

std::size_t element_size(Element element) {
  switch (element) {
    case Element::boolean:
    case Element::i8:
    case Element::u8:
    case Element::f8_e4m3:
    case Element::f8_e5m2: return 1;
    case Element::i16:
    case Element::u16:
    case Element::f16:
    case Element::bf16: return 2;
    case Element::i32:
    case Element::u32:
    case Element::f32: return 4;
    case Element::i64:
    case Element::u64:
    case Element::f64: return 8;
  }
  return 0;
}

Tensor to_tensor(const RawArray& array, TensorKind kind, const ReadOptions& options, MemoryBudget& budget,
                 const std::string& where, Pages pages) {
  if (kind == TensorKind::number || kind == TensorKind::bias) refuse_booleans(array, where);
  const DType dtype = dtype_in_memory(array, kind, options);
  const std::size_t count = checked_size(array.shape, std::max(element_size(array.element), dtype_size(dtype)), where);
  if (count != 0 && lies_ready(array, dtype)) {
    std::shared_ptr<void> owner = pages == Pages::at_once ? held(array, budget, where) : owner_of(array);
    if (pages == Pages::at_once) populate_pages(array.bytes);
    // The mapping is private: what is written to the tensor stays in this process.
    return Tensor::adopt(dtype, array.shape, std::move(owner), const_cast<char*>(array.bytes.data()));
  }
  budget.take(count * dtype_size(dtype), where);
  if (is_narrow(dtype)) return copied(array, dtype);
  if (dtype == DType::u8) return to_mask(array, count, where);
  if (dtype == DType::f64) return to_numbers<double>(array, count, where);
  return to_numbers<float>(array, count, where);
}

std::vector<std::int64_t> to_integers(const RawArray& array, const std::string& where, std::size_t most_axes) {
  refuse_booleans(array, where);
  if (array.shape.size() > most_axes)
    throw data_error(where, "has the shape " + shape_text(array.shape) + " where a list of integers" +
                                (most_axes > 1 ? ", or of such lists," : "") + " is expected");
  std::vector<std::int64_t> integers;
  with_loader(array, [&](auto load) {
    for_each_element(array, array.bytes.size() / element_size(array.element), [&](const char* p) {
      const auto value = load(p);
      using Value = std::remove_const_t<decltype(value)>;
      bool whole = true;
      if constexpr (std::is_floating_point_v<Value>) {
        whole = std::trunc(value) == value && std::abs(value) <= static_cast<Value>(decimal::most_exact);
      } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
        whole = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      }
      if (!whole) throw data_error(where, value_text(value) + " is not an integer that fits 64 bits");
      integers.push_back(static_cast<std::int64_t>(value));
    });
  });
  return integers;
}

}  // namespace attn::io
