// The files that a run reads, none of which its outputs may replace.
#pragma once

#include <sys/stat.h>

#include <string>

namespace attn::io {

/// While one lives, FileBytes::open notes which files are read. Files are known by what they are, not by their names:
/// links lead to the same one. What is no regular file is not noted, nor is what the process has open already, as
/// /dev/stdin: whoever redirected it has opened it, and an output takes its name, not its bytes. Of a process one lives
/// at a time.
class FilesRead {
 public:
  FilesRead();
  ~FilesRead();
  FilesRead(const FilesRead&) = delete;
  FilesRead& operator=(const FilesRead&) = delete;

  /// An output is going to take the place of this file, if there is one. Throws Error (usage, at the output) if it has
  /// been read; reading it from now on throws as well.
  static void will_replace(const std::string& path);
  /// Throws the same if one of those has been read since, and whoever read it went on.
  static void check();
};

/// Of FileBytes: `path` is read, and this is the file that it leads to.
void note_read(const std::string& path, const struct stat& file);

}  // namespace attn::io
