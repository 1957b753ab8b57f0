// Asks the system for limits, and reads sizes.
#include "core/memory.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <limits>

#include "attn/error.hpp"
#include "core/control_groups.hpp"
#include "core/linux.hpp"
#include "core/number.hpp"

namespace attn {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// All of the machine's memory: systems without /proc do not tell in one way what is free of it.
std::uint64_t physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : unlimited;
}

std::uint64_t free_memory() {
#if ATTN_LINUX
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::uint64_t kib = 0;
  while (file >> key >> kib) {
    if (key == "MemAvailable:") return kib * 1024;
    std::getline(file, unit);
  }
#endif
  return physical_memory();
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t bytes = std::min(free_memory(), ControlGroups().memory_left());
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    bytes = std::min<std::uint64_t>(bytes, limit.rlim_cur);
  return bytes;
}

std::uint64_t parse_size(std::string_view text, const std::string& where) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  std::string unit;
  for (const char c : text.substr(digits))
    unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  constexpr std::string_view letters = "kmgt";
  double factor = 1;
  bool known = unit.empty() || unit == "b";
  if (!known && letters.find(unit[0]) != std::string_view::npos) {
    known = unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib";
    for (std::size_t i = 0; i <= letters.find(unit[0]); ++i) factor *= 1024;
  }
  if (!known || !parse_double(text.substr(0, digits), number))
    throw usage_error(where, "'" + std::string(text) + "' is not a size such as 512M or 2G");
  if (number * factor >= 1.8e19) throw usage_error(where, std::string(text) + " is more bytes than 64 bits count");
  return static_cast<std::uint64_t>(number * factor);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  double number = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would round to 1024.0 of a unit is 1.0 of the next.
  while (number >= (unit == 0 ? 1024 : 1023.95) && unit + 1 < units.size()) {
    number /= 1024;
    ++unit;
  }
  return fixed(number, unit == 0 ? 0 : 1) + " " + units[unit];
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int greatest = 32 << 20;  // that glibc takes as the size from which blocks are mapped by themselves
  mallopt(M_MMAP_THRESHOLD, greatest);
  mallopt(M_TRIM_THRESHOLD, 4 * greatest);
#endif
}

}  // namespace attn
