// How the names of files end that flags read, for those who complete them.
#pragma once

#include <string>
#include <vector>

#include "attn/formats.hpp"
#include "cli/flags/value_type.hpp"

namespace attn::cli {

/// Of all data formats, and `more`.
inline std::vector<std::string> read_endings(std::vector<std::string> more = {}) {
  std::vector<std::string> endings = names_of(formats(), &Format::extension);
  endings.insert(endings.end(), more.begin(), more.end());
  return endings;
}

/// Of images that are read.
inline std::vector<std::string> image_endings() { return {".png", ".jpg", ".jpeg"}; }

}  // namespace attn::cli
