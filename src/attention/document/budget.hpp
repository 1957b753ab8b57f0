// The memory that a run needs, counted before any of it is allocated.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "attn/tensor.hpp"

namespace attn {

/// Sums up what will be allocated and refuses what passes the limit.
class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}

  /// Elements of a shape under a name.
  void add(const std::string& name, const Shape& shape, std::size_t element_bytes);
  bool fits() const;
  /// All of it.
  double bytes() const;
  /// Throws Error (data, at `max_memory`) if it is more than the limit: says what is the largest part, and that
  /// `output` alone fits, if it does. `of_output_alone` counts that, and is asked then; null: the run cannot do with
  /// it.
  void check(const std::function<Budget()>& of_output_alone = nullptr) const;

 private:
  struct Item {
    std::string name;
    Shape shape;
    double bytes;
  };
  double room() const;

  std::uint64_t limit_;
  std::vector<Item> items_;
};

}  // namespace attn
