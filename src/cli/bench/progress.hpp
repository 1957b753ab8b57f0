// A progress bar on standard error, where that is a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "cli/environment.hpp"

namespace attn::cli {

class Progress {
 public:
  /// `shown`: false shows nothing, as without a terminal.
  Progress(Environment& environment, std::size_t steps, bool shown);
  /// Wipes the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// The next step begins.
  void step(const std::string& name);
  /// Wipes the bar so that a message can be written; the next step shows it again.
  void clear();

 private:
  Environment& environment_;
  std::size_t steps_, begun_ = 0;
  bool shown_, on_screen_ = false;
};

}  // namespace attn::cli
