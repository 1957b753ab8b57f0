// A fork and join over an atomic counter; the calling thread is one of the workers.
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

// The tasks of all phases, shared out among threads one by one, and the first failure.
class Work {
 public:
  explicit Work(std::span<const Phase> phases) : phases_(phases), next_(phases.size()) {}

  // What is left of a phase, and of none after a failure.
  void run(std::size_t phase, std::size_t worker) {
    try {
      const std::size_t count = phases_[phase].count;
      for (std::size_t i = next_[phase].fetch_add(1); i < count && !failed_; i = next_[phase].fetch_add(1))
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
    const auto begun = [this](std::size_t p) { return next_[p].load(std::memory_order_relaxed); };
    while (phase + 1 < phases_.size() && begun(phase) >= phases_[phase].count) ++phase;
    seen.what = phases_[phase].name;
    seen.done = begun(phase);
    seen.total = phases_[phase].count;
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::span<const Phase> phases_;
  std::vector<std::atomic<std::size_t>> next_;
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  std::mutex mutex_;
};

}  // namespace

void parallel_phases(std::size_t threads, std::span<const Phase> phases) {
  std::size_t most = 1;
  for (const Phase& phase : phases) most = std::max(most, phase.count);
  Work work(phases);
  // The counters that share out the tasks tell how far they are: to be watched costs a task nothing.
  const Progress progress(WorkUnit::tasks, [&work](SeenProgress& seen) { work.see(seen); });
  if (std::min(threads, most) <= 1) {
    for (std::size_t p = 0; p < phases.size(); ++p) work.run(p, 0);
  } else {
    Crew crew(std::min(threads, most) - 1);
    Meeting meeting(crew.size() + 1, crew.spins());
    const std::function<void(std::size_t)> part = [&](std::size_t worker) {
      for (std::size_t p = 0; p < phases.size(); ++p) {
        if (p != 0) meeting.arrive_and_wait();
        work.run(p, worker);
      }
    };
    crew.run(part);
  }
  work.rethrow();
}

}  // namespace attn
