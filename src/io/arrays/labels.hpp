// Labels in files of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"

namespace attn::io {

/// Whether a list of strings begins: `["`, or `[]` and nothing else; a line such as `[CLS]` is a label.
bool looks_like_json_list(std::string_view bytes);
/// One label a line (LF or CRLF); an empty line is an empty label.
std::vector<std::string> read_label_lines(const FileBytes& file);

}  // namespace attn::io
