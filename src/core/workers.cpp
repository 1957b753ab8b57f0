// The store of threads. A thread belongs to it for good, and is detached: it holds nothing that the end of the process
// would have to wait for, and a child of fork(), which has none of them, must not wait for them either.
#include "core/workers.hpp"

#include <pthread.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "core/held_signals.hpp"
#include "core/parallel.hpp"

namespace attn {

/// A thread of the store. Never freed, so that its last notification finds it.
struct Crew::Member {
  std::atomic<std::uint32_t> state{0};  // idle, called or busy
  const std::function<void(std::size_t)>* work = nullptr;
  std::size_t number = 0;
  bool spins = false;
  Member* next = nullptr;  // in the list of idle ones
};

namespace {

using Member = Crew::Member;

constexpr std::uint32_t idle = 0, called = 1, busy = 2;
// Longer than what lies between two products of a model. Where other programs want the cores too, a thread that falls
// asleep often is woken on the core of the one that woke it, and both share that.
constexpr std::chrono::microseconds looking{2000};

[[noreturn]] void live(Member& self) {
  for (bool spins = false;;) {
    await_change(self.state, idle, spins);
    std::uint32_t expected = called;
    if (!self.state.compare_exchange_strong(expected, busy, std::memory_order_acq_rel)) continue;  // it was too late
    spins = self.spins;
    (*self.work)(self.number);
    self.state.store(idle, std::memory_order_release);
    self.state.notify_all();
  }
}

struct Store {
  std::mutex mutex;
  Member* idle_ones = nullptr;
  const std::size_t cores = available_cores();
};

std::atomic<Store*> the_store{nullptr};

// In a child of fork() its parent's threads are not there, and its mutex may be held by one of them.
void forget_store() { the_store = nullptr; }

Store& store() {
  if (Store* const held = the_store) return *held;
  static const int registered = pthread_atfork(nullptr, nullptr, forget_store);
  static_cast<void>(registered);
  Store* const made = new Store;
  Store* expected = nullptr;
  if (the_store.compare_exchange_strong(expected, made)) return *made;
  delete made;
  return *expected;
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Its signals are the caller's: one that holds them for a moment means to be undisturbed, and they must not be handled
// beside it meanwhile.
Member* start_thread() {
  try {
    const HeldSignals inherited;
    auto member = std::make_unique<Member>();
    std::thread([&self = *member] { live(self); }).detach();
    return member.release();
  } catch (const std::system_error&) {
    return nullptr;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

std::uint32_t await_change(const std::atomic<std::uint32_t>& word, std::uint32_t value, bool spins) {
  const auto changed = [&] { return word.load(std::memory_order_acquire) != value; };
  if (spins) {
    const auto end = std::chrono::steady_clock::now() + looking;
    for (std::size_t looks = 1; !changed(); ++looks) {
      pause();
      if (looks % 64 == 0 && std::chrono::steady_clock::now() > end) break;
    }
  }
  while (!changed()) word.wait(value, std::memory_order_acquire);
  return word.load(std::memory_order_acquire);
}

Crew::Crew(std::size_t wanted) {
  Store& threads = store();
  members_.reserve(wanted);
  {
    const std::lock_guard lock(threads.mutex);
    for (; members_.size() < wanted && threads.idle_ones != nullptr; threads.idle_ones = threads.idle_ones->next)
      members_.push_back(threads.idle_ones);
  }
  while (members_.size() < wanted) {
    Member* const made = start_thread();
    if (made == nullptr) break;
    members_.push_back(made);
  }
  spins_ = members_.size() < threads.cores;
}

Crew::~Crew() {
  Store& threads = store();
  const std::lock_guard lock(threads.mutex);
  for (Member* const member : members_) member->next = std::exchange(threads.idle_ones, member);
}

void Crew::run(const std::function<void(std::size_t)>& work) {
  std::size_t number = 0;
  for (Member* const member : members_) {
    member->work = &work;
    member->number = ++number;
    member->spins = spins_;
    member->state.store(called, std::memory_order_release);
    member->state.notify_one();
  }
  work(0);
  for (Member* const member : members_) {
    std::uint32_t expected = called;
    if (member->state.compare_exchange_strong(expected, idle, std::memory_order_acq_rel)) continue;
    await_change(member->state, busy, spins_);
  }
}

}  // namespace attn
