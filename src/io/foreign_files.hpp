// Files of other kinds than data, by their first bytes.
#pragma once

#include "attn/file_bytes.hpp"

namespace attn::io {

/// Throws Error (data) with the name of what the file is, if that is known and no format of data.
void refuse_foreign(const FileBytes& file);

}  // namespace attn::io
