// The memory in which left factors are rounded.
#include "kernels/bfloat16.hpp"

#include <vector>

#include "core/thread_owned.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

constexpr std::size_t alignment = kCacheLine / sizeof(float);

struct RoundingScratch {
  std::vector<float> floats;
};

}  // namespace

float* rounding_scratch(std::size_t n) {
  std::vector<float>& memory = thread_owned<RoundingScratch>().floats;
  if (memory.size() < n + alignment) memory.resize(n + alignment);
  const std::size_t past = reinterpret_cast<std::uintptr_t>(memory.data()) / sizeof(float) % alignment;
  return memory.data() + (alignment - past) % alignment;
}

}  // namespace attn
