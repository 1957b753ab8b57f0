// Calls of the system, with fsync at their ends.
#include "io/files/durable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "core/linux.hpp"
#include "io/files/beside.hpp"

namespace attn::io {
namespace {

constexpr mode_t file_mode = 0666, folder_mode = 0777;  // less the umask

// Space that is not there is missed now, not after hours of work; not every file system can say. (posix_fallocate would
// write where the file system cannot.)
bool reserve([[maybe_unused]] int descriptor, [[maybe_unused]] std::uint64_t size) {
#if ATTN_LINUX
  if (fallocate(descriptor, 0, 0, static_cast<off_t>(size)) != 0) return errno != ENOSPC;
#endif
  return true;
}

}  // namespace

Descriptor::Descriptor(const std::string& path, int flags)
    : number_(::open(path.c_str(), flags | O_CLOEXEC, file_mode)), error_(number_ < 0 ? errno : 0) {}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

bool Descriptor::close() { return ::close(std::exchange(number_, -1)) == 0; }

bool write_at(int descriptor, std::uint64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return true;
}

int read_start(const Descriptor& file, std::string& text, std::size_t most) {
  if (!file.is_open()) return file.error();
  std::array<char, 4096> piece{};
  while (most > 0) {
    const ssize_t size =
        ::pread(file.number(), piece.data(), std::min(piece.size(), most), static_cast<off_t>(text.size()));
    if (size == 0) break;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    text.append(piece.data(), static_cast<std::size_t>(size));
    most -= static_cast<std::size_t>(size);
  }
  return 0;
}

bool put_file(const std::string& path, std::string_view bytes, std::uint64_t size) {
  const Descriptor file(path, O_WRONLY | O_CREAT);
  if (!file.is_open()) {
    errno = file.error();
    return false;
  }
  if (!write_at(file.number(), 0, bytes)) return false;
  if (size > bytes.size()) {
    if (ftruncate(file.number(), static_cast<off_t>(size)) != 0) return false;
    if (!reserve(file.number(), size)) return false;
  }
  return fsync(file.number()) == 0;
}

void sync_folder(const std::string& path) {
  const Descriptor folder(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
  if (folder.is_open()) fsync(folder.number());
}

TemporaryFolder::TemporaryFolder(const std::string& target, const std::vector<std::string_view>& files) {
  const auto [parent, name] = split_path(target);
  const std::string beside = parent + "." + name + ".attn-";
  std::random_device random;  // no process id: those of two hosts may be the same
  do path_ = beside + std::to_string(random());
  while (mkdir(path_.c_str(), folder_mode) != 0 && errno == EEXIST);
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) {
    path_.clear();
    return;
  }
  registered_.push_back(std::make_unique<TemporaryFile>(path_));
  for (const std::string_view file : files)
    registered_.push_back(std::make_unique<TemporaryFile>(path_ + std::string(file)));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace attn::io
