// Writing files whole or not at all: a temporary file beside the target, fsync, rename.
#include "attn/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "attn/error.hpp"
#include "core/linux.hpp"
#include "io/files/beside.hpp"
#include "io/files/temporary_files.hpp"

namespace attn {
namespace {

constexpr int most_links = 40;  // as Linux follows
constexpr mode_t permissions = 0777;
constexpr std::size_t write_back = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& name, int error) {
  if (error == EPIPE) throw BrokenPipe(name);
  throw data_error(name, "cannot be written: " + std::string(std::strerror(error)));
}

void write_all(int descriptor, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(name, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Where symbolic links lead to; unlike realpath(3) also if there is nothing yet.
std::string follow_links(std::string path) {
  const std::string asked = path;
  std::array<char, PATH_MAX> target{};
  for (int i = 0; i < most_links; ++i) {
    const ssize_t size = readlink(path.c_str(), target.data(), target.size());
    if (size < 0) return path;
    std::string next(target.data(), static_cast<std::size_t>(size));
    if (next.starts_with('/')) {
      path = std::move(next);
    } else {
      path = io::split_path(path).first + next;
    }
  }
  fail(asked, ELOOP);
}

// /dev/stdout and its like name a descriptor of this process. Opening them anew would start at the front of a
// file that the shell has redirected to; a duplicate goes on where it is.
std::optional<int> named_descriptor(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = -1;
    const char* const end = path.data() + path.size();
    if (!path.starts_with(folder)) continue;
    const auto parsed = std::from_chars(path.data() + folder.size(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number >= 0) return number;
  }
  return std::nullopt;
}

}  // namespace

struct OutputFile::State {
  std::string path;       // as asked for
  std::string target;     // what is replaced
  std::string temporary;  // empty: written in place
  std::optional<io::TemporaryFile> registered;
  int descriptor = -1;
  std::size_t size = 0;     // bytes written
  std::size_t waiting = 0;  // the last of them, of which the disk has not heard yet

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!temporary.empty()) unlink(temporary.c_str());
    if (descriptor >= 0) close(descriptor);
  }

  // What this process has opened itself is not what was meant: it is closed at exec(2), unlike all that is inherited.
  void open_in_place(const std::optional<int>& existing) {
    if (existing && (fcntl(*existing, F_GETFD) & FD_CLOEXEC) != 0) fail(path, EBADF);
    descriptor = existing ? fcntl(*existing, F_DUPFD_CLOEXEC, 0) : ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) fail(path, errno);
  }

  void open_temporary() {
    io::FileBeside file = io::open_beside(target);
    if (file.descriptor < 0) fail(path, file.error);
    descriptor = file.descriptor;
    temporary = std::move(file.path);
    registered.emplace(temporary);
  }

  // Sends what waits to the disk while the next bytes are being made, which shortens fsync's wait at the end. That one
  // reports errors. Only Linux has the call.
  void start_write_back() {
#if ATTN_LINUX
    sync_file_range(descriptor, static_cast<off_t>(size - waiting), static_cast<off_t>(waiting), SYNC_FILE_RANGE_WRITE);
#endif
    waiting = 0;
  }

  void take_mode_of(const struct stat& replaced) const {
    // Only root may give files away; for all others the new file is theirs.
    const bool same_owner = replaced.st_uid == geteuid() && replaced.st_gid == getegid();
    if (!same_owner && fchown(descriptor, replaced.st_uid, replaced.st_gid) != 0 && errno != EPERM) fail(path, errno);
    if (fchmod(descriptor, replaced.st_mode & permissions) != 0) fail(path, errno);
  }
};

OutputFile::OutputFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  if (path.empty()) fail(path, ENOENT);
  if (path.find('\0') != std::string::npos) fail(path.substr(0, path.find('\0')), EINVAL);
  if (const auto existing = named_descriptor(path)) {
    state_->open_in_place(existing);
    return;
  }

  state_->target = follow_links(path);
  struct stat status {};
  const bool exists = stat(state_->target.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail(path, errno);
  if (exists && S_ISDIR(status.st_mode)) fail(path, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    state_->open_in_place(std::nullopt);
    return;
  }
  // rename(2) would replace a write-protected file without a word.
  if (exists && access(state_->target.c_str(), W_OK) != 0) fail(path, errno);
  if (io::split_path(state_->target).second.empty()) fail(path, EISDIR);
  state_->open_temporary();
  if (exists) state_->take_mode_of(status);
}

OutputFile::~OutputFile() = default;
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;

const std::string& OutputFile::path() const { return state_->path; }

void OutputFile::write(std::string_view bytes) {
  State& state = *state_;
  if (state.temporary.empty()) return write_all(state.descriptor, bytes, state.path);
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, write_back - state.waiting);
    write_all(state.descriptor, some, state.path);
    state.size += some.size();
    state.waiting += some.size();
    bytes.remove_prefix(some.size());
    if (state.waiting == write_back) state.start_write_back();
  }
}

void OutputFile::commit() {
  State& state = *state_;
  if (state.temporary.empty()) return;
  if (fsync(state.descriptor) != 0) fail(state.path, errno);
  // Before its descriptor is closed, which holds it.
  if (rename(state.temporary.c_str(), state.target.c_str()) != 0) fail(state.path, errno);
  state.temporary.clear();
  state.registered.reset();
  close(std::exchange(state.descriptor, -1));  // fsync has reported what there was to report
}

void StreamSink::write(std::string_view bytes) { write_all(descriptor_, bytes, name_); }

}  // namespace attn
