#!/usr/bin/env bash
# Installs what is missing, builds attn and its tests, and runs every test.
#   tests/run.sh              the optimised build
#   tests/run.sh --strict     the same, and warnings of the compiler are errors
#   tests/run.sh --sanitize   a debug build with the address and undefined behaviour sanitizers, as strict
#   tests/run.sh --sanitize thread   the same with the thread sanitizer, for all but tests of the executable
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

preset=release strict=OFF left_out='^$'
case "$*" in
  --sanitize) preset=dev strict=ON ;;
  '--sanitize thread') preset=thread strict=ON left_out='^(program|cluster)_' ;;
  --strict) strict=ON ;;
  '') ;;
  *)
    printf 'usage: tests/run.sh [--strict | --sanitize [thread]]\n' >&2
    exit 2
    ;;
esac

attn_packages build test
attn_build "$preset" -DATTN_BUILD_TESTS=ON -DATTN_WERROR="$strict" all
printf '==> Testing\n'
fixed_addresses=()
if [ "$preset" = thread ]; then
  export TSAN_OPTIONS=die_after_fork=0                           # a test forks, and its child has threads
  command -v setarch >/dev/null && fixed_addresses=(setarch -R)  # random ones may lie where the sanitizer's memory is
fi
cd "$attn_root/build/$preset" && exec "${fixed_addresses[@]}" ctest --output-on-failure --exclude-regex "$left_out" --parallel "$(nproc)"
