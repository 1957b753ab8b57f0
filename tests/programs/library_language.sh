#!/usr/bin/env bash
# Below src/cli the library speaks its own language: no text of its names a flag; see src/core/option_name.hpp.
. "$2/tests/support/program.sh"

# Texts with two dashes before a letter, comments left out. There is no exception to the rule; if one is ever needed,
# it is filtered out here, with its reason.
texts_with_flags() {
  find "$1" -name '*.?pp' ! -path '*/src/cli/*' | sort | while IFS= read -r file; do
    sed 's: *//.*::' "$file" | grep -nE '"([^"\\]|\\.)*--[a-z]([^"\\]|\\.)*"' | sed "s:^:${file#"$1/"}\::"
  done
}

for folder in src include; do
  expect '' "$(texts_with_flags "$project/$folder")" "flags in texts of $folder"
done

# The test sees what it looks for.
printf '// "--comment"\nthrow usage_error("--flag", "text");  // "--comment"\nint n = --count;\n' >planted.cpp
expect 'planted.cpp:2:throw usage_error("--flag", "text");' "$(texts_with_flags "$work")" 'a planted flag'
finish
