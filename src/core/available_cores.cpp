// Cores that this process may use, asked of the system.
#include <unistd.h>

#include <algorithm>

#include "core/control_groups.hpp"
#include "core/linux.hpp"
#include "core/parallel.hpp"
#if ATTN_LINUX
#include <sched.h>
#endif

namespace attn {
namespace {

// Those of the process's affinity; elsewhere than on Linux, all that are switched on.
std::size_t cores_of_process() {
#if ATTN_LINUX
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
#endif
  return static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

std::size_t available_cores() {
  const std::size_t cores = cores_of_process(), quota = ControlGroups().cores();
  return quota == 0 ? cores : std::max<std::size_t>(1, std::min(cores, quota));
}

}  // namespace attn
