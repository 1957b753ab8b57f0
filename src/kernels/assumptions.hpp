// What code that names no instruction set takes for granted of the machine, each with its reason. A set of kernels for
// which one of these does not hold fails to compile, or has to be looked at here.
//
// Checked where vectors are compiled (simd.cpp): the numbers of lanes and columns below.
// Made true by functions of their own: what Min and Max make of NaN (nan-inl.hpp).
#pragma once

#include <bit>
#include <cstddef>
#include <limits>

namespace attn {

/// The most lanes a vector has: floats of AVX-512. A row's sums are kept by lanes and folded in halves
/// (OnlineRows::sum), so that their number is a power of two.
inline constexpr std::size_t kMostLanes = 16;

/// The widest panel: four vectors of 16 floats. Blocks of keys or columns that begin at a multiple of it begin a panel
/// in every set, whatever its width: those of the decoding engine, of packing, of projections and of pictures' tiles.
inline constexpr std::size_t kWidestPanel = 64;

/// Bytes of a cache line on every x86, and on most others: alignment of scratch memory, and the stride of prefetches.
/// Where lines are of another length, prefetches are less good, and nothing else is lost.
inline constexpr std::size_t kCacheLine = 64;

/// Dropout reads a 64-bit word of bits whose first bit is the lowest one of the first byte (keep-inl.hpp), and pairs of
/// bfloat16 are read as halves of a word (bf16_dot-inl.hpp).
static_assert(std::endian::native == std::endian::little);

/// Subnormal bfloat16 operands count as 0 (bfloat16_rounded), since VDPBF16PS takes them so: the emulation agrees with
/// that instruction. One of another architecture may have another rule, and is then no replacement for the emulation.

/// Numbers are made from their bits (2^x, bfloat16), and what is NaN or infinite is found by them.
static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

}  // namespace attn
