// The process around a run: streams, terminal, signals.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>

#include "attn/output_file.hpp"
#include "cli/bench/child.hpp"
#include "cli/run.hpp"
#include "cli/screen.hpp"

namespace attn::cli {
namespace {

// Only what is safe in a signal handler: runs of this program end, half-written files go, and the exit code tells the
// signal.
extern "C" void clean_up_and_exit(int signal) {
  wipe_progress(STDERR_FILENO);
  stop_child();
  remove_temporary_files();
  _exit(128 + signal);
}

// What is read is mapped: where its file is cut meanwhile, or its disk fails, the system has nothing but a signal to
// say so.
extern "C" void say_that_a_file_is_gone(int) {
  constexpr char message[] = "attn: error: a file that is being read was cut meanwhile, or its disk fails\n";
  wipe_progress(STDERR_FILENO);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message, sizeof message - 1);
  stop_child();
  remove_temporary_files();
  _exit(1);
}

// All that end a process by default and that others send it. What is ignored on purpose, as by nohup and in jobs of
// the background, stays so.
void handle_signals() {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGVTALRM, SIGUSR1, SIGUSR2, SIGXCPU}) {
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) std::signal(signal, clean_up_and_exit);
  }
  std::signal(SIGBUS, say_that_a_file_is_gone);
  // These are errors of writes as well, which have a message.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

// Files that are opened would take the place of a standard stream that is closed, and get what is meant for that. What
// is opened here, for the other direction, fails like a closed one.
void reserve_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// Standard error. A message that nobody can read is no reason to fail, and none to end otherwise.
class MessageSink final : public Sink {
 public:
  void write(std::string_view bytes) override {
    try {
      stream_.write(bytes);
    } catch (const std::exception&) {
    }
  }

 private:
  StreamSink stream_{STDERR_FILENO, "standard error"};
};

// As shells, curses and Python do, the user's own word counts more than what the terminal says.
void measure_terminal(int descriptor, std::size_t& columns, std::size_t& rows) {
  winsize size{};
  const bool is_known = ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  columns = terminal_extent(std::getenv("COLUMNS"), is_known && size.ws_col != 0 ? size.ws_col : columns);
  rows = terminal_extent(std::getenv("LINES"), is_known && size.ws_row != 0 ? size.ws_row : rows);
}

Screen::Terminal terminal_of_messages(bool out_is_terminal) {
  Screen::Terminal terminal;
  terminal.takes_out = out_is_terminal;
  terminal.shows_progress = isatty(STDERR_FILENO) == 1 && rewrites_lines(std::getenv("TERM"));
  std::size_t rows = 0;
  if (terminal.shows_progress) measure_terminal(STDERR_FILENO, terminal.columns, rows);
  // A job of the background leaves the line to whoever types there.
  terminal.is_ours = [] {
    const pid_t foreground = tcgetpgrp(STDERR_FILENO);
    return foreground < 0 || foreground == getpgrp();
  };
  return terminal;
}

}  // namespace

int run_process(int argc, char** argv) {
  reserve_descriptors();
  handle_signals();
  StreamSink out(STDOUT_FILENO, "standard output");
  MessageSink err;
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  Screen screen(out, err, terminal_of_messages(out_is_terminal));
  Environment environment{.in = std::cin, .out = screen.out(), .err = screen.err(), .in_descriptor = STDIN_FILENO};
  environment.screen = &screen;
  environment.in_is_terminal = isatty(STDIN_FILENO) == 1;
  environment.out_is_terminal = out_is_terminal;
  environment.err_is_terminal = isatty(STDERR_FILENO) == 1;
  environment.colors = terminal_colors(std::getenv("COLORTERM"), std::getenv("TERM"));
  if (out_is_terminal) measure_terminal(STDOUT_FILENO, environment.columns, environment.rows);
  environment.given_columns = terminal_extent(std::getenv("COLUMNS"), 0);
  environment.given_rows = terminal_extent(std::getenv("LINES"), 0);
  try {
    return run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), environment);
  } catch (const std::bad_alloc&) {  // of the arguments
    return report_no_memory(environment);
  }
}

}  // namespace attn::cli
