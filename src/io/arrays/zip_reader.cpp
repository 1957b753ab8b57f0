// Reads ZIP archives that may lie.
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/arrays/zip.hpp"
#include "io/arrays/zip_format.hpp"
#include "io/files/page_buffer.hpp"

namespace attn::io {
namespace {

// Deflate can do no better: 258 bytes for two bits.
constexpr std::uint64_t best_ratio = 1032;

class ZipReader {
 public:
  explicit ZipReader(const FileBytes& file) : bytes_(file.bytes()), where_(file.place()) {}

  std::vector<ZipEntry> read() {
    find_directory();
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    std::uint64_t at = directory_;
    for (std::uint64_t i = 0; i < count_; ++i) {
      entries.push_back(read_central(at));
      if (!names.insert(entries.back().name).second) fail("holds '" + printable(entries.back().name) + "' twice");
    }
    if (at != directory_end_) fail("has a directory of another length than it says");
    check_layout();
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw data_error(where_, what); }
  [[noreturn]] void damaged() const { fail("is not a whole ZIP archive"); }

  std::uint64_t number(std::uint64_t at, unsigned width) const {
    if (at > bytes_.size() || bytes_.size() - at < width) damaged();
    std::uint64_t value = 0;
    for (unsigned i = width; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes_[at + i]);
    return value;
  }
  std::uint16_t u16(std::uint64_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::uint64_t at) const { return number(at, 8); }
  std::string_view text(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) damaged();
    return bytes_.substr(at, size);
  }

  // The end record is the last thing in the file, but for a comment of the length that it gives.
  void find_directory() {
    if (bytes_.size() < zip::end_size) damaged();
    std::uint64_t end = bytes_.size() - zip::end_size;
    const std::uint64_t lowest = end > zip::in_zip64_16 ? end - zip::in_zip64_16 : 0;
    while (u32(end) != zip::end_signature || end + zip::end_size + u16(end + 20) != bytes_.size()) {
      if (end == lowest) damaged();
      --end;
    }
    count_ = u16(end + 10);
    std::uint64_t size = u32(end + 12);
    directory_ = u32(end + 16);
    bool split = u16(end + 4) != 0 || u16(end + 6) != 0 || u16(end + 8) != count_;
    if (count_ == zip::in_zip64_16 || size == zip::in_zip64_32 || directory_ == zip::in_zip64_32) {
      if (end < zip::locator64_size || u32(end - zip::locator64_size) != zip::locator64_signature) damaged();
      const std::uint64_t record = u64(end - zip::locator64_size + 8);
      if (u32(record) != zip::end64_signature || u64(record + 4) != end - zip::locator64_size - record - 12) damaged();
      count_ = u64(record + 32);
      size = u64(record + 40);
      directory_ = u64(record + 48);
      split = u64(record + 24) != count_;
      end = record;
    }
    if (split) fail("is one part of a split ZIP archive");
    if (directory_ > end || size != end - directory_) fail("has bytes before or after its ZIP archive");
    if (count_ > size / zip::central_size) damaged();
    directory_end_ = end;
  }

  struct Sizes {
    std::uint64_t inflated = 0, stored = 0, offset = 0;
  };

  // Replaces what is in the ZIP64 extra field, which holds only those values, in this order.
  void read_zip64(Sizes& sizes, std::uint64_t extra, std::uint64_t extra_size) const {
    const std::uint64_t end = extra + extra_size;
    for (std::uint64_t at = extra; at + 4 <= end;) {
      const std::uint64_t id = u16(at), size = u16(at + 2);
      at += 4;
      if (size > end - at) damaged();
      if (id == zip::zip64_extra) {
        std::uint64_t value = at;
        for (std::uint64_t* field : {&sizes.inflated, &sizes.stored, &sizes.offset}) {
          if (*field != zip::in_zip64_32) continue;
          if (value + 8 > at + size) damaged();
          *field = u64(value);
          value += 8;
        }
        return;
      }
      at += size;
    }
  }

