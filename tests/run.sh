#!/usr/bin/env bash
# Installs what is missing, builds attn and its tests, and runs every test.
#   tests/run.sh              the optimised build
#   tests/run.sh --sanitize   a debug build with the address and undefined behaviour sanitizers
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

preset=release
case "${1:-}" in
  --sanitize) preset=dev ;;
  '') ;;
  *)
    printf 'usage: tests/run.sh [--sanitize]\n' >&2
    exit 2
    ;;
esac

attn_packages build test
attn_build "$preset" all
printf '==> Testing\n'
cd "$attn_root/build/$preset" && exec ctest --output-on-failure --parallel "$(nproc)"
