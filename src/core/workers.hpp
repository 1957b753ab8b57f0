// Threads that wait for work from one call to the next. Only parallel.cpp uses them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace attn {

/// Waits until a word has another value than `value`, and returns that. For `spins`, the first microseconds are spent
/// looking: to fall asleep and be woken takes longer than most waits last.
std::uint32_t await_change(const std::atomic<std::uint32_t>& word, std::uint32_t value, bool spins);

/// Threads of the process's store while a call uses them. The store starts what it has too few of and never ends one;
/// idle threads sleep. Crews of several callers, or of a task of another crew, are independent.
class Crew {
 public:
  /// At most so many threads: fewer, down to none, if the system has no more.
  explicit Crew(std::size_t wanted);
  /// Gives them back.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  std::size_t size() const { return members_.size(); }
  /// There is a core for each of them and the caller, so that one that waits may look instead of sleeping.
  bool spins() const { return spins_; }
  /// work(0) on this thread, and work(1) … work(size()) each on one of the crew. Returns when all have ended that had
  /// begun when work(0) ended, and the others do not begin: a thread that gets no core in time, as other programs have
  /// them all, is not waited for. So work(0) must leave nothing to them. `work` must not throw.
  void run(const std::function<void(std::size_t number)>& work);

  struct Member;

 private:
  std::vector<Member*> members_;
  bool spins_ = false;
};

}  // namespace attn
