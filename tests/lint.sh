#!/usr/bin/env bash
# clang-format and clang-tidy over the tree, after .clang-format and .clang-tidy; installs them if they are missing.
#   tests/lint.sh             every source file
#   tests/lint.sh --changed   what differs from the main branch, and what git does not know yet
#   tests/lint.sh FILE...     these; of a header, the source file of its name is checked with it
# Fails if there is anything to say. To have files formatted: clang-format -i FILE...
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

case "${1:-}" in
  --changed | '') ;;
  -*)
    printf 'usage: tests/lint.sh [--changed | FILE...]\n' >&2
    exit 2
    ;;
esac
files=()
for file in "$@"; do [ "$file" = --changed ] || files+=("$(realpath --relative-to "$attn_root" -- "$file")"); done
cd "$attn_root" || exit 1
case "${1:-}" in
  '') mapfile -t files < <(find include src tests -name '*.[ch]pp' | sort) ;;
  --changed)
    mapfile -t files < <({ git diff --name-only --diff-filter=d "$(git merge-base main HEAD)" &&
      git ls-files --others --exclude-standard; } | grep '\.[ch]pp$' | sort -u)
    ;;
esac
if [ "${#files[@]}" = 0 ]; then
  printf 'No source files to check\n'
  exit 0
fi

# clang-tidy reads translation units. Findings in headers are shown for those that a unit includes.
units=()
for file in "${files[@]}"; do
  unit=${file%.hpp}
  [ "$unit" = "$file" ] || unit=$unit.cpp
  case " ${units[*]-} " in *" $unit "*) continue ;; esac
  [ -f "$unit" ] && units+=("$unit")
done

attn_packages build test lint
failed=0
printf '==> clang-format: %d files\n' "${#files[@]}"
clang-format --dry-run -Werror "${files[@]}" || failed=1

# A folder of its own, which is never built: what clang-tidy needs is how each file is compiled. It cannot read the
# headers that g++ has precompiled.
attn_step "Configuring build/lint" "The message above names what is missing; 'rm -r build/lint' starts afresh." \
  cmake -S . -B build/lint -G Ninja -DCMAKE_BUILD_TYPE=Release -DATTN_BUILD_TESTS=ON \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -Wno-dev --log-level=ERROR
# It goes on with checks of its own if it cannot read its configuration.
if clang-tidy --dump-config tests/any.cpp 2>&1 | grep -A 3 'Error parsing'; then exit 1; fi
printf '==> clang-tidy: %d files\n' "${#units[@]}"
# Its counts of warnings in system headers are left out, and so is what it says of a file without findings.
printf '%s\0' "${units[@]}" |
  xargs -0 -r -n 1 -P "$(nproc)" sh -c '
    said=$(clang-tidy -p build/lint --quiet "$1" 2>&1) && exit 0
    printf "%s\n" "$said" | grep -vE "^[0-9]+ warnings?( and [0-9]+ errors?)? (generated|treated as errors)"
    exit 1' lint || failed=1
[ "$failed" = 0 ] && printf 'Nothing to say\n'
exit "$failed"
