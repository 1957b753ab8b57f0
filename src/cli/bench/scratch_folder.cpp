// mkdtemp, and the registry of temporary files.
#include "cli/bench/scratch_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "attn/error.hpp"

namespace attn::cli {

ScratchFolder::ScratchFolder() {
  const char* variable = std::getenv("TMPDIR");
  const std::string parent = variable == nullptr || *variable == '\0' ? "/tmp" : variable;
  folder_ = parent + "/attn-bench-XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr)
    throw data_error(parent, std::string("a folder for temporary files cannot be made: ") + std::strerror(errno));
  registered_.push_back(std::make_unique<io::TemporaryFile>(folder_));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ScratchFolder::path(const std::string& name) {
  std::string path = folder_ + "/" + name;
  registered_.push_back(std::make_unique<io::TemporaryFile>(path));
  return path;
}

}  // namespace attn::cli
