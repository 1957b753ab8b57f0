// Unknown names: what there is instead, for the tables of this layer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/nearest.hpp"
#include "core/text.hpp"

namespace attn {

/// "no generator is named 'nunpy' (there are torch, numpy); did you mean 'numpy'?"
inline std::string unknown_name(std::string_view kind, std::string_view name,
                                const std::vector<std::string_view>& known) {
  return "no " + std::string(kind) + " is named '" + std::string(name) + "' (there are " + joined(known) + ")" +
         did_you_mean(name, known);
}

}  // namespace attn
