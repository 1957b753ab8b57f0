// Work for several threads, which are kept from one call to the next: the only way to any.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

namespace attn {

/// Cores that this process may use: its affinity, and the CPU quotas of its control groups.
std::size_t available_cores();

/// Threads cost some 50 µs to start, and a few to wake: work that takes less than those stays on one, but see
/// `is_worth_threads`. So many floating-point operations of a matrix product take longer, and so many elements that
/// each take tens of them.
inline constexpr double flops_worth_threads = 8e6;
inline constexpr std::size_t elements_worth_threads = 50'000;

/// True if a call of so many floating-point operations is worth several threads. Calls of less than an eighth of those
/// that are worth starting them never are; others are, when all such calls of the process together have had as many.
bool is_worth_threads(double flops);

/// Rows that a thread takes at a time where a row is little work, as in a norm.
inline constexpr std::size_t rows_of_task = 16;

/// Runs task(0, w) … task(count-1, w) on at most `threads` threads; `w` < threads tells the worker.
/// Which thread runs a task, and when, is not defined: tasks must not depend on it, so that results
/// are the same for any number of threads. Worker w begins with its share of the tasks, [w·count/n, (w+1)·count/n) of
/// n workers: calls whose tasks go over the same rows in the same order leave each row in one core's cache. The first
/// exception is rethrown when all have stopped. A worker ends with leave(w), which must not throw, on its own thread:
/// there it gives up what it has made for itself (see PerWorker).
void parallel_for(std::size_t count, std::size_t threads,
                  const std::function<void(std::size_t task, std::size_t worker)>& task,
                  const std::function<void(std::size_t worker)>& leave = nullptr);

/// The same for several phases one after the other on the same threads: every task of a phase has ended before the
/// next phase begins.
struct Phase {
  std::size_t count = 0;
  std::function<void(std::size_t task, std::size_t worker)> task;
  std::string_view name = {};  ///< for people who wait: "packing"; empty: what is done as a whole
};
void parallel_phases(std::size_t threads, std::span<const Phase> phases,
                     const std::function<void(std::size_t worker)>& leave = nullptr);

}  // namespace attn
