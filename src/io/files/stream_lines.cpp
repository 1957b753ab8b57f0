// Lines of pipes and streams, each as soon as it has arrived.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <istream>
#include <utility>

#include "attn/error.hpp"
#include "attn/file_bytes.hpp"
#include "core/held_memory.hpp"
#include "core/memory.hpp"
#include "core/option_name.hpp"
#include "core/progress.hpp"
#include "io/files/page_buffer.hpp"
#include "io/files/read_failure.hpp"

namespace attn {

void io::fail_to_read(const std::string& name, int error) {
  throw data_error(name.empty() ? "''" : name, "cannot be read: " + std::string(std::strerror(error)));
}

namespace {

[[maybe_unused]] constexpr int pipe_size = 1 << 20;

std::size_t read_some(int descriptor, char* to, std::size_t room, const std::string& name) {
  for (;;) {
    const ssize_t got = ::read(descriptor, to, room);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) io::fail_to_read(name, errno);
  }
}

}  // namespace

struct StreamLines::State {
  std::string name;
  std::function<std::size_t(char*, std::size_t)> read;
  io::PageBuffer pages;
  std::size_t begin = 0, size = 0;  // of what is read and not taken
  std::size_t number = 0;           // of the last line taken
  bool ended = false;

  const char* data() const { return reinterpret_cast<const char*>(pages.data()); }
  std::string_view waiting() const { return {data() + begin, size - begin}; }

  // False at the end of the stream.
  bool read_more() {
    if (ended) return false;
    char* const start = reinterpret_cast<char*>(pages.data());
    if (size == pages.capacity() && begin > size / 2) {
      std::memmove(start, start + begin, size - begin);
      size -= begin;
      begin = 0;
    }
    if (size == pages.capacity()) grow();
    const std::size_t got = read(reinterpret_cast<char*>(pages.data()) + size, pages.capacity() - size);
    size += got;
    count_progress(WorkUnit::bytes, got);
    ended = got == 0;
    return !ended;
  }

  void grow() {
    if (!io::may_grow(size))
      throw data_error(name, "is larger than memory may be: " + size_text(size) + " of it are read, and the limit is " +
                                 size_text(memory_limit()) + "; " + option_name("max_memory") + " sets the limit");
    pages.reserve(std::max(io::grown_capacity(size), most_uncounted));
  }

  // The line that comes first in `text`, without its end.
  static std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

  void take(std::size_t bytes) {
    begin += bytes;
    if (begin == size) begin = size = 0;
  }
};

StreamLines::StreamLines(std::istream& in, std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->read = [&in, state = state_.get()](char* to, std::size_t room) -> std::size_t {
    if (in.peek() == std::istream::traits_type::eof()) {  // waits for the first byte
      if (in.bad()) io::fail_to_read(state->name, EIO);
      return 0;
    }
    const std::streamsize got = in.readsome(to, static_cast<std::streamsize>(room));
    if (got > 0) return static_cast<std::size_t>(got);
    in.get(*to);
    return 1;
  };
}

StreamLines::StreamLines(int descriptor, std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
#ifdef F_SETPIPE_SZ                            // Linux
  fcntl(descriptor, F_SETPIPE_SZ, pipe_size);  // a pipe only, and if it may be: fewer turns of writer and reader
#endif
  state_->read = [descriptor, state = state_.get()](char* to, std::size_t room) {
    return read_some(descriptor, to, room, state->name);
  };
}

StreamLines::~StreamLines() = default;
StreamLines::StreamLines(StreamLines&&) noexcept = default;

std::string_view StreamLines::arrived(std::size_t lines) {
  // All relative to what is waiting, which reading may move.
  std::size_t found = 0, line = 0, searched = 0;
  while (found < lines) {
    const std::string_view all = state_->waiting();
    const std::size_t end = all.find('\n', searched);
    if (end == std::string_view::npos) {
      searched = all.size();
      if (!state_->read_more()) break;
      continue;
    }
    if (!io::is_blank(all.substr(line, end - line))) ++found;
    line = searched = end + 1;
  }
  return state_->waiting();
}

std::optional<FileBytes> StreamLines::next() {
  std::optional<FileBytes> taken;
  while (!taken) {
    const std::string_view all = arrived(1);
    if (all.empty()) break;
    const std::string_view line = State::first_line(all);
    ++state_->number;
    if (!io::is_blank(line)) {
      const FileBytes copy = FileBytes::of(std::string(line), state_->name);
      taken = copy.line(copy.bytes(), state_->number);
    }
    state_->take(std::min(line.size() + 1, all.size()));
  }
  return taken;
}

FileBytes StreamLines::rest() {
  {
    Progress progress("reading", 0, WorkUnit::bytes);
    progress.set(state_->size);
    while (state_->read_more()) {
    }
  }
  FileBytes file;
  file.name_ = state_->name;
  file.bytes_ = state_->waiting();
  file.owner_ = state_->pages.release(state_->size);
  state_->begin = state_->size = 0;
  return file;
}

}  // namespace attn
