// A fork and join over shares of the tasks; the calling thread is one of the workers.
#include "core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <vector>

#include "core/progress.hpp"
#include "core/workers.hpp"

namespace attn {

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& task,
                  const std::function<void(std::size_t)>& leave) {
  const Phase phase{count, task};
  parallel_phases(threads, {&phase, 1}, leave);
}

bool is_worth_threads(double flops) {
  static std::atomic<double> small_calls{0};
  if (flops >= flops_worth_threads) return true;
  if (flops < flops_worth_threads / 8) return false;
  if (small_calls.load(std::memory_order_relaxed) >= flops_worth_threads) return true;
  return small_calls.fetch_add(flops, std::memory_order_relaxed) + flops >= flops_worth_threads;
}

namespace {

// The tasks of all phases, and the first failure. Each worker has a share of the tasks of a phase, the same part of
// them in every phase and call: what one has written, rows of a tensor mostly, it reads again, as another core may take
// longer to hand over a cache line than memory. A worker that has finished helps the one that has most left.
class Work {
 public:
  Work(std::span<const Phase> phases, std::size_t workers)
      : phases_(phases), workers_(workers), shares_(phases.size() * workers), ends_(phases.size()) {
    for (std::size_t p = 0; p < phases.size(); ++p)
      for (std::size_t w = 0; w < workers; ++w) {
        share(p, w).begin = share(p, w).next = w * phases[p].count / workers;
        share(p, w).end = (w + 1) * phases[p].count / workers;
      }
  }

  // All that is left, phase by phase, and nothing more after a failure. Workers need not all come: who has no task of a
  // phase left waits for those that others are at, and not for those others, who may not have begun yet.
  void run(std::size_t worker, bool spins) {
    for (std::size_t phase = 0; phase < phases_.size() && !failed_; ++phase) {
      run_phase(phase, worker);
      if (phase + 1 < phases_.size()) await_end(phase, spins);
    }
  }

  // The first phase that has tasks left: those before it have all been begun.
  void see(SeenProgress& seen) const {
    if (phases_.empty()) return;
    std::size_t phase = 0;
    while (phase + 1 < phases_.size() && begun(phase) == phases_[phase].count) ++phase;
    seen.what = phases_[phase].name;
    seen.done = begun(phase);
    seen.total = phases_[phase].count;
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void run_phase(std::size_t phase, std::size_t worker) {
    std::size_t ended = 0;
    try {
      for (Share* from = &share(phase, worker); from != nullptr && !failed_; from = fullest(phase))
        for (std::size_t i = from->next.fetch_add(1); i < from->end && !failed_; i = from->next.fetch_add(1), ++ended)
          phases_[phase].task(i, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      failed_ = true;  // the others stop at their next task
    }
    if (phase + 1 == phases_.size()) return;
    // Those that wait look again when a phase has ended, or will not.
    if (ends_[phase].fetch_add(ended, std::memory_order_acq_rel) + ended < phases_[phase].count && !failed_) return;
    changes_.fetch_add(1, std::memory_order_release);
    changes_.notify_all();
  }

  void await_end(std::size_t phase, bool spins) {
    for (;;) {
      const std::uint32_t before = changes_.load(std::memory_order_acquire);
      if (failed_ || ends_[phase].load(std::memory_order_acquire) >= phases_[phase].count) return;
      await_change(changes_, before, spins);
    }
  }

  // Counters in cache lines of their own; some processors fetch them in pairs.
  struct alignas(128) Share {
    std::atomic<std::size_t> next{0};
    std::size_t begin = 0, end = 0;
    std::size_t reached() const { return std::min(next.load(std::memory_order_relaxed), end); }
  };

  Share& share(std::size_t phase, std::size_t worker) { return shares_[phase * workers_ + worker]; }

  std::size_t begun(std::size_t phase) const {
    std::size_t tasks = 0;
    for (std::size_t w = 0; w < workers_; ++w) {
      const Share& of = shares_[phase * workers_ + w];
      tasks += of.reached() - of.begin;
    }
    return tasks;
  }

  Share* fullest(std::size_t phase) {
    Share* found = nullptr;
    std::size_t most = 0;
    for (std::size_t w = 0; w < workers_; ++w) {
      Share& candidate = share(phase, w);
      const std::size_t left = candidate.end - candidate.reached();
      if (left <= most) continue;
      most = left;
      found = &candidate;
    }
    return found;
  }

  std::span<const Phase> phases_;
  std::size_t workers_;
  std::vector<Share> shares_;
  std::vector<std::atomic<std::size_t>> ends_;  // tasks of each phase that have ended
  std::atomic<std::uint32_t> changes_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  std::mutex mutex_;
};

}  // namespace

void parallel_phases(std::size_t threads, std::span<const Phase> phases,
                     const std::function<void(std::size_t)>& leave) {
  std::size_t most = 1;
  for (const Phase& phase : phases) most = std::max(most, phase.count);
  // The counters that share out the tasks tell how far they are: to be watched costs a task nothing.
  const auto watch = [](const Work& work) {
    return Progress(WorkUnit::tasks, [&work](SeenProgress& seen) { work.see(seen); });
  };
  if (std::min(threads, most) <= 1) {
    Work work(phases, 1);
    const Progress progress = watch(work);
    work.run(0, false);
    if (leave) leave(0);
    return work.rethrow();
  }
  Crew crew(std::min(threads, most) - 1);
  Work work(phases, crew.size() + 1);
  const Progress progress = watch(work);
  crew.run([&](std::size_t worker) {
    work.run(worker, crew.spins());
    if (leave) leave(worker);
  });
  work.rethrow();
}

}  // namespace attn
