// One counter for the process.
#include "core/held_memory.hpp"

#include <atomic>

#include "attn/error.hpp"
#include "core/memory.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

// Smaller blocks are many, and little together.
constexpr std::size_t least = std::size_t{1} << 16;

std::atomic<std::uint64_t> limit{0}, held{0};

}  // namespace

MemoryLimit::MemoryLimit(std::uint64_t bytes) : before_(limit.exchange(bytes)) {}
MemoryLimit::~MemoryLimit() { limit = before_; }

std::uint64_t memory_limit() { return limit; }
std::uint64_t held_memory() { return held; }

std::uint64_t memory_left() {
  const std::uint64_t most = limit, now = held;
  return most == 0 ? UINT64_MAX : most - (now < most ? now : most);
}

void hold_memory(std::size_t bytes, std::size_t before) {
  if (bytes < least) return;
  const std::size_t more = before < least ? bytes : bytes - before;
  const std::uint64_t others = held.fetch_add(more);
  const std::uint64_t most = limit;
  if (most == 0 || (others <= most && more <= most - others)) return;
  held -= more;
  throw data_error(option_name("max_memory"), "a block of " + size_text(more) + " does not fit beside " +
                                                  size_text(others) + " that are there; the limit is " +
                                                  size_text(most));
}

void release_memory(std::size_t bytes, std::size_t kept) noexcept {
  if (bytes >= least) held -= kept < least ? bytes : bytes - kept;
}

}  // namespace attn
