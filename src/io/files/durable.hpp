// Small files and folders that other hosts look at: whole, and on the disk before the call is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/temporary_files.hpp"

namespace attn::io {

/// An open file, which closes itself.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// errno, if it is not open.
  int error() const { return error_; }
  /// False, with errno, if the system has to say of what was written that it was not.
  bool close();

 private:
  int number_;
  int error_;
};

/// False, with errno, if it cannot be.
bool write_at(int descriptor, std::uint64_t at, std::string_view bytes);
/// What the file begins with, at most `most` bytes, to `text`, which is empty. Returns 0 or errno.
int read_start(const Descriptor& file, std::string& text, std::size_t most = SIZE_MAX);
/// A whole file with these bytes, on the disk; zeros follow up to `size`. False, with errno, if it cannot be.
bool put_file(const std::string& path, std::string_view bytes, std::uint64_t size);
/// Names in a folder (empty: the working directory) last once the folder is on the disk. Some file systems refuse, and
/// need it not.
void sync_folder(const std::string& path);

/// A folder that is being made beside `target`, for files of some names: what is left of it goes, also on a signal.
class TemporaryFolder {
 public:
  TemporaryFolder(const std::string& target, const std::vector<std::string_view>& files);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Empty, with errno, if it could not be made.
  const std::string& path() const { return path_; }
  /// It has another name now.
  void release() { path_.clear(); }

 private:
  std::string path_;
  std::vector<std::unique_ptr<TemporaryFile>> registered_;
};

}  // namespace attn::io
