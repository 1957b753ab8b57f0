// One counter for the process, and what it stood at when the run began that the limit is for.
#include "core/held_memory.hpp"

#include <algorithm>
#include <atomic>

#include "attn/error.hpp"
#include "core/memory.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

std::atomic<std::uint64_t> limit{0}, held{0}, held_before{0};

// Of the limit. Where what was there before has gone since, the run has its room.
std::uint64_t used(std::uint64_t now) {
  const std::uint64_t before = held_before;
  return now < before ? 0 : now - before;
}

}  // namespace

MemoryLimit::MemoryLimit(std::uint64_t bytes)
    : outer_(limit.exchange(bytes)), outer_before_(held_before.exchange(held)) {}

MemoryLimit::~MemoryLimit() {
  limit = outer_;
  held_before = outer_before_;
}

std::uint64_t memory_limit() { return limit; }
std::uint64_t held_memory() { return held; }

std::uint64_t memory_left() {
  const std::uint64_t most = limit;
  return most == 0 ? UINT64_MAX : most - std::min(used(held), most);
}

void hold_memory(std::size_t bytes, std::size_t before) {
  if (bytes <= most_uncounted) return;
  const std::size_t more = before <= most_uncounted ? bytes : bytes - before;
  const std::uint64_t others = used(held.fetch_add(more));
  const std::uint64_t most = limit;
  if (most == 0 || (others <= most && more <= most - others)) return;
  held -= more;
  throw data_error(option_name("max_memory"), "a block of " + size_text(more) + " does not fit beside " +
                                                  size_text(others) + " that are there; the limit is " +
                                                  size_text(most));
}

void release_memory(std::size_t bytes, std::size_t kept) noexcept {
  if (bytes > most_uncounted) held -= kept <= most_uncounted ? bytes : bytes - kept;
}

}  // namespace attn
