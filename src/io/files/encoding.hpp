// Text files that are not UTF-8.
#pragma once

#include "attn/file_bytes.hpp"

namespace attn::io {

/// Throws Error (data, at the file) for UTF-16 and UTF-32, which their byte order mark or the zeros between their first
/// letters tell.
void refuse_wide_encodings(const FileBytes& file);

}  // namespace attn::io
