// The table of names that other libraries have for what atoms do.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attn::mask_detail {

/// What some names are in the mask language.
struct OtherName {
  std::string_view names;    ///< between spaces, in lower case, with _ for -
  std::string_view meaning;  ///< "a sliding window of N keys"
  std::string_view form;     ///< "window:N-1,0"; empty: as the example
  std::string_view example;  ///< an expression that can be run
};

std::span<const OtherName> other_names();

/// "; for a window of N keys write window:N-1,0, as in 'window:3,0'"; empty if nobody has that name.
std::string advice_of_other_name(std::string_view name);

}  // namespace attn::mask_detail
