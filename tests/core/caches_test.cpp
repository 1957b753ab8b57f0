// Cache sizes, of folders as Linux has them.
#include "core/caches.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/memory.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

namespace fs = std::filesystem;

class Cpus {
 public:
  ~Cpus() { fs::remove_all(path_); }

  // Empty texts are files that are not there.
  void add(int cpu, int index, const std::string& level, const std::string& type, const std::string& size,
           const std::string& sharers) const {
    const fs::path folder = path_ / ("cpu" + std::to_string(cpu)) / "cache" / ("index" + std::to_string(index));
    fs::create_directories(folder);
    const auto write = [&](const char* name, const std::string& text) {
      if (!text.empty()) std::ofstream(folder / name) << text << "\n";
    };
    write("level", level);
    write("type", type);
    write("size", size);
    write("shared_cpu_list", sharers);
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_ = fs::temp_directory_path() / ("attn-caches-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("caches that CPUs share are counted once, and each at its last level") {
  const Cpus cpus;
  for (int cpu = 0; cpu < 4; ++cpu) {
    cpus.add(cpu, 0, "1", "Data", "32K", std::to_string(cpu));
    cpus.add(cpu, 1, "1", "Instruction", "48K", std::to_string(cpu));
    cpus.add(cpu, 2, "2", "Unified", "512K", std::to_string(cpu));
    cpus.add(cpu, 3, "3", "Unified", "16M", cpu < 2 ? "0-1" : "2-3");
  }
  CHECK(last_level_caches(cpus.path()) == std::uint64_t{32} << 20);
  CHECK(first_cache_of_level(1, cpus.path()) == 32 << 10);
  CHECK(first_cache_of_level(2, cpus.path()) == 512 << 10);
  CHECK(first_cache_of_level(4, cpus.path()) == 0);
}

TEST_CASE("a cache of which the size is not told counts for nothing") {
  const Cpus cpus;
  cpus.add(0, 0, "1", "Data", "", "0");
  CHECK(last_level_caches(cpus.path()) == 0);
  cpus.add(0, 0, "1", "Data", "64K", "0");
  cpus.add(0, 1, "2", "Unified", "", "0");
  CHECK(last_level_caches(cpus.path()) == 64 << 10);
  CHECK(first_cache_of_level(2, cpus.path()) == 0);
}

TEST_CASE("where nothing is told, nothing is known") {
  CHECK(last_level_caches("/no/such/folder") == 0);
  CHECK(first_cache_of_level(2, "/no/such/folder") == 0);
  CHECK(second_level_cache() >= 64 << 10);
  const std::uint64_t bytes = last_level_caches();
  CHECK((bytes == 0 || bytes >= 32 * 1024));
  CHECK(bytes % 1024 == 0);
}
