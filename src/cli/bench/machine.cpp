// What the system says of its CPU and caches.
#include <fstream>
#include <map>

#include "cli/bench/peaks.hpp"
#include "core/memory.hpp"

namespace attn::cli {
namespace {

template <class T>
bool read_file(const std::string& path, T& value) {
  std::ifstream file(path);
  return static_cast<bool>(file >> value);
}

}  // namespace

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::uint64_t last_level_cache() {
  // Of each group of CPUs that shares a cache, its largest; every cache once, whatever number of CPUs it has.
  std::map<std::string, std::uint64_t> caches;
  for (std::size_t cpu = 0;; ++cpu) {
    const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cache/index";
    int last = 0;
    std::string sharers;
    std::uint64_t bytes = 0;
    for (int index = 0;; ++index) {
      const std::string cache = folder + std::to_string(index) + "/";
      int level = 0;
      std::string size, cpus;
      if (!read_file(cache + "level", level)) break;
      if (level < last || !read_file(cache + "size", size) || !read_file(cache + "shared_cpu_list", cpus)) continue;
      last = level;
      sharers = cpus;
      bytes = parse_size(size, cache);
    }
    if (last == 0) break;
    caches[sharers] = bytes;
  }
  std::uint64_t all = 0;
  for (const auto& [sharers, bytes] : caches) all += bytes;
  return all;
}

}  // namespace attn::cli
