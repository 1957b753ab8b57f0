// The element types of GGUF files: their numbers, names, and how many bytes a block of them takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attn::io {

struct GgufType {
  std::uint32_t number = 0;
  std::string_view name;
  std::size_t block = 1;  ///< elements of a block
  std::size_t bytes = 0;  ///< that it takes
};

/// Q8_0: a scale as float16, then 32 signed bytes.
inline constexpr std::uint32_t gguf_q8_0 = 8;

/// The type of a number; nullptr if there is none.
const GgufType* gguf_type(std::uint32_t number);

/// Elements of whole blocks of Q8_0: scale · byte. `count` is a multiple of 32.
void widen_q8_0(std::string_view blocks, float* elements, std::size_t count);

}  // namespace attn::io
