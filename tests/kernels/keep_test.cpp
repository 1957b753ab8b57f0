// The kernel of dropout: bits at every offset, lengths around vectors and panels, every set.
#include <random>
#include <vector>

#include "kernels/tile.hpp"
#include "support/bf16_kernels.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

template <class T>
void check_keep(const TileKernels<T>& kernels) {
  std::mt19937 engine(3);
  std::vector<std::uint8_t> bits(100);
  for (std::uint8_t& byte : bits) byte = static_cast<std::uint8_t>(engine());
  const std::size_t panels = 3, size = panels * kernels.panel;
  for (std::size_t n = 1; n <= size; ++n) {
    for (const std::size_t first : {std::size_t{0}, n % 8, 8 + 3 * n % 13}) {
      // Small whole numbers are the same in bfloat16; a row before and one after must not change.
      std::vector<T> row(3 * size);
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = static_cast<T>(1 + j % 100);
      kernels.convert_weights(row.data(), static_cast<std::ptrdiff_t>(size), 3, size);
      const std::vector<T> before = row;
      kernels.keep(row.data() + size, n, bits.data(), first);
      std::size_t wrong = 0;
      for (std::size_t j = 0; j < size; ++j) {
        const std::size_t bit = first + j;
        const T kept = (bits[bit / 8] >> bit % 8 & 1) != 0 ? kernels.weight(before.data() + size, j) : T(0);
        if (j < n) wrong += kernels.weight(row.data() + size, j) != kept;
        wrong += kernels.weight(row.data(), j) != kernels.weight(before.data(), j);
        wrong += kernels.weight(row.data() + 2 * size, j) != kernels.weight(before.data() + 2 * size, j);
      }
      INFO(n << " weights, first bit " << first);
      REQUIRE(wrong == 0);
    }
  }
}

}  // namespace

TEST_CASE("weights without their bit become 0, the others stay as they are") {
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO(set->name);
    if (set->f32 != nullptr) check_keep(*set->f32);
    if (set->f64 != nullptr) check_keep(*set->f64);
  }
  for (const auto& [name, kernels, set] : test::bf16_kernels()) {
    INFO(name << ", bf16");
    check_keep(*kernels);
  }
}
