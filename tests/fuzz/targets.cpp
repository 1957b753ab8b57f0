// The table of targets.
#include "fuzz/targets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

// ATTN_FUZZ_TARGETS is TARGET(json) TARGET(npy) …
#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
ATTN_FUZZ_TARGETS
#undef TARGET

namespace attn::fuzz {

std::span<const Target> targets() {
#define TARGET(name) Target{#name, fuzz_##name},
  static constexpr std::array table{ATTN_FUZZ_TARGETS};
#undef TARGET
  return table;
}

const Target* target_of_name(std::string_view name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  if (found != targets().end()) return &*found;
  std::fputs("targets:", stderr);
  for (const Target& target : targets()) std::fprintf(stderr, " %s", std::string(target.name).c_str());
  std::fputs("\n", stderr);
  return nullptr;
}

}  // namespace attn::fuzz
