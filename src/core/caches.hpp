// Sizes of the CPU's caches.
#pragma once

#include <cstdint>
#include <string>

namespace attn {

/// Where Linux tells of CPUs; other systems have no such folder, and nothing is known there.
inline constexpr const char* cpus_folder = "/sys/devices/system/cpu";

/// Bytes of the cache of a level that CPU 0 has, for data; 0 if the folder does not tell.
std::uint64_t first_cache_of_level(int level, const std::string& cpus = cpus_folder);

/// Bytes of all last-level caches; 0 if the folder does not tell.
std::uint64_t last_level_caches(const std::string& cpus = cpus_folder);

}  // namespace attn
