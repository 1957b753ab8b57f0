// Reading files: mapped if they are regular, read to the end otherwise; and their lines.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "attn/io.hpp"
#include "io/files/page_buffer.hpp"

namespace attn {
namespace {

constexpr int pipe_size = 1 << 20;
constexpr std::size_t first_read = std::size_t{1} << 16;

[[noreturn]] void fail(const std::string& name, int error) {
  throw data_error(name, "cannot be read: " + std::string(std::strerror(error)));
}

struct Bytes {
  std::string_view view;
  std::shared_ptr<const void> owner;
};

// `read_some(to, room)` returns how many bytes it has put there, 0 at the end.
template <class Read>
Bytes read_all(Read read_some) {
  io::PageBuffer pages;
  std::size_t size = 0;
  for (;;) {
    if (size == pages.capacity()) pages.reserve(size == 0 ? first_read : 2 * size);
    const std::size_t got = read_some(reinterpret_cast<char*>(pages.data()) + size, pages.capacity() - size);
    if (got == 0) break;
    size += got;
  }
  const char* const data = reinterpret_cast<const char*>(pages.data());
  return {{data, size}, pages.release(size)};
}

Bytes read_descriptor(int descriptor, const std::string& name) {
  fcntl(descriptor, F_SETPIPE_SZ, pipe_size);  // a pipe only, and if it may be: fewer turns of writer and reader
  return read_all([&](char* to, std::size_t room) {
    for (;;) {
      const ssize_t got = ::read(descriptor, to, room);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail(name, errno);
    }
  });
}

// Private and writable, so that a tensor that lies in the file may be changed without changing the file.
Bytes map_descriptor(int descriptor, std::size_t size) {
  void* const start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
  if (start == MAP_FAILED) return {};
  return {{static_cast<const char*>(start), size},
          std::shared_ptr<const void>(start, [size](void* mapped) { munmap(mapped, size); })};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

 private:
  int number_;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

FileBytes FileBytes::open(const std::string& path) {
  // A path with a NUL in it would silently be another file's.
  if (path.find('\0') != std::string::npos) fail(path.substr(0, path.find('\0')), EINVAL);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, errno);
  const Descriptor closed_at_the_end(descriptor);
  return from_descriptor(descriptor, path);
}

FileBytes FileBytes::from_descriptor(int descriptor, const std::string& name) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail(name, errno);
  if (S_ISDIR(status.st_mode)) fail(name, EISDIR);
  Bytes bytes;
  // Files in /proc say that they have no bytes; what does not start at the front cannot be mapped as it is.
  if (S_ISREG(status.st_mode) && status.st_size > 0 && lseek(descriptor, 0, SEEK_CUR) == 0)
    bytes = map_descriptor(descriptor, static_cast<std::size_t>(status.st_size));
  if (bytes.owner == nullptr) bytes = read_descriptor(descriptor, name);
  FileBytes file;
  file.name_ = name;
  file.bytes_ = bytes.view;
  file.owner_ = std::move(bytes.owner);
  return file;
}

FileBytes FileBytes::read(std::istream& in, const std::string& name) {
  Bytes bytes = read_all([&](char* to, std::size_t room) {
    in.read(to, static_cast<std::streamsize>(room));
    if (in.bad()) fail(name, EIO);
    return static_cast<std::size_t>(in.gcount());
  });
  FileBytes file;
  file.name_ = name;
  file.bytes_ = bytes.view;
  file.owner_ = std::move(bytes.owner);
  return file;
}

FileBytes FileBytes::of(std::string bytes, const std::string& name) {
  auto held = std::make_shared<const std::string>(std::move(bytes));
  FileBytes file;
  file.name_ = name;
  file.bytes_ = *held;
  file.owner_ = std::move(held);
  return file;
}

FileBytes FileBytes::line(std::string_view bytes, std::size_t line) const {
  FileBytes one = part(bytes);
  one.line_ = line;
  return one;
}

FileBytes FileBytes::part(std::string_view bytes) const {
  FileBytes some = *this;
  some.bytes_ = bytes;
  return some;
}

std::optional<FileBytes> Lines::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!is_blank(line)) return file_.line(line, number_);
  }
  return std::nullopt;
}

std::optional<FileBytes> StreamLines::next() {
  std::string line;
  while (std::getline(in_, line)) {
    ++number_;
    if (is_blank(line)) continue;
    const FileBytes file = FileBytes::of(std::move(line), name_);
    return file.line(file.bytes(), number_);
  }
  if (in_.bad()) fail(name_, EIO);
  return std::nullopt;
}

}  // namespace attn
