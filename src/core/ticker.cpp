// Sleeps on a condition, which the end of the ticker wakes.
#include "core/ticker.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/held_signals.hpp"

namespace attn {

struct Ticker::State {
  std::mutex mutex;
  std::condition_variable ends;
  bool is_over = false;
  std::thread thread;
};

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick) : state_(std::make_unique<State>()) {
  try {
    const HeldSignals held;
    state_->thread = std::thread([interval, tick = std::move(tick), &state = *state_] {
      std::unique_lock lock(state.mutex);
      while (!state.ends.wait_for(lock, interval, [&state] { return state.is_over; })) {
        lock.unlock();
        tick();
        lock.lock();
      }
    });
  } catch (const std::system_error&) {  // what is not shown is missed by nobody
  }
}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_over = true;
  }
  state_->ends.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace attn
