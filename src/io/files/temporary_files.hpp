// Temporary files that are not yet committed: a registry that a signal handler can clear.
#pragma once

#include <string>

namespace attn::io {

/// Registers a file's path, or a folder's, while it lives. Past 64 at a time the rest is not registered: then a signal
/// leaves them.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

 private:
  int slot_ = -1;
};

}  // namespace attn::io
