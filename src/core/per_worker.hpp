// What each worker of a parallel_for has for itself.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace attn {

/// An object for each worker that takes a task, made and destroyed on the worker's own thread: none waits for those of
/// the others, and their memory stays in one core's cache. Destroyed by the `leave` of a parallel_for, or with this.
template <class T>
class PerWorker {
 public:
  PerWorker(std::size_t workers, std::function<T()> make) : slots_(workers), make_(std::move(make)) {}

  /// The worker's own, made when it first asks for it.
  T& operator[](std::size_t worker) {
    std::optional<T>& own = slots_[worker].own;
    if (!own) own.emplace(make_());
    return *own;
  }

  /// To be a parallel_for's `leave`.
  auto leave() {
    return [this](std::size_t worker) { slots_[worker].own.reset(); };
  }

 private:
  // In cache lines of their own; some processors fetch them in pairs.
  struct alignas(128) Slot {
    std::optional<T> own;
  };
  std::vector<Slot> slots_;
  std::function<T()> make_;
};

}  // namespace attn
