// Texts that were given where numbers are read.
#pragma once

#include <string>
#include <string_view>

namespace attn::cli {

/// Whether a table of such bytes is more likely a text: no word of its first line is a number.
bool reads_like_text(std::string_view bytes);
/// Whether a name that leads to no file is more likely a text: it has a space, or nothing of a path.
bool is_text_for_file(const std::string& name);

}  // namespace attn::cli
