// Asks the C library, which knows x86's caches, and the folder in which Linux lists those of any CPU.
#include "core/caches.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>

#include "core/memory.hpp"

namespace attn {
namespace {

template <class T>
bool read_file(const std::string& path, T& value) {
  std::ifstream file(path);
  return static_cast<bool>(file >> value);
}

struct Cache {
  int level = 0;
  std::string type, sharers;
  std::uint64_t bytes = 0;
};

// Nothing past the last one. A machine may tell that there is a cache, and not of what size.
std::optional<Cache> cache_at(const std::string& cpus, std::size_t cpu, int index) {
  const std::string folder = cpus + "/cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
  Cache cache;
  if (!read_file(folder + "level", cache.level)) return std::nullopt;
  std::string size;
  read_file(folder + "type", cache.type);
  if (read_file(folder + "size", size)) cache.bytes = parse_size(size, folder);
  read_file(folder + "shared_cpu_list", cache.sharers);
  return cache;
}

}  // namespace

std::uint64_t first_cache_of_level(int level, const std::string& cpus) {
  for (int index = 0; const auto cache = cache_at(cpus, 0, index); ++index)
    if (cache->level == level && cache->type != "Instruction") return cache->bytes;
  return 0;
}

std::size_t second_level_cache() {
  static const std::size_t found = [] {
    std::uint64_t bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE  // glibc's, which answers 0 on ARM
    if (const long known = sysconf(_SC_LEVEL2_CACHE_SIZE); known > 0) bytes = static_cast<std::uint64_t>(known);
#endif
    if (bytes == 0) bytes = first_cache_of_level(2);
    return bytes == 0 ? std::size_t{1} << 20 : static_cast<std::size_t>(bytes);
  }();
  return found;
}

std::uint64_t last_level_caches(const std::string& cpus) {
  // Of each group of CPUs that shares a cache, its largest; every cache once, whatever number of CPUs it has.
  std::map<std::string, std::uint64_t> caches;
  for (std::size_t cpu = 0;; ++cpu) {
    Cache last;
    for (int index = 0; const auto cache = cache_at(cpus, cpu, index); ++index)
      if (cache->level >= last.level && cache->bytes != 0 && !cache->sharers.empty()) last = *cache;
    if (last.level == 0) break;
    caches[last.sharers] = last.bytes;
  }
  std::uint64_t all = 0;
  for (const auto& [sharers, bytes] : caches) all += bytes;
  return all;
}

}  // namespace attn
