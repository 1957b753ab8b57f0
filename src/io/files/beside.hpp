// Temporary files beside the files whose places they take.
#pragma once

#include <string>
#include <utility>

namespace attn::io {

/// The folder of a path with its slash, and the name in it.
std::pair<std::string, std::string> split_path(const std::string& path);

struct FileBeside {
  std::string path;
  int descriptor = -1;
  int error = 0;  ///< errno, where there is no descriptor
};

/// Makes a temporary file beside `target`, which its process holds locked for as long as the descriptor is open.
/// Those of `target` that are there and that nobody holds are of processes that were killed, and go.
FileBeside open_beside(const std::string& target);

}  // namespace attn::io
