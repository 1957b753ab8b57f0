// Files of arrays, byte by byte: NPY of any type, NPZ of any members, safetensors of any header.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attn/sink.hpp"
#include "io/arrays/zip.hpp"

namespace attn::test {

/// An NPY of version 1.0 with a type, a shape as Python has it, and data.
inline std::string npy_bytes(const std::string& descr, const std::string& shape, const std::string& data) {
  const std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}\n";
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes.push_back(static_cast<char>(header.size() & 0xFFU));
  bytes.push_back(static_cast<char>(header.size() >> 8U));
  return bytes + header + data;
}

/// A ZIP of files as they are: members of an NPZ end in `.npy`.
inline std::string npz_bytes(const std::vector<std::pair<std::string, std::string>>& files) {
  StringSink sink;
  io::ZipWriter writer(sink);
  for (const auto& [name, bytes] : files) writer.add(name, "", bytes);
  writer.finish();
  return sink.text;
}

inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes;
  for (unsigned shift = 0; shift < 64; shift += 8)
    bytes.push_back(static_cast<char>(std::uint64_t{header.size()} >> shift & 0xFFU));
  return bytes + header + data;
}

}  // namespace attn::test
