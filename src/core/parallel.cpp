// A fork and join over an atomic counter; the calling thread is one of the workers.
#include "core/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/control_groups.hpp"

namespace attn {
std::size_t available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  const std::size_t quota = ControlGroups().cores();
  return quota == 0 ? cores : std::max<std::size_t>(1, std::min(cores, quota));
}

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& task) {
  const Phase phase{count, task};
  parallel_phases(threads, {&phase, 1});
}

void parallel_phases(std::size_t threads, std::span<const Phase> phases) {
  std::size_t most = 1;
  for (const Phase& phase : phases) most = std::max(most, phase.count);
  const std::size_t workers = std::max<std::size_t>(1, std::min(threads, most));
  std::vector<std::atomic<std::size_t>> next(phases.size());
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  std::barrier<> phase_ends(static_cast<std::ptrdiff_t>(workers));
  const auto work = [&](std::size_t worker) {
    for (std::size_t p = 0; p < phases.size(); ++p) {
      if (p != 0 && workers != 1) phase_ends.arrive_and_wait();
      try {
        const std::size_t count = phases[p].count;
        for (std::size_t i = next[p].fetch_add(1); i < count && !failed; i = next[p].fetch_add(1))
          phases[p].task(i, worker);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        failed = true;  // the others stop at their next task
      }
    }
  };
  {
    std::vector<std::jthread> others;
    others.reserve(workers - 1);
    try {
      for (std::size_t w = 1; w < workers; ++w) others.emplace_back(work, w);
    } catch (const std::system_error&) {  // no more threads to be had: those that are there do the work
      for (std::size_t w = others.size() + 1; w < workers; ++w) phase_ends.arrive_and_drop();
    }
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace attn
