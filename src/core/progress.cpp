// The list of what is under way.
#include "core/progress.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/thread_owned.hpp"

namespace attn {
namespace {

thread_local bool watched = false;
using Listener = std::function<void(const std::string&)>;

// Work of the thread that is watched, the innermost last. It is entered and left by that thread alone, under the mutex;
// the thread itself needs none to look at it.
struct UnderWay {
  std::mutex mutex;
  std::vector<Progress*> work;
};

// Never freed: a thread may look at it while the process ends.
UnderWay& under_way() {
  static UnderWay* const all = new UnderWay;
  return *all;
}

}  // namespace

bool Progress::is_watched() { return watched; }

void Progress::enter(std::string_view what, std::uint64_t total, WorkUnit unit) {
  what_ = what;
  total_ = total;
  unit_ = unit;
  since_ = std::chrono::steady_clock::now();
  UnderWay& all = under_way();
  const std::lock_guard lock(all.mutex);
  all.work.push_back(this);
  is_entered_ = true;
}

void Progress::leave() {
  UnderWay& all = under_way();
  const std::lock_guard lock(all.mutex);
  std::erase(all.work, this);
}

void Progress::begin(std::string_view what, std::uint64_t done) {
  if (!is_entered_) return;
  const std::lock_guard lock(under_way().mutex);
  what_ = what;
  set(done);
}

void count_progress(WorkUnit unit, std::uint64_t more) {
  if (!watched) return;
  const std::vector<Progress*>& work = under_way().work;
  if (!work.empty() && work.back()->unit_ == unit) work.back()->add(more);
}

std::vector<SeenProgress> seen_progress() {
  UnderWay& all = under_way();
  const std::lock_guard lock(all.mutex);
  std::vector<SeenProgress> seen;
  for (const Progress* const work : all.work) {
    SeenProgress one{work->what_, work->done_.load(std::memory_order_relaxed), work->total_, work->unit_, work->since_};
    if (work->see_) work->see_(one);
    if (one.total != 0) one.done = std::min(one.done, one.total);
    seen.push_back(std::move(one));
  }
  return seen;
}

void watch_progress(bool on) { watched = on; }

void hear_plans(std::function<void(const std::string&)> hear) { thread_owned<Listener>() = std::move(hear); }
bool plans_are_heard() { return thread_owned<Listener>() != nullptr; }
void tell_plan(const std::string& plan) {
  if (const Listener& listener = thread_owned<Listener>()) listener(plan);
}

}  // namespace attn
