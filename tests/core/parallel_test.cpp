// Fork and join: every task once, on no more threads than asked for, and failures come through.
#include "core/parallel.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("every task runs exactly once, for any number of threads") {
  for (const std::size_t threads : {0U, 1U, 2U, 3U, 8U, 100U})
    for (const std::size_t count : {0U, 1U, 2U, 7U, 1000U}) {
      std::vector<std::atomic<int>> runs(count);
      parallel_for(count, threads, [&](std::size_t task, std::size_t) { ++runs[task]; });
      for (const std::atomic<int>& run : runs) REQUIRE(run == 1);
    }
}

TEST_CASE("a worker's number belongs to one thread and is below the number of threads") {
  const std::size_t threads = 4;
  std::mutex mutex;
  std::vector<std::set<std::thread::id>> seen(threads);
  parallel_for(2000, threads, [&](std::size_t, std::size_t worker) {
    const std::lock_guard lock(mutex);
    seen.at(worker).insert(std::this_thread::get_id());
  });
  for (const std::set<std::thread::id>& ids : seen) CHECK(ids.size() <= 1);
}

TEST_CASE("a worker begins with its own share, in every phase") {
  constexpr std::size_t threads = 3, each = 2;
  std::array<std::atomic<std::size_t>, 2> arrived{};
  std::array<std::array<std::atomic<std::size_t>, threads * each>, 2> by{};
  // Nobody goes on to help before all have begun.
  const auto phase = [&](std::size_t number) {
    return Phase{threads * each, [&, number](std::size_t task, std::size_t worker) {
                   by.at(number).at(task) = worker;
                   ++arrived.at(number);
                   while (arrived.at(number) < threads) std::this_thread::yield();
                 }};
  };
  parallel_phases(threads, std::array{phase(0), phase(1)});
  for (const auto& workers : by)
    for (std::size_t w = 0; w < threads; ++w) CHECK(workers.at(w * each) == w);
}

TEST_CASE("a worker that has finished helps the others") {
  std::atomic<std::size_t> done{0};
  parallel_for(100, 2, [&](std::size_t task, std::size_t) {
    if (task == 0)
      while (done < 99) std::this_thread::yield();
    ++done;
  });
  CHECK(done == 100);
}

TEST_CASE("one thread means the caller's own, in order") {
  std::vector<std::size_t> order;
  parallel_for(5, 1, [&](std::size_t task, std::size_t worker) {
    CHECK(worker == 0);
    order.push_back(task);
  });
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a task's exception is thrown on, and stops the rest") {
  for (const std::size_t threads : {1U, 4U}) {
    std::atomic<std::size_t> runs{0};
    const auto run = [&] {
      parallel_for(1000000, threads, [&](std::size_t task, std::size_t) {
        ++runs;
        if (task == 3) throw std::runtime_error("task 3");
      });
    };
    CHECK_THROWS_WITH(run(), "task 3");
    CHECK(runs < 1000000);
  }
}

TEST_CASE("every task of a phase has ended before the next phase begins") {
  std::atomic<int> first{0};
  std::atomic<bool> early{false};
  const std::array phases{Phase{100, [&](std::size_t, std::size_t) { ++first; }},
                          Phase{100, [&](std::size_t, std::size_t) { early = early || first != 100; }}};
  for (int round = 0; round < 200; ++round) {
    first = 0;
    parallel_phases(4, phases);
  }
  CHECK_FALSE(early);
}

TEST_CASE("tasks may start tasks, and so may several callers at once") {
  std::atomic<int> runs{0};
  const auto nested = [&] {
    parallel_for(8, 4,
                 [&](std::size_t, std::size_t) { parallel_for(8, 4, [&](std::size_t, std::size_t) { ++runs; }); });
  };
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 3; ++i) callers.emplace_back(nested);
  }
  CHECK(runs == 3 * 8 * 8);
}

TEST_CASE("signals of the process are the caller's") {
  std::atomic<int> blocked{0}, own{0}, others{0};
  for (int round = 0; round < 50; ++round)
    parallel_for(64, 3, [&](std::size_t, std::size_t worker) {
      if (worker == 0) return;
      ++others;
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      blocked += sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
      own += sigismember(&mask, SIGBUS) == 0;
    });
  CHECK(blocked == others);
  CHECK(own == others);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGINT) == 0);
}

TEST_CASE("a child of fork has threads of its own") {
  parallel_for(100, 4, [](std::size_t, std::size_t) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> runs{0};
    parallel_for(100, 4, [&](std::size_t, std::size_t) { ++runs; });
    _exit(runs == 100 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("many short calls are worth threads, and a few are not") {
  CHECK(is_worth_threads(flops_worth_threads));
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(is_worth_threads(flops_worth_threads / 9));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(is_worth_threads(flops_worth_threads / 4));
  for (int i = 0; i < 3; ++i) CHECK(is_worth_threads(flops_worth_threads / 4));
}

// A worker that has no task of the first phase ends before one that has: it waits for tasks, not for workers.
TEST_CASE("a phase with fewer tasks than workers holds nobody up") {
  for (int run = 0; run < 200; ++run) {
    std::atomic<int> first = 0, wrong = 0;
    const auto alone = [&](std::size_t, std::size_t) { ++first; };
    const auto after = [&](std::size_t, std::size_t) { wrong += first != 1; };
    parallel_phases(4, std::array{Phase{1, alone}, Phase{0, alone}, Phase{9, after}});
    CHECK(first == 1);
    CHECK(wrong == 0);
  }
}

TEST_CASE("there is at least one core") { CHECK(available_cores() >= 1); }

}  // namespace attn::test
