// Files that several processes, on one host or on many, write parts of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/facts.hpp"

namespace attn::io {

/// A file of a known size that is written in numbered parts, each by a run of its own, at any time and on any host that
/// sees the folder. It has its name as soon as all parts are there, and not before. Until then it lies in the folder
/// FILE.parts beside it, with a text that says what it is of and an entry for each part that is finished: a part whose
/// run was killed has none. The folder stays, so that a run that comes again finds that its part is there.
///
/// No lock is taken and no daemon needed; what the file system must do, NFS does as well: a folder gets its name only
/// if there is no other of that name, and a name is replaced as a whole.
class SharedFile {
 public:
  struct Plan {
    Facts facts;  ///< what it is of
    std::size_t parts = 1;
    std::string head;        ///< the bytes that it begins with
    std::uint64_t size = 0;  ///< with the head
  };

  /// Throws Error (data, at the path) for a path that cannot be such a file's.
  explicit SharedFile(std::string path);
  ~SharedFile();
  SharedFile(SharedFile&& other) noexcept;
  SharedFile& operator=(SharedFile&&) = delete;

  const std::string& path() const { return path_; }
  std::string folder() const { return path_ + ".parts"; }

  /// Begins the file, or joins those who have. Throws Error (data, at the path) if it cannot be made, or if it is of
  /// other facts: the first of them is named.
  void join(const Plan& plan);
  /// Joins a file that others have begun, whatever it is of. Throws Error (data, at the path) if nobody has.
  void find();

  std::size_t parts() const { return parts_; }
  bool has(std::size_t part) const;
  /// The parts, from 1, that are not finished.
  std::vector<std::size_t> missing() const;
  void write(std::uint64_t at, std::string_view bytes);
  /// Makes what was written last, and then says that the part is there.
  void finish(std::size_t part);
  /// Gives the file its name, if all parts are there and nobody has done so. Throws Error (data, at the path) if it has
  /// had it, and is gone.
  void settle() const;

 private:
  bool read_facts(std::string& text) const;
  void make(const Plan& plan) const;
  std::string entry(std::size_t part) const;
  std::string contents() const;

  std::string path_;
  std::size_t parts_ = 0;
  int descriptor_ = -1;
};

}  // namespace attn::io
