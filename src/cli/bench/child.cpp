// posix_spawn and wait4.
#include "cli/bench/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "attn/error.hpp"
#include "core/held_signals.hpp"
#include "core/own_program.hpp"
#include "core/peak_memory.hpp"

extern char** environ;  // which POSIX has in no header

namespace attn::cli {
namespace {

#ifdef __APPLE__
constexpr std::uint64_t maxrss_unit = 1;
#else
constexpr std::uint64_t maxrss_unit = 1024;
#endif

std::atomic<pid_t> running{0};
static_assert(std::atomic<pid_t>::is_always_lock_free);

// What a child has in place of this process' streams and signals.
class SpawnOptions {
 public:
  explicit SpawnOptions(const sigset_t* signals) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, signals);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// Starts a child that `stop_child` can end.
pid_t start(char* const* argv) {
  const HeldSignals held;  // that their handler sees every child that there is
  const SpawnOptions options(held.before());
  pid_t pid = 0;
  const char* const program = own_program();
  if (program == nullptr) throw data_error("", "this system does not tell which program to start for a timed run");
  if (const int error = posix_spawn(&pid, program, &options.actions, &options.attributes, argv, environ))
    throw data_error(program, std::string("cannot be started: ") + std::strerror(error));
  running.store(pid);
  return pid;
}

}  // namespace

std::optional<std::uint64_t> run_child(const std::vector<std::string>& arguments) {
  std::string command = "attn";
  std::vector<char*> argv{command.data()};
  std::vector<std::string> own = arguments;
  for (std::string& argument : own) argv.push_back(argument.data());
  argv.push_back(nullptr);

  // A process starts with the peak of the one that made it (exec_mmap in Linux): ours is to be small.
  reset_peak_memory();
  const std::optional<std::uint64_t> inherited = peak_memory();
  const pid_t pid = start(argv.data());
  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  running.store(0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    for (const std::string& argument : arguments) command += " " + argument;
    throw data_error("", "a run that was to be timed failed: " + command);
  }
  const std::uint64_t peak = static_cast<std::uint64_t>(usage.ru_maxrss) * maxrss_unit;
  return inherited && *inherited < peak ? std::optional(peak) : std::nullopt;
}

void stop_child() noexcept {
  const pid_t pid = running.exchange(0);
  if (pid <= 0) return;
  const int saved_errno = errno;
  kill(pid, SIGTERM);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  errno = saved_errno;
}

}  // namespace attn::cli
