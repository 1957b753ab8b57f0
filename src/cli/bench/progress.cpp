// One line, rewritten at every step.
#include "cli/bench/progress.hpp"

#include <algorithm>

namespace attn::cli {

Progress::Progress(Environment& environment, std::size_t steps, bool shown)
    : environment_(environment),
      steps_(std::max<std::size_t>(1, steps)),
      shown_(shown && environment.err_is_terminal) {}

Progress::~Progress() {
  try {
    clear();
  } catch (...) {  // a message that nobody can read is no reason to fail
  }
}

void Progress::step(const std::string& name) {
  if (!shown_) return;
  constexpr std::size_t width = 20;
  const std::size_t full = std::min(width, width * begun_ / steps_);
  ++begun_;
  std::string line = "[" + std::string(full, '#') + std::string(width - full, '-') + "] " + std::to_string(begun_) +
                     "/" + std::to_string(steps_) + " " + name;
  // A line that wraps could not be wiped. Names are ASCII.
  line.resize(std::min(line.size(), std::max<std::size_t>(environment_.columns, 2) - 1));
  environment_.err.write("\r" + line + "\x1b[K");
  on_screen_ = true;
}

void Progress::clear() {
  if (on_screen_) environment_.err.write("\r\x1b[K");
  on_screen_ = false;
}

}  // namespace attn::cli
