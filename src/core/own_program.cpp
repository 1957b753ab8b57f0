// Linux names it in /proc.
#include "core/own_program.hpp"

#include "core/linux.hpp"

namespace attn {

const char* own_program() { return ATTN_LINUX ? "/proc/self/exe" : nullptr; }

}  // namespace attn
