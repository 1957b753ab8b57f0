// Reading files: mapped if they are regular, as streams otherwise; and their lines.
#include "attn/file_bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "io/files/files_read.hpp"
#include "io/files/mapping.hpp"
#include "io/files/page_buffer.hpp"
#include "io/files/read_failure.hpp"

namespace attn {
namespace {

using io::fail_to_read;

// In pieces, of which a mapped file need not have more than one in memory.
std::size_t line_end(std::string_view bytes, const std::shared_ptr<const void>& owner) {
  constexpr auto piece = static_cast<std::size_t>(io::PassedPages::step);
  for (std::size_t begin = 0; begin < bytes.size(); begin += piece) {
    const std::string_view some = bytes.substr(begin, piece);
    if (const std::size_t end = some.find('\n'); end != std::string_view::npos) return begin + end;
    io::drop_pages(owner, some);
  }
  return bytes.size();
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

}  // namespace

FileBytes FileBytes::open(const std::string& path) {
  // A path with a NUL in it would silently be another file's.
  if (path.find('\0') != std::string::npos) fail_to_read(path.substr(0, path.find('\0')), EINVAL);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_to_read(path, errno);
  const Descriptor closed_at_the_end(descriptor);
  struct stat status {};
  if (fstat(descriptor, &status) == 0) io::note_read(path, status);
  return from_descriptor(descriptor, path);
}

FileBytes FileBytes::from_descriptor(int descriptor, const std::string& name) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail_to_read(name, errno);
  if (S_ISDIR(status.st_mode)) fail_to_read(name, EISDIR);
  // Files in /proc say that they have no bytes; what does not start at the front cannot be mapped as it is.
  if (!S_ISREG(status.st_mode) || status.st_size == 0 || lseek(descriptor, 0, SEEK_CUR) != 0)
    return StreamLines(descriptor, name).rest();
  const auto size = static_cast<std::size_t>(status.st_size);
  FileBytes file;
  file.name_ = name;
  file.owner_ = io::map_file(descriptor, size);
  if (file.owner_ == nullptr) return StreamLines(descriptor, name).rest();
  file.bytes_ = {static_cast<const char*>(file.owner_.get()), size};
  return file;
}

FileBytes FileBytes::read(std::istream& in, const std::string& name) { return StreamLines(in, name).rest(); }

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
    const std::size_t end = line_end(rest_, file_.owner());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!io::is_blank(line)) return file_.line(line, number_);
  }
  return std::nullopt;
}

}  // namespace attn
