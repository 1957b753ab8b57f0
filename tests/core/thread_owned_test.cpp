// Objects of threads: one each, for as long as the thread lives.
#include "core/thread_owned.hpp"

#include <atomic>
#include <thread>

#include "support/catch.hpp"

namespace attn {
namespace {

std::atomic<int> alive{0};

struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int number = 0;
};

TEST_CASE("each thread has one of its own until it ends", "[threads]") {
  thread_owned<Counted>().number = 1;
  CHECK(alive == 1);
  int there = -1;
  std::thread other([&] {
    there = thread_owned<Counted>().number;
    thread_owned<Counted>().number = 2;
  });
  other.join();
  CHECK(there == 0);
  CHECK(alive == 1);
  CHECK(thread_owned<Counted>().number == 1);
}

}  // namespace
}  // namespace attn
