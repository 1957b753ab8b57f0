// One registry of what is read and of what will be replaced, for all threads of the process.
#include "io/files/files_read.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"

namespace attn::io {
namespace {

using Identity = std::pair<dev_t, ino_t>;
using NamedFiles = std::map<Identity, std::string>;  // each by the first name that was given

struct Registry {
  std::mutex mutex;
  bool is_kept = false;
  NamedFiles read, replaced;
};

Registry& registry() {
  static Registry only;
  return only;
}

Identity identity_of(const struct stat& file) { return {file.st_dev, file.st_ino}; }

bool counts(const std::string& path, const struct stat& file) {
  return S_ISREG(file.st_mode) && !path.starts_with("/dev/") && !path.starts_with("/proc/");
}

[[noreturn]] void refuse(const std::string& output, const std::string& read) {
  throw usage_error(option_name("output"), "'" + output + "' is a file that this run reads" +
                                               (output == read ? "" : ", as '" + read + "'") +
                                               ", and would be replaced; write to another one");
}

}  // namespace

FilesRead::FilesRead() {
  const std::lock_guard lock(registry().mutex);
  registry().is_kept = true;
}

FilesRead::~FilesRead() {
  const std::lock_guard lock(registry().mutex);
  registry().is_kept = false;
  registry().read.clear();
  registry().replaced.clear();
}

void FilesRead::will_replace(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0 || !counts(path, file)) return;
  const std::lock_guard lock(registry().mutex);
  if (!registry().is_kept) return;
  const auto read = registry().read.find(identity_of(file));
  if (read != registry().read.end()) refuse(path, read->second);
  registry().replaced.emplace(identity_of(file), path);
}

void FilesRead::check() {
  const std::lock_guard lock(registry().mutex);
  for (const auto& [identity, output] : registry().replaced) {
    const auto read = registry().read.find(identity);
    if (read != registry().read.end()) refuse(output, read->second);
  }
}

void note_read(const std::string& path, const struct stat& file) {
  if (!counts(path, file)) return;
  const std::lock_guard lock(registry().mutex);
  if (!registry().is_kept) return;
  registry().read.emplace(identity_of(file), path);
  const auto output = registry().replaced.find(identity_of(file));
  if (output != registry().replaced.end()) refuse(output->second, path);
}

}  // namespace attn::io
