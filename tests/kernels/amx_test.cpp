// The kernels of AMX: what the tile unit is documented to do, and that a CPU's own does the same.
#include "kernels/amx.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

#include "amx/emulated.hpp"
#include "attn/kernels.hpp"
#include "kernels/bfloat16.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

using attn::bfloat16_rounded;
using attn::TileKernels;

namespace {

using Floats = std::vector<float>;

Floats amx_numbers(std::size_t n, unsigned seed, float spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, spread);
  Floats values(n);
  for (float& x : values) x = normal(engine);
  return values;
}

std::ptrdiff_t amx_stride(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }
std::size_t in_panels(std::size_t n, const TileKernels<float>& kernels) {
  return (n + kernels.panel - 1) / kernels.panel * kernels.panel;
}

struct ProductSizes {
  std::size_t m, n, k;
};

// a (m, k)·bᵀ (n, k), rows of c a panel's multiple apart.
Floats products(const TileKernels<float>& kernels, ProductSizes s, const Floats& a, const Floats& b, float alpha = 1) {
  Floats packed(in_panels(s.n, kernels) * s.k), c(s.m * in_panels(s.n, kernels));
  kernels.pack_transposed({b.data(), s.n, s.k, amx_stride(s.k)}, packed.data());
  kernels.multiply({.a = a.data(),
                    .a_stride = amx_stride(s.k),
                    .b = packed.data(),
                    .b_stride = amx_stride(kernels.panel),
                    .b_panel_stride = amx_stride(kernels.panel * s.k),
                    .c = c.data(),
                    .c_stride = amx_stride(in_panels(s.n, kernels)),
                    .m = s.m,
                    .n = s.n,
                    .k = s.k,
                    .alpha = alpha});
  return c;
}

// One element as the unit sums it: even and odd k of 32 at a time, each from 0.
float documented_sum(const float* a, const float* b, std::size_t k) {
  float sum = 0;
  for (std::size_t first = 0; first < k; first += 32) {
    float chains[2] = {0, 0};
    for (std::size_t l = first; l < std::min(k, first + 32); ++l)
      chains[l % 2] = std::fma(bfloat16_rounded(a[l]), bfloat16_rounded(b[l]), chains[l % 2]);
    sum += chains[0] + chains[1];
  }
  return sum;
}

// Everything that the unit takes part in, as one row of numbers.
Floats all_results(const TileKernels<float>& kernels, ProductSizes s) {
  const Floats query = amx_numbers(s.m * s.k, 1), keys = amx_numbers(s.n * s.k, 2), values = amx_numbers(s.n * s.k, 3);
  const std::size_t stride = in_panels(s.n, kernels);
  Floats results = products(kernels, s, query, keys, 0.75F);

  Floats packed(stride * s.k), weights(s.m * stride), sums(s.m * kernels.lanes), earlier = sums;
  const Floats factors(s.m, 0.25F), shifts(s.m, 1.5F);
  std::vector<unsigned char> past(s.m);
  kernels.pack_transposed({keys.data(), s.n, s.k, amx_stride(s.k)}, packed.data());
  kernels.exp_products({.query = query.data(),
                        .query_stride = amx_stride(s.k),
                        .keys = packed.data(),
                        .rows = s.m,
                        .n = s.n,
                        .depth = s.k,
                        .weights = weights.data(),
                        .stride = amx_stride(stride),
                        .factor = factors.data(),
                        .shift = shifts.data(),
                        .sums = sums.data(),
                        .earlier_sums = earlier.data(),
                        .past_limit = past.data()});
  for (std::size_t i = 0; i < s.m; ++i)
    for (std::size_t j = 0; j < s.n; ++j) results.push_back(kernels.weight(&weights[i * stride], j));
  results.insert(results.end(), sums.begin(), sums.end());

  Floats packed_values(in_panels(s.k, kernels) * s.n), c = amx_numbers(s.m * in_panels(s.k, kernels), 4);
  kernels.pack({values.data(), s.n, s.k, amx_stride(s.k)}, packed_values.data());
  kernels.multiply_values({.a = weights.data(),
                           .a_stride = amx_stride(stride),
                           .b = packed_values.data(),
                           .b_stride = amx_stride(kernels.packed_row),
                           .b_panel_stride = amx_stride(kernels.panel * s.n),
                           .c = c.data(),
                           .c_stride = amx_stride(in_panels(s.k, kernels)),
                           .m = s.m,
                           .n = s.k,
                           .k = s.n,
                           .accumulate = true});
  results.insert(results.end(), c.begin(), c.end());
  return results;
}

