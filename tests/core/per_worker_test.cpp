// What workers have for themselves: made and given up on their own threads, whatever happens in between.
#include "core/per_worker.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/parallel.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

std::atomic<int> alive{0}, moved_to_another_thread{0};

// Counts those that there are, and notes where one ends on another thread than it began on.
class Own {
 public:
  Own() { ++alive; }
  Own(Own&& other) noexcept : thread_(other.thread_) { ++alive; }
  ~Own() {
    --alive;
    moved_to_another_thread += thread_ != std::this_thread::get_id();
  }
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;
  int tasks = 0;

 private:
  std::thread::id thread_ = std::this_thread::get_id();
};

}  // namespace

TEST_CASE("each worker has one object, and gives it up on its thread after its last task") {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    PerWorker<Own> owns(threads, [] { return Own(); });
    std::atomic<int> tasks{0}, left{0};
    const auto task = [&](std::size_t, std::size_t worker) {
      ++owns[worker].tasks;
      ++tasks;
    };
    const auto leave = [&, give_up = owns.leave()](std::size_t worker) {
      ++left;
      give_up(worker);
    };
    parallel_for(100, threads, task, leave);
    CHECK(tasks == 100);
    CHECK(left >= 1);
    CHECK(left <= static_cast<int>(threads));
    CHECK(alive == 0);
    parallel_phases(threads, std::array{Phase{3, task}, Phase{50, task}}, leave);
    CHECK(tasks == 153);
    CHECK(alive == 0);
  }
  CHECK(moved_to_another_thread == 0);
}

TEST_CASE("an object that is asked for again is the same one") {
  PerWorker<Own> owns(2, [] { return Own(); });
  CHECK(alive == 0);
  ++owns[1].tasks;
  CHECK(++owns[1].tasks == 2);
  CHECK(owns[0].tasks == 0);
  CHECK(alive == 2);
  owns.leave()(1);
  CHECK(alive == 1);
  CHECK(owns[1].tasks == 0);
}

TEST_CASE("workers give up what is theirs after a failure, too") {
  for (const std::size_t threads : {1U, 3U}) {
    PerWorker<Own> owns(threads, [] { return Own(); });
    const auto task = [&](std::size_t number, std::size_t worker) {
      ++owns[worker].tasks;
      if (number == 7) throw std::runtime_error("task");
    };
    CHECK_THROWS_AS(parallel_for(50, threads, task, owns.leave()), std::runtime_error);
    CHECK(alive == 0);
  }
  PerWorker<Own> none(1, []() -> Own { throw std::runtime_error("make"); });
  CHECK_THROWS_AS(parallel_for(
                      5, 1, [&](std::size_t, std::size_t worker) { ++none[worker].tasks; }, none.leave()),
                  std::runtime_error);
}

}  // namespace attn::test
