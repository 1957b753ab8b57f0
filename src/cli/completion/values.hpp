// Candidates for the value of a flag, by its type.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/completion/candidates.hpp"

namespace attn::cli {

/// What stands around a value.
struct ValueContext {
  const std::map<std::string, std::string>& given;  ///< flags before it, with their values
  const std::vector<FlagInfo>& flags;               ///< of the command
};

Candidates values_of(const ValueType& type, const std::string& word, const ValueContext& context);

/// Files and folders whose path begins with `word`; `endings` as in ValueType.
Candidates files_of(const std::string& word, const std::vector<std::string>& endings);
/// The atoms that may stand at the end of an expression of the mask language.
Candidates mask_candidates(const std::string& expression);

}  // namespace attn::cli
