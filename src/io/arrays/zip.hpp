// ZIP archives (PKWARE APPNOTE 6.3): the part that NPZ needs, read with suspicion, written plainly.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"
#include "attn/sink.hpp"
#include "io/numbers/number_buffer.hpp"

namespace attn::io {

struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;   ///< of the data, inflated
  std::string_view stored;  ///< the bytes in the file
};

/// The entries in the order of the central directory, whose word is checked against each local header. Throws Error
/// (data) for archives that are damaged, split, encrypted, compressed by another method than deflate, or
/// ambiguous: with overlapping entries, two of one name, or bytes before or after the archive.
std::vector<ZipEntry> read_zip_directory(const FileBytes& file);

struct ZipData {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};
/// The data of an entry, its size and CRC checked. Throws Error (data, at `where`) also where `budget` is too small.
ZipData read_zip_data(const ZipEntry& entry, const FileBytes& file, MemoryBudget& budget, const std::string& where);

/// Writes stored entries one after the other; ZIP64 where sizes need it.
class ZipWriter {
 public:
  explicit ZipWriter(Sink& sink) : sink_(sink) {}
  /// The data are `head` and `body`; they begin at a multiple of 64 bytes.
  void add(const std::string& name, std::string_view head, std::string_view body);
  /// The central directory.
  void finish();

 private:
  struct Added {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size;
    std::uint64_t offset;
  };
  void put(std::string_view bytes);

  Sink& sink_;
  std::uint64_t written_ = 0;
  std::vector<Added> added_;
};

}  // namespace attn::io
