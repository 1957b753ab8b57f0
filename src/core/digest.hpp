// Digests of contents: whether two processes, perhaps on two hosts, were given the same numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attn {

/// Sixteen hexadecimal digits for some bytes. Other bytes have other digits but for one case in 2⁶⁴; nobody is kept
/// from making such a case on purpose. Hosts of another byte order have others.
std::string digest(std::string_view bytes);

}  // namespace attn
