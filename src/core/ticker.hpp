// A thread that does something a few times a second.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace attn {

/// Calls a function after every `interval`, on a thread of its own, until it is destroyed. The function must not throw.
/// Where the system has no thread for it, it is never called. Signals of the process are not handled on that thread.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
  /// Waits for a call that is under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attn
