// A folder that is renamed into its place, writes at offsets of their own, and an entry for what has reached the disk.
#include "io/files/shared_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <utility>

#include "attn/error.hpp"
#include "io/files/temporary_files.hpp"

namespace attn::io {
namespace {

constexpr std::string_view array_name = "/array", facts_name = "/problem.txt", parts_fact = "number of parts";
constexpr mode_t file_mode = 0666, folder_mode = 0777;  // less the umask

[[noreturn]] void fail(const std::string& path, int error) {
  throw data_error(path, "cannot be shared: " + std::string(std::strerror(error)));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Closes itself.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, file_mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

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

// Space that is not there is missed now, not after hours of work; not every file system can say. (posix_fallocate would
// write where the file system cannot.)
bool reserve([[maybe_unused]] int descriptor, [[maybe_unused]] std::uint64_t size) {
#ifdef __linux__
  if (fallocate(descriptor, 0, 0, static_cast<off_t>(size)) != 0) return errno != ENOSPC;
#endif
  return true;
}

// A whole file with these bytes, on the disk; zeros follow up to `size`.
bool put_file(const std::string& path, std::string_view bytes, std::uint64_t size) {
  const Descriptor file(path, O_WRONLY | O_CREAT);
  if (!file.is_open() || !write_at(file.number(), 0, bytes)) return false;
  if (size > bytes.size()) {
    if (ftruncate(file.number(), static_cast<off_t>(size)) != 0) return false;
    if (!reserve(file.number(), size)) return false;
  }
  return fsync(file.number()) == 0;
}

// Names in a folder last once the folder is on the disk. Some file systems refuse, and need it not.
void sync_folder(const std::string& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (folder.is_open()) fsync(folder.number());
}

// A folder that is being made: what is left of it goes, also on a signal.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& target) {
    const std::size_t slash = target.rfind('/');
    const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
    const std::string beside = target.substr(0, start) + "." + target.substr(start) + ".attn-";
    std::random_device random;  // no process id: those of two hosts may be the same
    do path_ = beside + std::to_string(random());
    while (mkdir(path_.c_str(), folder_mode) != 0 && errno == EEXIST);
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) {
      path_.clear();
      return;
    }
    for (const std::string& path : {path_, path_ + std::string(array_name), path_ + std::string(facts_name)})
      registered_.push_back(std::make_unique<TemporaryFile>(path));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // It has another name now.
  void release() { path_.clear(); }

 private:
  std::string path_;
  std::vector<std::unique_ptr<TemporaryFile>> registered_;
};

}  // namespace

SharedFile::SharedFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) fail(path_, ENOENT);
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) {
    if (errno != ENOENT) fail(path_, errno);
    return;
  }
  // What all parts together replace is a name.
  if (!S_ISREG(status.st_mode)) throw data_error(path_, "cannot be shared: it is no regular file");
  if (access(path_.c_str(), W_OK) != 0) fail(path_, errno);
}

SharedFile::~SharedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

SharedFile::SharedFile(SharedFile&& other) noexcept
    : path_(std::move(other.path_)), parts_(other.parts_), descriptor_(std::exchange(other.descriptor_, -1)) {}

std::string SharedFile::contents() const { return folder() + std::string(array_name); }

std::string SharedFile::entry(std::size_t part) const {
  return folder() + "/" + std::to_string(part) + "-of-" + std::to_string(parts_);
}

// False if there is no folder yet.
bool SharedFile::read_facts(std::string& text) const {
  const Descriptor file(folder() + std::string(facts_name), O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return false;
    fail(path_, errno);
  }
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t size = ::read(file.number(), piece.data(), piece.size());
    if (size == 0) return true;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail(path_, errno);
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

// All is in the folder before it gets its name, which a second one cannot get: who joins finds it whole.
void SharedFile::make(const Plan& plan) const {
  TemporaryFolder folder(this->folder());
  if (folder.path().empty()) fail(path_, errno);
  if (!put_file(folder.path() + std::string(array_name), plan.head, plan.size) ||
      !put_file(folder.path() + std::string(facts_name), text_of(plan.facts), 0))
    fail(path_, errno);
  sync_folder(folder.path());
  // Over NFS the answer to a rename that was done may be lost, and its repetition fails: what counts is what is there.
  if (std::rename(folder.path().c_str(), this->folder().c_str()) == 0) folder.release();
  sync_folder(folder_of(path_));
}

void SharedFile::join(const Plan& plan) {
  Plan own = plan;
  own.facts.insert(own.facts.begin(), {std::string(parts_fact), std::to_string(plan.parts)});
  std::string text;
  if (!read_facts(text)) {
    make(own);
    if (!read_facts(text)) throw data_error(path_, "cannot be shared: " + folder() + " is in its way");
  }
  const std::string difference = first_difference(facts_of(text), own.facts);
  if (!difference.empty())
    throw data_error(path_,
                     "has parts of another problem: " + difference + "; to begin anew, remove the folder " + folder());
  parts_ = plan.parts;
}

void SharedFile::find() {
  std::string text;
  if (!read_facts(text)) throw data_error(path_, "no part of it has begun: there is no " + folder());
  const Facts facts = facts_of(text);
  const std::string* const parts = find_fact(facts, parts_fact);
  parts_ = parts == nullptr ? 0 : std::strtoul(parts->c_str(), nullptr, 10);
  if (parts_ == 0) throw data_error(path_, "cannot be shared: " + folder() + " does not say how many parts it has");
}

bool SharedFile::has(std::size_t part) const { return access(entry(part).c_str(), F_OK) == 0; }

std::vector<std::size_t> SharedFile::missing() const {
  std::vector<std::size_t> parts;
  for (std::size_t part = 1; part <= parts_; ++part)
    if (!has(part)) parts.push_back(part);
  return parts;
}

// The file is opened for writing alone, and never made here. Where an NFS client has read a page, it may write all of
// it back, and with it another host's rows as they were. And a run that comes late must not begin an empty file after
// the whole one has got its name.
void SharedFile::write(std::uint64_t at, std::string_view bytes) {
  if (descriptor_ < 0) descriptor_ = ::open(contents().c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0 || !write_at(descriptor_, at, bytes)) fail(path_, errno);
}

void SharedFile::finish(std::size_t part) {
  if (descriptor_ >= 0 && fsync(descriptor_) != 0) fail(path_, errno);
  if (descriptor_ >= 0 && ::close(std::exchange(descriptor_, -1)) != 0) fail(path_, errno);
  if (!put_file(entry(part), "", 0)) fail(path_, errno);
  sync_folder(folder());
  settle();
}

void SharedFile::settle() const {
  if (!missing().empty()) return;
  if (std::rename(contents().c_str(), path_.c_str()) == 0) return sync_folder(folder_of(path_));
  const int error = errno;
  if (error != ENOENT) fail(path_, error);
  // Another run has done it.
  if (access(path_.c_str(), F_OK) != 0)
    throw data_error(path_,
                     "all of its parts were finished, but it is gone; to begin anew, remove the folder " + folder());
}

}  // namespace attn::io
