// Images that a flag names.
#pragma once

#include <memory>
#include <string>

#include "attn/image.hpp"

namespace attn::cli {

/// Reads the file as decode_image does. Its pixels count against the limit on memory as long as they have an owner, and
/// the file's bytes while it is read.
std::shared_ptr<const Image> read_image(const std::string& path);

}  // namespace attn::cli