  ZipEntry read_central(std::uint64_t& at) {
    if (u32(at) != zip::central_signature) damaged();
    const std::uint16_t flags = u16(at + 8), method = u16(at + 10);
    const std::uint64_t name_size = u16(at + 28), extra_size = u16(at + 30), comment_size = u16(at + 32);
    Sizes sizes{u32(at + 24), u32(at + 20), u32(at + 42)};
    ZipEntry entry;
    entry.name = text(at + zip::central_size, name_size);
    if (find_invalid_utf8(entry.name) != std::string_view::npos) fail("has a member whose name is not UTF-8");
    read_zip64(sizes, at + zip::central_size + name_size, extra_size);
    if ((flags & zip::flag_encrypted) != 0) fail("is encrypted ('" + printable(entry.name) + "')");
    if (method != zip::method_stored && method != zip::method_deflated)
      fail("holds '" + printable(entry.name) + "' in the compression method " + std::to_string(method) +
           "; stored (0) and deflated (8) can be read");
    entry.deflated = method == zip::method_deflated;
    entry.crc = u32(at + 16);
    entry.size = sizes.inflated;
    read_local(entry, flags, sizes);
    at += zip::central_size + name_size + extra_size + comment_size;
    return entry;
  }

  void read_local(ZipEntry& entry, std::uint16_t flags, const Sizes& sizes) {
    const std::uint64_t at = sizes.offset;
    if (at >= directory_ || u32(at) != zip::local_signature) damaged();
    const std::uint64_t name_size = u16(at + 26), extra_size = u16(at + 28);
    const std::uint64_t data = at + zip::local_size + name_size + extra_size;
    if (data > directory_ || sizes.stored > directory_ - data) damaged();
    const std::uint16_t method = entry.deflated ? zip::method_deflated : zip::method_stored;
    bool agrees = text(at + zip::local_size, name_size) == entry.name && u16(at + 8) == method && u16(at + 6) == flags;
    // With a data descriptor the local header may leave crc and sizes at 0.
    if (agrees && (flags & zip::flag_descriptor) == 0) {
      Sizes local{u32(at + 22), u32(at + 18), 0};
      read_zip64(local, at + zip::local_size + name_size, extra_size);
      agrees = local.inflated == sizes.inflated && local.stored == sizes.stored && u32(at + 14) == entry.crc;
    }
    if (!agrees) fail("says two things about '" + printable(entry.name) + "' in its two headers");
    if (!entry.deflated && sizes.stored != sizes.inflated) fail("gives '" + printable(entry.name) + "' a wrong size");
    entry.stored = bytes_.substr(data, sizes.stored);
    ranges_.emplace_back(at, data + sizes.stored);
  }

  // Entries that share bytes are how small files claim to be huge.
  void check_layout() {
    std::sort(ranges_.begin(), ranges_.end());
    std::uint64_t before = 0;
    for (const auto& [begin, end] : ranges_) {
      if (begin < before) fail("has members that overlap");
      before = end;
    }
    if (!ranges_.empty() && ranges_.front().first != 0) fail("has bytes before its ZIP archive");
  }

  std::string_view bytes_;
  std::string where_;
  std::uint64_t count_ = 0;
  std::uint64_t directory_ = 0;
  std::uint64_t directory_end_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(const FileBytes& file) { return ZipReader(file).read(); }

ZipData read_zip_data(const ZipEntry& entry, const FileBytes& file, MemoryBudget& budget, const std::string& where) {
  ZipData data{entry.stored, file.owner()};
  if (entry.deflated) {
    if (entry.size > best_ratio * (entry.stored.size() + 1))
      throw data_error(where, "cannot be as large as it says, " + size_text(entry.size));
    budget.take(entry.size, where);
    const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
    if (decompressor == nullptr) throw std::bad_alloc();
    PageBuffer pages;
    pages.reserve(std::max<std::size_t>(entry.size, 1));
    std::size_t used = 0;
    // Without a place for the actual size, one that is not exactly `entry.size` is an error.
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        decompressor.get(), entry.stored.data(), entry.stored.size(), pages.data(), entry.size, &used, nullptr);
    if (result != LIBDEFLATE_SUCCESS || used != entry.stored.size())
      throw data_error(where, "is damaged: it does not inflate to the size that it gives");
    data.bytes = {reinterpret_cast<const char*>(pages.data()), entry.size};
    data.owner = pages.release(entry.size);
  }
  if (libdeflate_crc32(0, data.bytes.data(), data.bytes.size()) != entry.crc)
    throw data_error(where, "is damaged: its CRC is wrong");
  return data;
}

}  // namespace attn::io
