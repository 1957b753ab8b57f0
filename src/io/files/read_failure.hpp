// What readers of files and of streams share.
#pragma once

#include <string>
#include <string_view>

namespace attn::io {

/// Throws Error (data, at `name`) for an errno.
[[noreturn]] void fail_to_read(const std::string& name, int error);
/// Nothing but spaces.
inline bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace attn::io