bool same_bits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
           return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
         });
}

}  // namespace

TEST_CASE("products of tiles are summed as the unit is documented to", "[amx]") {
  const TileKernels<float>* const kernels = attn::test::emulated_amx_kernels();
  if (kernels == nullptr) {
    WARN("this CPU lacks AVX512_BF16, which kernels of AMX need besides");
    return;
  }
  for (const ProductSizes s : {ProductSizes{1, 1, 1}, {16, 16, 32}, {17, 65, 33}, {40, 70, 200}}) {
    INFO("m " << s.m << ", n " << s.n << ", k " << s.k);
    const Floats a = amx_numbers(s.m * s.k, 5), b = amx_numbers(s.n * s.k, 6);
    const std::size_t before = attn::test::emulated_amx_instructions();
    const Floats c = products(*kernels, s, a, b);
    CHECK(attn::test::emulated_amx_instructions() > before);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < s.m; ++i)
      for (std::size_t j = 0; j < s.n; ++j)
        wrong += c[i * in_panels(s.n, *kernels) + j] != documented_sum(&a[i * s.k], &b[j * s.k], s.k);
    CHECK(wrong == 0);
  }
}

TEST_CASE("keys of no elements have scores of 0", "[amx]") {
  const TileKernels<float>* const kernels = attn::test::emulated_amx_kernels();
  if (kernels == nullptr) return;
  const ProductSizes s{17, 70, 0};
  const Floats results = all_results(*kernels, s);
  const std::size_t products_end = s.m * in_panels(s.n, *kernels);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < s.m; ++i)
    for (std::size_t j = 0; j < s.n; ++j) {
      wrong += results[i * in_panels(s.n, *kernels) + j] != 0;
      wrong += results[products_end + i * s.n + j] != bfloat16_rounded(std::exp2(-1.5F));
    }
  CHECK(wrong == 0);
}

TEST_CASE("the tile unit takes subnormal numbers for 0, makes none, and keeps the thread's rounding", "[amx]") {
  const TileKernels<float>* const kernels = attn::test::emulated_amx_kernels();
  if (kernels == nullptr) return;
  CHECK(products(*kernels, {1, 1, 1}, {0x1p-127F}, {0x1p100F})[0] == 0);
  CHECK(products(*kernels, {1, 1, 1}, {0x1p-100F}, {0x1p-40F})[0] == 0);
  CHECK(products(*kernels, {1, 1, 1}, {0x1p-100F}, {0x1p-20F})[0] == 0x1p-120F);
  const volatile float third = 1, three = 3;
  CHECK(static_cast<double>(third / three) == 0x1.555556p-2);
  const volatile float small = 0x1p-130F;
  CHECK(small / 2 == 0x1p-131F);
}

TEST_CASE("a CPU's own tile unit gives the bits of the emulated one", "[amx]") {
  if (attn::amx_kernels() == nullptr) {
    WARN("this CPU has no AMX, or the system does not allow it");
    return;
  }
  for (const std::size_t m : {1U, 6U, 15U, 16U, 17U, 33U})
    for (const std::size_t n : {1U, 16U, 63U, 64U, 65U, 130U})
      for (const std::size_t k : {1U, 2U, 31U, 32U, 33U, 64U, 80U}) {
        INFO("m " << m << ", n " << n << ", k " << k);
        REQUIRE(same_bits(all_results(*attn::amx_kernels(), {m, n, k}),
                          all_results(*attn::test::emulated_amx_kernels(), {m, n, k})));
      }
}

TEST_CASE("what is not of bf16 is avx512's in the set amx", "[amx]") {
  const attn::KernelSet *amx = nullptr, *avx512 = nullptr;
  for (const attn::KernelSet& set : attn::kernel_sets()) {
    if (set.name == "amx") amx = &set;
    if (set.name == "avx512") avx512 = &set;
  }
  REQUIRE(amx != nullptr);
  CHECK(amx->by_name_only);
  CHECK(amx->f32 == avx512->f32);
  CHECK(amx->f64 == avx512->f64);
  CHECK(amx->pooling_f32 == avx512->pooling_f32);
  CHECK(amx->tiles<float>(true) == (attn::amx_kernels() != nullptr ? attn::amx_kernels() : avx512->bf16_emulation));
}
