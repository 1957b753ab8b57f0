#!/usr/bin/env bash
# Installs what is missing, builds attn and its tests, and runs every test.
#   tests/run.sh              the optimised build
#   tests/run.sh --strict     the same, and warnings of the compiler are errors
#   tests/run.sh --sanitize   a debug build with the address and undefined behaviour sanitizers, as strict
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

preset=release strict=OFF
case "${1:-}" in
  --sanitize) preset=dev strict=ON ;;
  --strict) strict=ON ;;
  '') ;;
  *)
    printf 'usage: tests/run.sh [--strict | --sanitize]\n' >&2
    exit 2
    ;;
esac

attn_packages build test
attn_build "$preset" -DATTN_BUILD_TESTS=ON -DATTN_WERROR="$strict" all
printf '==> Testing\n'
cd "$attn_root/build/$preset" && exec ctest --output-on-failure --parallel "$(nproc)"
