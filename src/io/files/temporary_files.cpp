// A fixed table of paths, changed by atomic steps only: no lock, no allocation, nothing freed under a handler.
#include "io/files/temporary_files.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>

#include "attn/io.hpp"

namespace attn {
namespace {

// `busy` slots are being written, or removed by a handler, and belong to whoever made them so.
enum class SlotState { empty, busy, filled };

struct Slot {
  std::atomic<SlotState> state{SlotState::empty};
  char path[PATH_MAX];
};
static_assert(std::atomic<SlotState>::is_always_lock_free);

std::array<Slot, 64> slots;

}  // namespace

namespace io {

TemporaryFile::TemporaryFile(const std::string& path) {
  if (path.size() >= PATH_MAX) return;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    SlotState expected = SlotState::empty;
    if (!slots[i].state.compare_exchange_strong(expected, SlotState::busy)) continue;
    std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
    slots[i].state.store(SlotState::filled);
    slot_ = static_cast<int>(i);
    return;
  }
}

TemporaryFile::~TemporaryFile() {
  if (slot_ < 0) return;
  SlotState expected = SlotState::filled;
  // A handler that holds the slot empties it itself.
  slots[static_cast<std::size_t>(slot_)].state.compare_exchange_strong(expected, SlotState::empty);
}

}  // namespace io

void remove_temporary_files() noexcept {
  const int saved_errno = errno;
  // Folders last, when they are empty.
  for (const bool folders : {false, true}) {
    for (Slot& slot : slots) {
      SlotState expected = SlotState::filled;
      if (!slot.state.compare_exchange_strong(expected, SlotState::busy)) continue;
      bool is_left = false;
      if (folders) {
        rmdir(slot.path);
      } else {
        is_left = unlink(slot.path) != 0 && errno == EISDIR;
      }
      slot.state.store(is_left ? SlotState::filled : SlotState::empty);
    }
  }
  errno = saved_errno;
}

}  // namespace attn
