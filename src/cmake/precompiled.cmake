# Precompiled headers: those of the standard library that most files include, parsed once for all layers, and once more
# with Catch2 for the tests. A file still includes what it uses: -DATTN_PCH=OFF and tests/lint.sh compile it without.

set(attn_standard_headers
    <algorithm> <array> <charconv> <cmath> <cstddef> <cstdint> <cstring> <functional> <limits> <map> <memory> <optional>
    <span> <string> <string_view> <utility> <variant> <vector>)

# attn_precompile(TARGET [OWNER]): the target uses the headers that its owner has; without one it is an owner itself.
# All must have the same compile options.
function(attn_precompile target)
  if(NOT ATTN_PCH)
    return()
  endif()
  if(ARGN)
    target_precompile_headers(${target} REUSE_FROM ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE ${attn_standard_headers})
  endif()
endfunction()
