// A look at a JPEG before it is decoded.
#pragma once

#include <string_view>

namespace attn {

/// Whether a Huffman table of a JPEG has more codes than there are symbols (ITU-T T.81, B.2.4.2: 256 at most), which
/// stb_image of before 2.28 writes past the end of its table for. Tables are looked for wherever that may find them.
bool has_too_many_codes(std::string_view jpeg);

}  // namespace attn
