// A folder for files that live no longer than a run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/files/temporary_files.hpp"

namespace attn::cli {

class ScratchFolder {
 public:
  /// In TMPDIR, or /tmp. Throws Error (data, at the path) if it cannot be made.
  ScratchFolder();
  /// Removes the folder with all that is in it. So does `remove_temporary_files` with the files that `path` has named.
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  /// The path of a file in it, which there need not be yet.
  std::string path(const std::string& name);

 private:
  std::string folder_;
  std::vector<std::unique_ptr<io::TemporaryFile>> registered_;
};

}  // namespace attn::cli
