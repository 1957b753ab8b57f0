// The bytes of files and streams, whole or line by line.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attn {

/// A file's bytes: mapped where the system can, read otherwise (pipes). Never written to.
class FileBytes {
 public:
  /// Throws Error (data, at the path) if it cannot be read; a directory cannot.
  static FileBytes open(const std::string& path);
  /// What is left of an open file, which stays open: standard input from a file is mapped as well.
  static FileBytes from_descriptor(int descriptor, const std::string& name);
  /// All of a stream.
  static FileBytes read(std::istream& in, const std::string& name);
  static FileBytes of(std::string bytes, const std::string& name);

  /// A part of these bytes that is line `line` (from 1) of the file, as JSON Lines have it.
  FileBytes line(std::string_view bytes, std::size_t line) const;
  /// Some of these bytes under the same name.
  FileBytes part(std::string_view bytes) const;

  std::string_view bytes() const { return bytes_; }
  const std::string& name() const { return name_; }
  /// The number of the line that the bytes begin at; 1 for a whole file.
  std::size_t first_line() const { return line_ == 0 ? 1 : line_; }
  /// For messages: `in.json`, or `in.jsonl:7` for one line of a file.
  std::string place() const { return line_ == 0 ? name_ : name_ + ":" + std::to_string(line_); }
  /// Keeps the bytes alive.
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  friend class StreamLines;
  std::string name_;
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  std::size_t line_ = 0;  ///< 0: the whole file
};

/// The lines of a file, one by one; blank ones are passed over. Each keeps its number, so that errors
/// in it are placed in the file.
class Lines {
 public:
  explicit Lines(FileBytes file) : file_(std::move(file)), rest_(file_.bytes()) {}
  std::optional<FileBytes> next();

 private:
  FileBytes file_;
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// The lines of a stream as they arrive, without waiting for its end.
class StreamLines {
 public:
  StreamLines(std::istream& in, std::string name);
  /// Of an open descriptor, which stays open.
  StreamLines(int descriptor, std::string name);
  ~StreamLines();
  StreamLines(StreamLines&&) noexcept;

  /// The next line that is not blank; waits for its end, or that of the stream.
  std::optional<FileBytes> next();
  /// What comes next, without taking it: at least so many lines that are not blank, or all to the end of the stream.
  /// Any other call ends its life.
  std::string_view arrived(std::size_t lines);
  /// All that is not taken yet, to the end of the stream, as one file.
  FileBytes rest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attn
