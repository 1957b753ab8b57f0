// Reads and resets the count that Linux keeps in /proc; where there is no such file, there is no count.
#include "core/peak_memory.hpp"

#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace attn {

bool reset_peak_memory() {
#ifdef __GLIBC__
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
