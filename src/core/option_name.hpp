// How messages of the library name an option: the command line shows the flag in its place.
#pragma once

#include <string>
#include <string_view>

namespace attn {

/// An option's name, as it stands in an Error's place and in the text of messages: `query_range`, with the backticks.
inline std::string option_name(std::string_view name) { return '`' + std::string(name) + '`'; }

}  // namespace attn
