// Writes ZIP archives of stored entries.
#include <libdeflate.h>

#include <algorithm>

#include "io/arrays/zip.hpp"
#include "io/arrays/zip_format.hpp"

namespace attn::io {
namespace {

constexpr std::uint64_t member_alignment = 64;
constexpr std::uint16_t version_plain = 20, version_zip64 = 45;
constexpr std::uint16_t dos_date = 1U << 5U | 1U;  // 1980-01-01: the same bytes on every run

void put_number(std::string& out, std::uint64_t value, unsigned width) {
  for (unsigned i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
}

std::uint64_t or_in_zip64(std::uint64_t value, std::uint64_t limit) { return std::min(value, limit); }

// What local and central headers share: from the version needed to the length of the name.
void put_common(std::string& out, const std::string& name, std::uint32_t crc, std::uint64_t size, bool zip64) {
  put_number(out, zip64 ? version_zip64 : version_plain, 2);
  put_number(out, zip::flag_utf8, 2);
  put_number(out, zip::method_stored, 2);
  put_number(out, 0, 2);
  put_number(out, dos_date, 2);
  put_number(out, crc, 4);
  for (int i = 0; i < 2; ++i) put_number(out, or_in_zip64(size, zip::in_zip64_32), 4);
  put_number(out, name.size(), 2);
}

}  // namespace

void ZipWriter::put(std::string_view bytes) {
  sink_.write(bytes);
  written_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view head, std::string_view body) {
  const std::uint64_t size = head.size() + body.size();
  std::uint32_t crc = libdeflate_crc32(0, head.data(), head.size());
  if (!body.empty()) crc = libdeflate_crc32(crc, body.data(), body.size());
  added_.push_back({name, crc, size, written_});

  std::string extra;
  const bool zip64 = size >= zip::in_zip64_32;
  if (zip64) {
    put_number(extra, zip::zip64_extra, 2);
    put_number(extra, 16, 2);
    for (int i = 0; i < 2; ++i) put_number(extra, size, 8);
  }
  const std::uint64_t start = written_ + zip::local_size + name.size() + extra.size() + 4;
  const std::uint64_t padding = (member_alignment - start % member_alignment) % member_alignment;
  put_number(extra, zip::padding_extra, 2);
  put_number(extra, padding, 2);
  extra.append(padding, '\0');

  std::string header;
  put_number(header, zip::local_signature, 4);
  put_common(header, name, crc, size, zip64);
  put_number(header, extra.size(), 2);
  put(header + name + extra);
  put(head);
  if (!body.empty()) put(body);
}

void ZipWriter::finish() {
  const std::uint64_t directory = written_;
  for (const Added& entry : added_) {
    std::string extra;
    const bool large = entry.size >= zip::in_zip64_32, far = entry.offset >= zip::in_zip64_32;
    if (large || far) {
      put_number(extra, zip::zip64_extra, 2);
      put_number(extra, (large ? 16U : 0U) + (far ? 8U : 0U), 2);
      for (int i = 0; large && i < 2; ++i) put_number(extra, entry.size, 8);
      if (far) put_number(extra, entry.offset, 8);
    }
    std::string header;
    put_number(header, zip::central_signature, 4);
    put_number(header, version_zip64, 2);
    put_common(header, entry.name, entry.crc, entry.size, large || far);
    put_number(header, extra.size(), 2);
    header.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
    put_number(header, or_in_zip64(entry.offset, zip::in_zip64_32), 4);
    put(header + entry.name + extra);
  }
  const std::uint64_t size = written_ - directory, count = added_.size();
  std::string end;
  if (count >= zip::in_zip64_16 || size >= zip::in_zip64_32 || directory >= zip::in_zip64_32) {
    put_number(end, zip::end64_signature, 4);
    put_number(end, zip::end64_size - 12, 8);
    put_number(end, version_zip64, 2);
    put_number(end, version_zip64, 2);
    put_number(end, 0, 4 + 4);
    for (int i = 0; i < 2; ++i) put_number(end, count, 8);
    put_number(end, size, 8);
    put_number(end, directory, 8);
    put_number(end, zip::locator64_signature, 4);
    put_number(end, 0, 4);
    put_number(end, written_, 8);
    put_number(end, 1, 4);
  }
  put_number(end, zip::end_signature, 4);
  put_number(end, 0, 2 + 2);
  for (int i = 0; i < 2; ++i) put_number(end, or_in_zip64(count, zip::in_zip64_16), 2);
  put_number(end, or_in_zip64(size, zip::in_zip64_32), 4);
  put_number(end, or_in_zip64(directory, zip::in_zip64_32), 4);
  put_number(end, 0, 2);
  put(end);
}

}  // namespace attn::io
