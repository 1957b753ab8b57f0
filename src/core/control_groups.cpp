// Follows a process's groups up to the root and reads their limits.
#include "core/control_groups.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

namespace attn {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// The folder of a group and those above it, up to the root of the hierarchy. A container may see a path that is not
// there, since its own root lies below; what is missing limits nothing, and the root is always among them.
void add_folders(std::vector<std::string>& folders, const std::string& root, std::string group) {
  if (group.find("..") != std::string::npos) group.clear();  // outside of what this process sees
  while (group.size() > 1) {
    folders.push_back(root + group);
    group.erase(group.rfind('/'));
  }
  folders.push_back(root);
}

// The first number of a file; `max`, or no file, is no limit.
std::uint64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : unlimited;
}

std::uint64_t left_in(const std::string& folder, const char* limit_name, const char* used_name) {
  const std::uint64_t limit = number_in(folder + limit_name);
  const std::uint64_t used = limit == unlimited ? unlimited : number_in(folder + used_name);
  if (used == unlimited) return unlimited;
  return limit > used ? limit - used : 0;
}

// The cores of a quota of microseconds in each period; infinity if it is none.
double cores_of(double quota, double period) {
  return quota > 0 && period > 0 ? std::ceil(quota / period) : std::numeric_limits<double>::infinity();
}

double unified_cores(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period ? cores_of(quota, period) : cores_of(0, 0);
}

double first_version_cores(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  return quota_file >> quota && period_file >> period ? cores_of(quota, period) : cores_of(0, 0);
}

bool has_controller(const std::string& list, const std::string& name) {
  std::istringstream names(list);
  for (std::string one; std::getline(names, one, ',');)
    if (one == name) return true;
  return false;
}

}  // namespace

ControlGroups::ControlGroups(const std::string& membership, const std::string& mounted) {
  std::string unified, memory, cpu;
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {  // number:controllers:path, without controllers in version 2
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (controllers.empty()) unified = path;
    if (has_controller(controllers, "memory")) memory = path;
    if (has_controller(controllers, "cpu")) cpu = path;
  }
  add_folders(unified_, mounted, unified);
  add_folders(unified_, mounted + "/unified", unified);  // where version 1 is beside it
  add_folders(memory_, mounted + "/memory", memory);
  for (const char* name : {"/cpu", "/cpu,cpuacct"}) add_folders(cpu_, mounted + name, cpu);
}

std::uint64_t ControlGroups::memory_left() const {
  std::uint64_t least = unlimited;
  for (const std::string& folder : unified_) least = std::min(least, left_in(folder, "/memory.max", "/memory.current"));
  for (const std::string& folder : memory_)
    least = std::min(least, left_in(folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes"));
  return least;
}

std::size_t ControlGroups::cores() const {
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& folder : unified_) least = std::min(least, unified_cores(folder));
  for (const std::string& folder : cpu_) least = std::min(least, first_version_cores(folder));
  return std::isfinite(least) ? static_cast<std::size_t>(least) : 0;
}

}  // namespace attn
