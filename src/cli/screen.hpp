// The last line of a terminal, which shows how far a run is, and what is written around it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "attn/sink.hpp"
#include "core/progress.hpp"
#include "core/ticker.hpp"

namespace attn::cli {

/// What is under way as one line of at most `columns`: what, a bar, how much of it, the rate, and the time left; empty
/// if it is nothing that people know. On few columns the rate goes first, then the bar.
std::string progress_line(const std::vector<SeenProgress>& seen, std::chrono::steady_clock::time_point now,
                          std::size_t columns);

/// Writes to `out` and `err` of a run, and on a terminal at `err` a line of progress, which is wiped before anything
/// else is written there and at the end.
class Screen {
 public:
  struct Terminal {
    bool shows_progress = false;                          ///< `err` is a terminal that can rewrite a line
    bool takes_out = false;                               ///< `out` goes to a terminal, which may be the same
    std::size_t columns = 80;                             ///< of `err`
    std::function<bool()> is_ours = [] { return true; };  ///< whether this process is in its foreground
  };
  Screen(Sink& out, Sink& err, Terminal terminal);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Sink& out() { return out_; }
  Sink& err() { return err_; }

  /// From now on this thread's work is shown, once it has lasted a second; of `by_itself`, by a thread a few times a
  /// second, else at each `show`.
  void watch(bool by_itself);
  /// Shows what is under way, or wipes what is shown if that is nothing.
  void show();
  /// Wipes the line.
  void wipe();

 private:
  class Wiping : public Sink {
   public:
    Wiping(Screen& screen, Sink& sink, bool is_on_terminal)
        : screen_(screen), sink_(sink), is_on_terminal_(is_on_terminal) {}
    void write(std::string_view bytes) override;

   private:
    Screen& screen_;
    Sink& sink_;
    bool is_on_terminal_;
  };

  void wipe_now();
  void show_now();

  Sink& terminal_;
  Terminal about_;
  Wiping out_, err_;
  std::mutex mutex_;  // of what is written to the terminal
  bool is_at_line_start_ = true;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::unique_ptr<Ticker> ticker_;
};

/// Wipes the line at a signal, and keeps it from coming back. Async-signal-safe; `descriptor` is standard error's.
void wipe_progress(int descriptor) noexcept;

}  // namespace attn::cli
