// Numbers for kernels to work on.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace attn::test {

/// n numbers between −1 and 1, the same for the same seed.
template <class T>
std::vector<T> random_values(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> values(n);
  for (T& x : values) x = uniform(engine);
  return values;
}

}  // namespace attn::test
