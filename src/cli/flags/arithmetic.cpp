// The TABLE of names that --dtype takes.
#include "cli/flags/arithmetic.hpp"

#include <algorithm>
#include <vector>

#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

constexpr std::string_view names[] = {"f32", "f64", "bf16", "f16"},
                           long_names[] = {"float32", "float64", "bfloat16", "float16"};  // as NumPy and PyTorch write

}  // namespace

std::string_view dtype_name(Arithmetic arithmetic) { return names[static_cast<std::size_t>(arithmetic)]; }

std::span<const std::string_view> arithmetic_names() { return names; }

DType tensor_dtype(Arithmetic arithmetic) { return arithmetic == Arithmetic::f64 ? DType::f64 : DType::f32; }

Arithmetic parse_arithmetic(const std::string& text, const std::string& where) {
  const auto* const found = std::find(std::begin(long_names), std::end(long_names), text);
  if (found != std::end(long_names)) return static_cast<Arithmetic>(found - std::begin(long_names));
  return static_cast<Arithmetic>(parse_choice(text, where, {std::begin(names), std::end(names)}));
}

}  // namespace attn::cli
