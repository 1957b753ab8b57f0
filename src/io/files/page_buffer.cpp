// Grows by aligned_alloc while small, as a mapping when large.
#include "io/files/page_buffer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "core/held_memory.hpp"
#include "core/huge_pages.hpp"
#include "io/files/mapping.hpp"

namespace attn::io {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t least = 4096;
constexpr std::size_t least_growth = std::size_t{1} << 16;  // of a counted block, at once
constexpr std::size_t least_mapping = std::size_t{1} << 18;
constexpr std::size_t least_huge = std::size_t{1} << 22;  // from here on pages of 2 MiB save most of the faults

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  if (bytes > PTRDIFF_MAX - unit) throw std::bad_alloc();
  return (bytes + unit - 1) / unit * unit;
}

// What the limit leaves beside a block of so many bytes, which may not be counted yet.
std::uint64_t left_beside(std::size_t bytes) {
  const std::uint64_t left = memory_left();
  return bytes > most_uncounted ? left : left - std::min<std::uint64_t>(left, bytes);
}

}  // namespace

bool may_grow(std::size_t bytes) { return bytes < most_uncounted || left_beside(bytes) >= least_growth; }

std::size_t grown_capacity(std::size_t bytes) {
  if (bytes < most_uncounted) return std::clamp(2 * bytes, least, most_uncounted);
  constexpr std::size_t most = std::size_t{1} << 24;
  const std::size_t more = std::min(std::max(bytes, least_growth), most);
  return bytes + std::clamp<std::uint64_t>(left_beside(bytes) / page_size() * page_size(), least_growth, more);
}

PageBuffer::~PageBuffer() {
  if (mapped()) {
    Unmap{capacity_}(data_);
  } else {
    std::free(data_);
  }
  release_memory(capacity_);
}

PageBuffer::PageBuffer(PageBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}

bool PageBuffer::mapped() const { return capacity_ >= least_mapping; }

void PageBuffer::reserve(std::size_t bytes) {
  if (bytes <= capacity_) return;
  const bool map = bytes >= least_mapping;
  const std::size_t wanted = round_up(std::max(bytes, least), map ? page_size() : alignment);
  hold_memory(wanted, capacity_);
  void* memory = nullptr;
  try {
    if (map && mapped()) {
      memory = resize_mapping(data_, capacity_, wanted);
    } else {
      memory = map ? map_memory(wanted) : std::aligned_alloc(alignment, wanted);
      if (memory == nullptr) throw std::bad_alloc();
    }
  } catch (const std::bad_alloc&) {
    release_memory(wanted, capacity_);
    throw;
  }
  if (!mapped()) {
    if (capacity_ != 0) std::memcpy(memory, data_, capacity_);
    std::free(data_);
  }
  if (wanted >= least_huge) prefer_huge_pages(memory, wanted);
  data_ = static_cast<std::byte*>(memory);
  capacity_ = wanted;
}

std::shared_ptr<void> PageBuffer::release(std::size_t bytes) {
  const bool map = mapped();
  if (map) {
    const std::size_t kept = std::max(round_up(bytes, page_size()), page_size());
    if (kept < capacity_) Unmap{capacity_ - kept}(data_ + kept);
    release_memory(capacity_, kept);
    capacity_ = kept;
  }
  const std::size_t size = std::exchange(capacity_, 0);
  void* memory = std::exchange(data_, nullptr);
  // Not by Unmap itself, which is the mark of files: these pages would come back as zeros.
  return {memory, [map, size](void* start) {
            if (map) {
              Unmap{size}(start);
            } else {
              std::free(start);
            }
            release_memory(size);
          }};
}

}  // namespace attn::io
