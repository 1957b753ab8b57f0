// Sinks: where encoders put their bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "attn/error.hpp"

namespace attn {

/// Where encoders put their bytes, a piece at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Throws Error (data) if the bytes cannot be written.
  virtual void write(std::string_view bytes) = 0;
};

/// The reader of a pipe has gone. Nothing is wrong with the data: the command line ends silently.
class BrokenPipe : public Error {
 public:
  explicit BrokenPipe(std::string where) : Error(ErrorKind::data, std::move(where), "cannot be written: Broken pipe") {}
};

/// Collects bytes in memory.
class StringSink : public Sink {
 public:
  void write(std::string_view bytes) override { text.append(bytes); }
  std::string text;
};

/// Writes to an open file descriptor, unbuffered; it is not closed. Throws BrokenPipe where a pipe's
/// reader has gone (SIGPIPE must be ignored for that to be seen).
class StreamSink : public Sink {
 public:
  explicit StreamSink(int descriptor = 1, std::string name = "standard output")
      : descriptor_(descriptor), name_(std::move(name)) {}
  void write(std::string_view bytes) override;

 private:
  int descriptor_;
  std::string name_;
};

}  // namespace attn
