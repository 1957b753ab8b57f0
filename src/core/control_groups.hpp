// Limits that control groups set on this process, as systemd, Slurm and containers do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace attn {

/// The groups of a process in the hierarchies of both versions. Each limit counts in its own group and in all that
/// this one lies in. See https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/.
class ControlGroups {
 public:
  /// `membership` lists the process's groups, a line each hierarchy; `mounted` is the folder where the hierarchies are.
  explicit ControlGroups(const std::string& membership = "/proc/self/cgroup",
                         const std::string& mounted = "/sys/fs/cgroup");

  /// Bytes that may still be used: the least over all groups. UINT64_MAX where nothing limits them.
  std::uint64_t memory_left() const;
  /// Whole cores, rounded up, that the least quota grants; 0 where there is no quota.
  std::size_t cores() const;

 private:
  // Folders of the process's group and of all above it.
  using Folders = std::vector<std::string>;
  Folders unified_, memory_, cpu_;
};

}  // namespace attn
