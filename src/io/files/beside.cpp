// A few names that every run for one target tries in turn, so that it finds what an earlier one has left.
#include "io/files/beside.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/linux.hpp"
#if ATTN_LINUX
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <random>
#include <string_view>

namespace attn::io {
namespace {

constexpr std::string_view mark = ".attn-";
constexpr std::size_t suffix = 6;
constexpr int numbered_names = 8;

// The name's own part is cut where both would be too long.
std::string start_of(const std::string& target) {
  const auto [folder, name] = split_path(target);
  std::string path = folder + "." + name.substr(0, NAME_MAX - 1 - mark.size() - suffix);
  return path.append(mark);
}

std::string numbered_path(const std::string& target, int number) {
  return start_of(target) + std::string(suffix - 1, '0') + std::to_string(number);
}

std::string random_path(const std::string& target, std::random_device& random) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";  // no digits: none of the numbered ones
  std::uniform_int_distribution<std::size_t> pick(0, letters.size() - 1);
  std::string path = start_of(target);
  for (std::size_t i = 0; i < suffix; ++i) path.push_back(letters[pick(random)]);
  return path;
}

// O_EXCL with mode 0666 leaves the umask to the kernel.
int create(const std::string& path) { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }

// Whether locks tell who is there: on file systems of this machine. Those of a network may keep them from other
// machines, and a file without one may be in use there. See statfs(2) for the numbers.
bool has_true_locks([[maybe_unused]] const std::string& folder) {
#if ATTN_LINUX
  constexpr std::array<std::uint32_t, 9> local{
      0xEF53,      // ext2, ext3, ext4
      0x58465342,  // XFS
      0x9123683E,  // Btrfs
      0x01021994,  // tmpfs
      0x794C7630,  // overlayfs
      0xF2F52010,  // F2FS
      0x2FC12FC1,  // ZFS
      0xCA451A4E,  // bcachefs
      0x52654973,  // ReiserFS
  };
  struct statfs status {};
  if (statfs(folder.empty() ? "." : folder.c_str(), &status) != 0) return false;
  return std::count(local.begin(), local.end(), static_cast<std::uint32_t>(status.f_type)) != 0;
#else
  return false;
#endif
}

bool is_at(const std::string& path, int descriptor) {
  struct stat there {};
  struct stat open {};
  return lstat(path.c_str(), &there) == 0 && fstat(descriptor, &open) == 0 && there.st_ino == open.st_ino &&
         there.st_dev == open.st_dev;
}

// Removes a file that nobody holds. Whoever has just made one may not have locked it yet, and looks whether it is
// still there when he has.
void remove_abandoned(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat status {};
  const bool is_ours = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
  if (is_ours && flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_at(path, descriptor)) unlink(path.c_str());
  close(descriptor);
}

// A file of this name that is locked; no descriptor if there is none, or no lock to be had.
int create_locked(const std::string& path) {
  for (;;) {
    const int descriptor = create(path);
    if (descriptor < 0) return -1;
    const bool is_locked = flock(descriptor, LOCK_EX) == 0;
    if (is_locked && is_at(path, descriptor)) return descriptor;
    close(descriptor);
    if (is_locked) continue;
    unlink(path.c_str());
    errno = EEXIST;
    return -1;
  }
}

}  // namespace

std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
  return {path.substr(0, start), path.substr(start)};
}

FileBeside open_beside(const std::string& target) {
  FileBeside file;
  const bool locks = has_true_locks(split_path(target).first);
  // All names are looked at before a file is made: after that, nothing may fail for want of memory.
  for (int number = 0; locks && number < numbered_names; ++number) remove_abandoned(numbered_path(target, number));
  for (int number = 0; locks && number < numbered_names; ++number) {
    file.path = numbered_path(target, number);
    file.descriptor = create_locked(file.path);
    if (file.descriptor >= 0) return file;
    file.error = errno;
    if (file.error != EEXIST) return file;
  }
  std::random_device random;
  while (file.descriptor < 0) {
    file.path = random_path(target, random);
    file.descriptor = create(file.path);
    file.error = errno;
    if (file.descriptor < 0 && file.error != EEXIST) break;
  }
  return file;
}

}  // namespace attn::io
