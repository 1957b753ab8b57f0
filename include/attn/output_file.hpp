// Files that appear whole or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "attn/sink.hpp"

namespace attn {

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, which
/// `commit` flushes to disk and renames. Without `commit` nothing is left behind. A symbolic link's
/// target is replaced, not the link; a replaced file's mode is kept. Devices, pipes and the like
/// (/dev/stdout, /dev/null) are written in place.
class OutputFile : public Sink {
 public:
  /// Throws Error (data, at the path) if the file cannot be made.
  explicit OutputFile(const std::string& path);
  ~OutputFile() override;
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  /// Throws Error (data, at the path), BrokenPipe for a pipe that nobody reads any more.
  void write(std::string_view bytes) override;
  void commit();
  const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Removes every temporary file that is not yet committed, then temporary folders. Async-signal-safe: for signal
/// handlers.
void remove_temporary_files() noexcept;

}  // namespace attn
