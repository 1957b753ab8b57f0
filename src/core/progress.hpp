// How far a run is, for somebody who looks at it from another thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attn {

/// What work is counted in.
enum class WorkUnit : std::uint8_t { none, bytes, numbers, tasks, layers, documents_bytes, cases };

/// Work as it is seen at a moment.
struct SeenProgress {
  std::string what;
  std::uint64_t done = 0, total = 0;
  WorkUnit unit = WorkUnit::none;
  std::chrono::steady_clock::time_point since;
};

/// Work that takes time, from its construction to its destruction; work within it may be described more closely. Only
/// that of a thread which `watch_progress` was called on is seen. To count is a relaxed addition, and where nobody
/// watches, work costs a look at one flag.
class Progress {
 public:
  /// `what` is shown to people, as in "computing"; empty: what the work around it says. `total`: of the unit; 0 is not
  /// known.
  explicit Progress(std::string_view what, std::uint64_t total = 0, WorkUnit unit = WorkUnit::none) {
    if (is_watched()) enter(what, total, unit);
  }
  /// Work that is counted elsewhere: while it is there, `see` says from another thread what it is and how far.
  Progress(WorkUnit unit, std::function<void(SeenProgress&)> see) : see_(std::move(see)) {
    if (is_watched()) enter("", 0, unit);
  }
  ~Progress() {
    if (is_entered_) leave();
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set(std::uint64_t done) { done_.store(done, std::memory_order_relaxed); }
  void add(std::uint64_t more) { done_.fetch_add(more, std::memory_order_relaxed); }
  /// The next of several things, of which `done` are behind.
  void begin(std::string_view what, std::uint64_t done);

  /// Whether somebody looks at this thread's work.
  static bool is_watched();

 private:
  friend std::vector<SeenProgress> seen_progress();
  friend void count_progress(WorkUnit unit, std::uint64_t more);
  void enter(std::string_view what, std::uint64_t total, WorkUnit unit);
  void leave();

  std::atomic<std::uint64_t> done_{0};
  std::uint64_t total_ = 0;
  WorkUnit unit_ = WorkUnit::none;
  bool is_entered_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point since_;
  std::function<void(SeenProgress&)> see_;
};

/// Counts for the innermost work of this thread, if that is counted in `unit`: for code that is told nothing of it.
void count_progress(WorkUnit unit, std::uint64_t more);

/// All work of the thread that is watched, the outermost first. From any thread.
std::vector<SeenProgress> seen_progress();

/// From now on the calling thread's work is seen, or no longer.
void watch_progress(bool watched);

/// What this thread's runs will do, before they do it, is given to `hear`, as a line of text; null: to nobody.
void hear_plans(std::function<void(const std::string&)> hear);
/// Whether somebody hears them.
bool plans_are_heard();
/// Says one.
void tell_plan(const std::string& plan);

}  // namespace attn
