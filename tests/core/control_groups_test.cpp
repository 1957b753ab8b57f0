// Limits of control groups, read from trees of files that stand for those of systemd, Slurm and containers.
#include "core/control_groups.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace attn::test {
namespace {

// A folder with a process's membership and its hierarchies.
class Tree {
 public:
  explicit Tree(const std::string& membership) { std::ofstream(path_ / "membership") << membership; }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((path_ / "mounted" / file).parent_path());
    std::ofstream(path_ / "mounted" / file) << text << "\n";
  }
  ControlGroups groups() const { return ControlGroups(path_ / "membership", path_ / "mounted"); }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path();
};

}  // namespace

TEST_CASE("a service of systemd has the limits of its own group and of the slices around it") {
  const Tree tree("0::/user.slice/user-1000.slice/run.service\n");
  CHECK(tree.groups().memory_left() == UINT64_MAX);
  CHECK(tree.groups().cores() == 0);
  tree.write("user.slice/user-1000.slice/run.service/memory.max", "1000000");
  tree.write("user.slice/user-1000.slice/run.service/memory.current", "400000");
  tree.write("user.slice/user-1000.slice/run.service/cpu.max", "max 100000");
  CHECK(tree.groups().memory_left() == 600000);
  CHECK(tree.groups().cores() == 0);
  // The slice has less left, though its limit is higher.
  tree.write("user.slice/memory.max", "9000000");
  tree.write("user.slice/memory.current", "8500000");
  tree.write("user.slice/cpu.max", "150000 100000");
  CHECK(tree.groups().memory_left() == 500000);
  CHECK(tree.groups().cores() == 2);
  tree.write("user.slice/user-1000.slice/run.service/cpu.max", "100000 100000");
  CHECK(tree.groups().cores() == 1);
  // A group that this process is not in.
  tree.write("system.slice/memory.max", "5");
  tree.write("system.slice/memory.current", "1");
  CHECK(tree.groups().memory_left() == 500000);
}

TEST_CASE("a limit that is used up leaves nothing, and `max` is none") {
  const Tree tree("0::/job\n");
  tree.write("job/memory.max", "max");
  tree.write("job/memory.current", "7");
  CHECK(tree.groups().memory_left() == UINT64_MAX);
  tree.write("job/memory.max", "6");
  CHECK(tree.groups().memory_left() == 0);
}

TEST_CASE("a job of Slurm has the limits of version 1, each in its own hierarchy") {
  const Tree tree(
      "11:memory:/slurm/uid_7/job_1/step_0\n5:cpuacct,cpu:/slurm/uid_7/job_1\n3:cpuset:/other\n0::/init.scope\n");
  tree.write("memory/slurm/uid_7/job_1/memory.limit_in_bytes", "3000");
  tree.write("memory/slurm/uid_7/job_1/memory.usage_in_bytes", "1000");
  tree.write("memory/memory.limit_in_bytes", "9223372036854771712");
  tree.write("memory/memory.usage_in_bytes", "5000");
  tree.write("cpu,cpuacct/slurm/uid_7/job_1/cpu.cfs_quota_us", "400000");
  tree.write("cpu,cpuacct/slurm/uid_7/job_1/cpu.cfs_period_us", "100000");
  tree.write("cpu,cpuacct/cpu.cfs_quota_us", "-1");
  tree.write("cpu,cpuacct/cpu.cfs_period_us", "100000");
  CHECK(tree.groups().memory_left() == 2000);
  CHECK(tree.groups().cores() == 4);
}

TEST_CASE("a container's limits are at the root that it sees, whatever path it is told") {
  for (const char* const membership : {"0::/\n", "0::/docker/0123abcd\n", "0::/../../sibling\n", "", "nonsense\n"}) {
    INFO(membership);
    const Tree tree(membership);
    tree.write("memory.max", "500");
    tree.write("memory.current", "200");
    tree.write("cpu.max", "250000 100000");
    CHECK(tree.groups().memory_left() == 300);
    CHECK(tree.groups().cores() == 3);
  }
}

}  // namespace attn::test
