// Catch2, of the version that the machine has: 2 (one header, Debian 12) or 3 (a library, Debian 13). Tests use the
// names of version 3.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;  // as version 2 has it

namespace Catch {
using Matchers::ContainsSubstring;
}
#else
#include <catch2/catch.hpp>

namespace Catch {
inline auto ContainsSubstring(const std::string& text) { return Matchers::Contains(text); }
}  // namespace Catch
#endif
