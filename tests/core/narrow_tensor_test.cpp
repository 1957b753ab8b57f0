// Tensors of 16 bits: what they are as wider ones.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "attn/tensor.hpp"
#include "core/half.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

Tensor narrow_tensor(DType dtype, const std::array<std::uint16_t, 6>& bits) {
  Tensor tensor(dtype, {2, 3});
  std::memcpy(tensor.data(), bits.data(), sizeof bits);
  return tensor;
}

}  // namespace

TEST_CASE("elements of 16 bits are widened exactly") {
  const float infinity = std::numeric_limits<float>::infinity();
  // 1, −2, the least subnormal, the greatest finite number, −∞, NaN.
  const std::array<float, 5> of_halves{1, -2, 0x1p-24F, 65504, -infinity};
  const std::array<float, 5> of_bfloats{1, -2, 0x1p-133F, 0x1.FEp127F, -infinity};
  const Tensor half = narrow_tensor(DType::f16, {0x3C00, 0xC000, 0x0001, 0x7BFF, 0xFC00, 0x7E00});
  const Tensor bfloat = narrow_tensor(DType::bf16, {0x3F80, 0xC000, 0x0001, 0x7F7F, 0xFF80, 0x7FC0});
  CHECK(half.bytes() == 12);
  for (const auto& [tensor, expected] : {std::pair(&half, of_halves), std::pair(&bfloat, of_bfloats)}) {
    const Tensor f32 = tensor->as(DType::f32), f64 = tensor->as(DType::f64);
    CHECK(f32.shape() == Shape{2, 3});
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(f32.values<float>()[i] == expected[i]);
      CHECK(f64.values<double>()[i] == static_cast<double>(expected[i]));
      CHECK(number_at(*tensor, i) == static_cast<double>(expected[i]));
    }
    CHECK(std::isnan(f32.values<float>()[5]));
    CHECK(std::isnan(number_at(*tensor, 5)));
  }
}

TEST_CASE("every float16 is the nearest to itself, and ties go to the even one") {
  std::size_t wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const std::uint16_t half = static_cast<std::uint16_t>(bits), back = narrow_to_half(widen_half(half));
    const bool is_nan = (half & 0x7FFFU) > 0x7C00U;
    if (back != (is_nan ? half | 0x200 : half)) ++wrong;
    if (is_nan || (half & 0x7FFFU) >= 0x7BFFU) continue;
    // Halfway to the next one, and a little beside it.
    const float here = widen_half(half), next = widen_half(static_cast<std::uint16_t>(half + 1));
    const float middle = here + (next - here) / 2;
    if (narrow_to_half(middle) != (half % 2 == 0 ? half : half + 1)) ++wrong;
    if (narrow_to_half(std::nextafter(middle, here)) != half) ++wrong;
    if (narrow_to_half(std::nextafter(middle, next)) != half + 1) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(narrow_to_half(std::nextafter(65520.0F, 0.0F)) == 0x7BFF);
  CHECK(narrow_to_half(65520) == 0x7C00);
  CHECK(narrow_to_half(-3e38F) == 0xFC00);
  CHECK(narrow_to_half(-1e-30F) == 0x8000);
}

TEST_CASE("elements of 16 bits are handed out, rounded to, and taken for masks by nobody") {
  const Tensor half = narrow_tensor(DType::f16, {});
  CHECK_THROWS_WITH(half.values<float>(), "Tensor: holds f16, asked for f32");
  CHECK_THROWS_WITH(half.as(DType::u8), "Tensor::as: f16 does not become u8");
  CHECK_THROWS_WITH(half.as(DType::bf16), "Tensor::as: f16 does not become bf16");
  CHECK_THROWS_WITH(half.as(DType::f32).as(DType::f16), "Tensor::as: numbers are not rounded to f16");
  CHECK_THROWS_WITH(refuse_narrow(DType::bf16), "bf16 elements where only wider ones are expected");
  CHECK(half.clone().dtype() == DType::f16);
  CHECK(is_narrow(DType::f16));
  CHECK(is_narrow(DType::bf16));
  CHECK_FALSE(is_narrow(DType::f32));
  CHECK(dtype_name(DType::bf16) == "bf16");
  CHECK(dtype_size(DType::bf16) == 2);
}

}  // namespace attn::test
