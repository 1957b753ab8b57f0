// What --dtype chooses: the arithmetic, which has a type of its tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attn/tensor.hpp"

namespace attn::cli {

enum class Arithmetic : std::uint8_t {
  f32,
  f64,
  bf16,  ///< tensors and sums are f32, operands of the products are rounded to bfloat16
  f16,   ///< or to float16, but for the softmax weights
};

/// "f32", "f64", "bf16" or "f16".
std::string_view dtype_name(Arithmetic arithmetic);
/// All names, in the order of the enumeration.
std::span<const std::string_view> arithmetic_names();
/// The type of a run's tensors.
DType tensor_dtype(Arithmetic arithmetic);
/// By its name or the long one, "float32"; throws Error (usage, at `where`) with the names and the nearest one.
Arithmetic parse_arithmetic(const std::string& text, const std::string& where);

}  // namespace attn::cli
