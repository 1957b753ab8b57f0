// The TABLE of fuzz targets, which CMake makes of tests/fuzz/targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace attn::fuzz {

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

std::span<const Target> targets();
/// Null, after a message with all names, if there is none of that name.
const Target* target_of_name(std::string_view name);

}  // namespace attn::fuzz
