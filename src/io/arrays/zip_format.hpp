// Signatures and limits of ZIP, for its reader and its writer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attn::io::zip {

inline constexpr std::uint32_t local_signature = 0x04034B50;
inline constexpr std::uint32_t central_signature = 0x02014B50;
inline constexpr std::uint32_t end_signature = 0x06054B50;
inline constexpr std::uint32_t end64_signature = 0x06064B50;
inline constexpr std::uint32_t locator64_signature = 0x07064B50;

inline constexpr std::size_t local_size = 30;
inline constexpr std::size_t central_size = 46;
inline constexpr std::size_t end_size = 22;
inline constexpr std::size_t end64_size = 56;
inline constexpr std::size_t locator64_size = 20;

/// In a field of 16 or 32 bits: the value is in the ZIP64 record.
inline constexpr std::uint64_t in_zip64_16 = 0xFFFF;
inline constexpr std::uint64_t in_zip64_32 = 0xFFFFFFFF;

inline constexpr std::uint16_t zip64_extra = 0x0001;
inline constexpr std::uint16_t padding_extra = 0xD935;  // as Android's zipalign has it

inline constexpr std::uint16_t flag_encrypted = 1U << 0U;
inline constexpr std::uint16_t flag_descriptor = 1U << 3U;
inline constexpr std::uint16_t flag_utf8 = 1U << 11U;

inline constexpr std::uint16_t method_stored = 0;
inline constexpr std::uint16_t method_deflated = 8;

}  // namespace attn::io::zip
