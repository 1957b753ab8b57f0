// The process around a run: streams, terminal, signals.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "attn/output_file.hpp"
#include "cli/bench/child.hpp"
#include "cli/run.hpp"

namespace attn::cli {
namespace {

// Only what is safe in a signal handler: runs of this program end, half-written files go, and the exit code tells the
// signal.
extern "C" void clean_up_and_exit(int signal) {
  stop_child();
  remove_temporary_files();
  _exit(128 + signal);
}

// As shells, curses and Python do, the user's own word counts more than what the terminal says.
void measure_terminal(Environment& environment) {
  winsize size{};
  const bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  const std::size_t columns = is_known && size.ws_col != 0 ? size.ws_col : environment.columns;
  const std::size_t rows = is_known && size.ws_row != 0 ? size.ws_row : environment.rows;
  environment.columns = terminal_extent(std::getenv("COLUMNS"), columns);
  environment.rows = terminal_extent(std::getenv("LINES"), rows);
}

}  // namespace

int run_process(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, clean_up_and_exit);
  std::signal(SIGTERM, clean_up_and_exit);
  StreamSink out(STDOUT_FILENO, "standard output"), err(STDERR_FILENO, "standard error");
  Environment environment{.in = std::cin, .out = out, .err = err, .in_descriptor = STDIN_FILENO};
  environment.in_is_terminal = isatty(STDIN_FILENO) == 1;
  environment.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  environment.err_is_terminal = isatty(STDERR_FILENO) == 1;
  environment.colors = terminal_colors(std::getenv("COLORTERM"), std::getenv("TERM"));
  if (environment.out_is_terminal) measure_terminal(environment);
  return run(std::vector<std::string>(argv + 1, argv + argc), environment);
}

}  // namespace attn::cli
