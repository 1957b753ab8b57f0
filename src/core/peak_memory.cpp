// Reads and resets the count that the kernel keeps in /proc.
#include "core/peak_memory.hpp"

#if defined(__GLIBC__) || __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <fstream>
#include <string>

namespace attn {

bool reset_peak_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

std::optional<std::uint64_t> peak_memory() {
  std::ifstream file("/proc/self/status");
  std::string key, rest;
  while (file >> key) {
    std::uint64_t kib = 0;
    if (key == "VmHWM:" && file >> kib) return kib * 1024;
    std::getline(file, rest);
  }
  return std::nullopt;
}

}  // namespace attn
