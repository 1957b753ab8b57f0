// NumberBuffer: collects a tensor's elements, whose number is not known yet, within the memory budget.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "attn/error.hpp"
#include "attn/tensor.hpp"
#include "core/held_memory.hpp"
#include "core/memory.hpp"
#include "core/option_name.hpp"
#include "io/files/page_buffer.hpp"

namespace attn::io {

/// What one document's tensors may take together.
class MemoryBudget {
 public:
  /// 0 is no limit.
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}

  /// Of this limit, and of that of the process.
  std::uint64_t left() const { return std::min(left_of_own(), memory_left()); }
  /// Throws Error (data, at `where`) if so much is not left.
  void take(std::uint64_t bytes, const std::string& where) {
    if (bytes > left()) refuse(bytes, where);
    used_ += bytes;
  }
  /// The same for what is there already, and so counted by the process.
  void take_held(std::uint64_t bytes, const std::string& where) {
    if (bytes > left_of_own()) refuse(bytes, where);
    used_ += bytes;
  }
  std::uint64_t left_of_own() const { return limit_ == 0 ? UINT64_MAX : limit_ - used_; }
  [[noreturn]] void refuse(std::uint64_t bytes, const std::string& where) const {
    throw data_error(where, "needs " + size_text(bytes) + " or more, and " + size_text(left()) + " of the limit of " +
                                size_text(limit_ == 0 ? memory_limit() : limit_) + " are left; " +
                                option_name("max_memory") + " sets the limit");
  }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

template <class T>
class NumberBuffer {
 public:
  NumberBuffer(MemoryBudget& budget, std::string where) : budget_(budget), where_(std::move(where)) {}

  std::size_t size() const { return size_; }
  void push(T value) {
    if (size_ == capacity_) grow();
    reinterpret_cast<T*>(pages_.data())[size_++] = value;
  }
  /// Places for elements that may be filled without a check each, at least one; `filled` counts them in.
  std::span<T> room() {
    if (size_ == capacity_) grow();
    return {reinterpret_cast<T*>(pages_.data()) + size_, capacity_ - size_};
  }
  void filled(std::size_t count) { size_ += count; }
  /// The elements as a tensor of `shape`, whose size must be the number of elements.
  Tensor release(const Shape& shape) {
    const std::size_t bytes = size_ * sizeof(T);
    budget_.take_held(bytes, where_);
    void* const data = pages_.data();
    return Tensor::adopt(dtype_of<T>, shape, pages_.release(bytes), data);
  }

 private:
  void grow() {
    const std::uint64_t bytes = size_ * sizeof(T);
    if (bytes >= budget_.left_of_own() || !may_grow(bytes)) budget_.refuse(bytes + sizeof(T), where_);
    pages_.reserve(grown_capacity(bytes));
    capacity_ = pages_.capacity() / sizeof(T);
  }

  MemoryBudget& budget_;
  std::string where_;
  PageBuffer pages_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace attn::io
