// Right factors of 16 bits: the same to the bit as widened ones, in every set that this CPU runs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "attn/kernels.hpp"
#include "core/half.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

constexpr DType narrow_types[] = {DType::f16, DType::bf16};

template <class Check>
void for_each_set(const Check& check) {
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set->f32 == nullptr) continue;
    INFO("kernel set " << set->name);
    for (const DType dtype : narrow_types) {
      INFO(dtype_name(dtype));
      check(*set->f32, dtype);
    }
  }
}

// Numbers of moderate size, of both signs, and some subnormal ones: rows at odd strides, which start misaligned.
struct NarrowMatrix {
  NarrowMatrix(DType type, std::size_t rows, std::size_t columns) : dtype(type), stride(columns + 5) {
    std::mt19937 engine(7);
    bits.resize(1 + rows * stride);
    for (std::uint16_t& x : bits) {
      const std::uint32_t random = static_cast<std::uint32_t>(engine());
      const std::uint32_t exponent = random % 16 == 0 ? 0 : dtype == DType::f16 ? 13 + random % 4 : 125 + random % 4;
      x = static_cast<std::uint16_t>((random >> 16 & 0x8000U) | exponent << (dtype == DType::f16 ? 10 : 7) |
                                     (random >> 8 & (dtype == DType::f16 ? 0x3FFU : 0x7FU)));
    }
    wide.resize(bits.size());
    widen_all(bits.data(), dtype, bits.size(), wide.data());
  }
  NarrowElements elements() const { return {bits.data() + 1, dtype}; }

  DType dtype;
  std::size_t stride;
  std::vector<std::uint16_t> bits;
  std::vector<float> wide;
};

std::vector<float> random_floats(std::size_t n) {
  std::mt19937 engine(3);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(n);
  for (float& x : values) x = uniform(engine);
  return values;
}

bool same_bytes(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("every number of 16 bits is widened as by the definition, however many there are") {
  std::vector<std::uint16_t> all(65536);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  for_each_set([&](const TileKernels<float>& kernels, DType dtype) {
    std::vector<float> expected(all.size()), widened(all.size());
    widen_all(all.data(), dtype, all.size(), expected.data());
    kernels.widen({all.data(), dtype}, all.size(), widened.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      // Instructions make a NaN that signals a quiet one.
      const bool is_same = std::isnan(expected[i])
                               ? std::isnan(widened[i]) && std::signbit(widened[i]) == std::signbit(expected[i])
                               : std::memcmp(&expected[i], &widened[i], sizeof(float)) == 0;
      wrong += is_same ? 0 : 1;
    }
    CHECK(wrong == 0);
    for (std::size_t n = 0; n < 40; ++n) {
      std::vector<float> few(n + 1, -7);
      kernels.widen(NarrowElements{all.data(), dtype}.from(15001), n, few.data());
      CHECK(std::equal(few.begin(), few.end() - 1, expected.begin() + 15001));
      CHECK(few[n] == -7);
    }
  });
}

TEST_CASE("numbers are rounded to float16 as by the definition, however many there are") {
  std::mt19937 engine(11);
  std::vector<float> numbers(70003);
  for (float& x : numbers) x = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));  // NaN among them
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    numbers[i] =
        std::ldexp(static_cast<float>(static_cast<int>(engine() % 16001) - 8000), static_cast<int>(i % 30) - 26);
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set->f32 == nullptr) continue;
    INFO("kernel set " << set->name);
    std::vector<std::uint16_t> halves(numbers.size());
    set->f32->narrow(numbers.data(), numbers.size(), halves.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (halves[i] != narrow_to_half(numbers[i])) ++wrong;
    CHECK(wrong == 0);
    for (std::size_t n = 0; n < 40; ++n) {
      std::vector<std::uint16_t> few(n + 1, 77);
      set->f32->narrow(numbers.data() + 1, n, few.data());
      CHECK(std::equal(few.begin(), few.end() - 1, halves.begin() + 1));
      CHECK(few[n] == 77);
    }
  }
}

TEST_CASE("products with rows of 16 bits are those with the rows widened, to the bit") {
  for_each_set([](const TileKernels<float>& kernels, DType dtype) {
    for (std::size_t m = 1; m <= 9; ++m)
      for (std::size_t n = 1; n <= 9; ++n)
        for (const std::size_t vectors : {1U, 2U, 5U}) {
          const std::size_t k = vectors * kernels.lanes;
          const NarrowMatrix b(dtype, n, k);
          const std::vector<float> a = random_floats(m * k);
          std::vector<float> wide(m * (n + 1), 99), narrow = wide;
          Product<float> product{.a = a.data(),
                                 .a_stride = static_cast<std::ptrdiff_t>(k),
                                 .b = b.wide.data() + 1,
                                 .b_stride = static_cast<std::ptrdiff_t>(b.stride),
                                 .c = wide.data(),
                                 .c_stride = static_cast<std::ptrdiff_t>(n + 1),
                                 .m = m,
                                 .n = n,
                                 .k = k,
                                 .alpha = 0.75F};
          kernels.multiply_by_rows(product);
          product.b = nullptr;
          product.c = narrow.data();
          kernels.multiply_by_narrow_rows(product, b.elements());
          INFO("m " << m << ", n " << n << ", k " << k);
          REQUIRE(same_bytes(wide, narrow));
        }
  });
}

TEST_CASE("products with values of 16 bits are those with the values widened, to the bit, wherever chains begin") {
  for_each_set([](const TileKernels<float>& kernels, DType dtype) {
    for (std::size_t m = 1; m <= 9; ++m)
      for (const std::size_t vectors : {1U, 3U, 4U, 8U, 13U})
        for (const std::size_t k : {1U, 31U, 64U, 200U})
          for (const std::size_t begin : {0U, 17U}) {
            const std::size_t n = vectors * kernels.lanes;
            const NarrowMatrix b(dtype, k, n);
            const std::vector<float> a = random_floats(m * k);
            std::vector<float> wide = random_floats(m * n), narrow = wide;
            Product<float> product{.a = a.data(),
                                   .a_stride = static_cast<std::ptrdiff_t>(k),
                                   .b = b.wide.data() + 1,
                                   .b_stride = static_cast<std::ptrdiff_t>(b.stride),
                                   .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                                   .c = wide.data(),
                                   .c_stride = static_cast<std::ptrdiff_t>(n),
                                   .m = m,
                                   .n = n,
                                   .k = k,
                                   .accumulate = true,
                                   .chain = 32,
                                   .chain_begin = begin};
            kernels.multiply_values(product);
            product.b = nullptr;
            product.c = narrow.data();
            kernels.multiply_narrow_values(product, b.elements());
            INFO("m " << m << ", n " << n << ", k " << k << ", begin " << begin);
            REQUIRE(same_bytes(wide, narrow));
          }
  });
}

TEST_CASE("kernels that round operands, and those of doubles, have no products with 16 bits") {
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    if (set->f64 != nullptr) CHECK(set->f64->widen == nullptr);
    if (set->f64 != nullptr) CHECK(set->f64->narrow == nullptr);
    const TileKernels<float>* const rounding = set->tiles<float>(true);
    if (rounding == nullptr) continue;
    CHECK(rounding->multiply_by_narrow_rows == nullptr);
    CHECK(rounding->multiply_narrow_values == nullptr);
    CHECK(rounding->widen != nullptr);
  }
}

}  // namespace attn::test
