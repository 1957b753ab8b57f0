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

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& task) {
  const Phase phase{count, task};
  parallel_phases(threads, {&phase, 1});
}

namespace {

// Where the threads of a call meet between its phases.
class Meeting {
 public:
  Meeting(std::size_t threads, bool spins) : threads_(threads), spins_(spins) {}

  void arrive_and_wait() {
    const std::uint32_t before = meetings_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      meetings_.store(before + 1, std::memory_order_release);
      meetings_.notify_all();
    } else {
      await_change(meetings_, before, spins_);
    }
  }

 private:
  std::size_t threads_;
  bool spins_;
  std::atomic<std::size_t> arrived_{0};
  std::atomic<std::uint32_t> meetings_{0};
};

// The tasks of all phases, and the first failure. Each worker has a share of the tasks of a phase, the same part of
// them in every phase and call: what one has written, rows of a tensor mostly, it reads again, as another core may take
// longer to hand over a cache line than memory. A worker that has finished helps the one that has most left.
class Work {
 public:
  Work(std::span<const Phase> phases, std::size_t workers)
      : phases_(phases), workers_(workers), shares_(phases.size() * workers) {
    for (std::size_t p = 0; p < phases.size(); ++p)
      for (std::size_t w = 0; w < workers; ++w) {
        share(p, w).begin = share(p, w).next = w * phases[p].count / workers;
        share(p, w).end = (w + 1) * phases[p].count / workers;
      }
  }

  // What is left of a phase, and of none after a failure.
  void run(std::size_t phase, std::size_t worker) {
    try {
      for (Share* from = &share(phase, worker); from != nullptr && !failed_; from = fullest(phase))
        for (std::size_t i = from->next.fetch_add(1); i < from->end && !failed_; i = from->next.fetch_add(1))
          phases_[phase].task(i, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      failed_ = true;  // the others stop at their next task
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
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  std::mutex mutex_;
};

}  // namespace

void parallel_phases(std::size_t threads, std::span<const Phase> phases) {
  std::size_t most = 1;
  for (const Phase& phase : phases) most = std::max(most, phase.count);
  const auto run = [&](Work& work, std::size_t worker, Meeting* meeting) {
    for (std::size_t p = 0; p < phases.size(); ++p) {
      if (p != 0 && meeting != nullptr) meeting->arrive_and_wait();
      work.run(p, worker);
    }
  };
  // The counters that share out the tasks tell how far they are: to be watched costs a task nothing.
  const auto watch = [](const Work& work) {
    return Progress(WorkUnit::tasks, [&work](SeenProgress& seen) { work.see(seen); });
  };
  if (std::min(threads, most) <= 1) {
    Work work(phases, 1);
    const Progress progress = watch(work);
    run(work, 0, nullptr);
    return work.rethrow();
  }
  Crew crew(std::min(threads, most) - 1);
  Work work(phases, crew.size() + 1);
  const Progress progress = watch(work);
  Meeting meeting(crew.size() + 1, crew.spins());
  crew.run([&](std::size_t worker) { run(work, worker, &meeting); });
  work.rethrow();
}

}  // namespace attn
