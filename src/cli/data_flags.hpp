// Flags whose values are data themselves: what is wrong with them is wrong usage.
#pragma once

#include <string>
#include <string_view>

namespace attn::cli {

/// Whether this value of the flag is data, as 1,2,… or a shape is, and no file's name. `runs_model`: a text is what a
/// model's tokenizer gets, which may be at fault.
bool is_data(std::string_view flag, const std::string& value, bool runs_model);

}  // namespace attn::cli
