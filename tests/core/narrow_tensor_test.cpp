// Tensors of 16 bits: what they are as wider ones.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "attn/tensor.hpp"
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
