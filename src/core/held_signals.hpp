// Signals of the process that a thread does not take.
#pragma once

#include <pthread.h>

#include <csignal>

namespace attn {

/// Holds back, from this thread and those that it starts meanwhile, what is sent to the process. What a thread itself
/// causes (SIGSEGV and its like) stays its own.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigfillset(&held);
    for (const int own : {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGPROF}) sigdelset(&held, own);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t* before() const { return &before_; }

 private:
  sigset_t before_{};
};

}  // namespace attn
