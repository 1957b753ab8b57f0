// Where the program of this process lies.
#pragma once

namespace attn {

/// A path that starts the same program again, whatever has become of its file; null where the system has none.
const char* own_program();

}  // namespace attn
