// --list tokens: what a tokenizer makes of a text.
#pragma once

#include <functional>
#include <string>

#include "cli/flags/output_flags.hpp"
#include "cli/flags/text_flags.hpp"

namespace attn::cli {

/// Writes the tokens to every target, as text or JSON. Throws Error (data) for a folder without a tokenizer, and ids
/// that it does not have; (usage) for targets of other kinds. `note`, if not null, takes what a reader should know.
void list_tokens(OutputFlags& outputs, const std::string& folder, const TokenSource& source,
                 const std::function<void(const std::string&)>& note);

}  // namespace attn::cli
