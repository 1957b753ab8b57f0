// Files that several processes, on one host or on many, write parts of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/facts.hpp"
#include "io/files/part_rows.hpp"

namespace attn::io {

class Descriptor;

/// A file of a known size that is written in numbered parts, each by a run of its own, at any time and on any host that
/// sees the folder. It has its name as soon as all parts are there, and not before. Until then it lies in the folder
/// FILE.parts beside it, with a text that says what it is of and an entry for each part that is finished: a part whose
/// run was killed has none. The folder stays, so that a run that comes again finds that its part is there.
///
/// Whoever relies on a part looks whether it is still there. Of the file that lies in the folder that is its size, and
/// its head before it gets its name; of the one that has its name, size, head and a digest of the part's contents.
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

  /// Begins the file, or joins those who have. Throws Error (data, at the path) if it cannot be made, if it is of other
  /// facts (the first of them is named), or if what others have written is damaged.
  void join(const Plan& plan);
  /// Joins a file that others have begun, whatever it is of. Throws Error (data, at the path) if nobody has, or if it
  /// is damaged.
  void find();

  std::size_t parts() const { return parts_; }
  bool has(std::size_t part) const;
  /// The parts, from 1, that are not finished.
  std::vector<std::size_t> missing() const;
  /// Writes the blocks of a part, which lie side by side in `contents`.
  void write(const Blocks& blocks, std::string_view contents);
  /// Makes what was written last, and then says that the part is there.
  void finish(std::size_t part);
  /// Once all parts are there: gives the file its name, or if somebody has done so, looks whether it still holds
  /// `part`, or all of them. Throws Error (data, at the path) if it is damaged, has become another, or is gone.
  void settle(std::optional<std::size_t> part = {}) const;

 private:
  bool read_facts(std::string& text) const;
  void take_layout(const Facts& facts);
  void make(const Plan& plan) const;
  void check_unfinished() const;
  // Throw if what `what` begins to say something about has not the size, and the head.
  void check_size(std::int64_t size, const std::string& what) const;
  void check_layout(const Descriptor& file, const std::string& what) const;
  void check_whole(std::optional<std::size_t> part) const;
  bool give_name() const;
  void put_entry(std::size_t part) const;
  [[noreturn]] void fail_damaged(const std::string& what) const;
  std::string entry(std::size_t part) const;
  std::string contents() const;

  std::string path_;
  std::size_t parts_ = 0;
  std::uint64_t size_ = 0;
  std::size_t head_size_ = 0;
  std::string head_;  // a digest of it
  Facts written_;     // of the blocks of this run
  std::unique_ptr<Descriptor> array_;
};

}  // namespace attn::io
