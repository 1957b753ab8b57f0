// What readers take from a result's metadata.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attn::io {

/// The `layers` of a metadata member, given as JSON text: the numbers of the layers that a result is of. Empty if it
/// has no such list of integers.
std::vector<std::int64_t> layers_of_metadata(const std::string& json);

}  // namespace attn::io
