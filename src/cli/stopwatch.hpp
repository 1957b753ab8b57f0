// Wall time since a moment, for --verbose.
#pragma once

#include <chrono>
#include <string>

#include "core/number.hpp"

namespace attn::cli {

class Stopwatch {
 public:
  /// "1.25 ms".
  std::string text() const {
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start_;
    return fixed(passed.count(), 2) + " ms";
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace attn::cli
