#!/usr/bin/env bash
# Installs what is missing, builds attn and its tests, and runs every test.
#   tests/run.sh              the optimised build
#   tests/run.sh --strict     the same, and warnings of the compiler are errors; then the tests of core, mask, io, kernels
#                             and cli, and the corpora of the fuzz targets, with the sanitizers and not optimised
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

# run_tests PRESET OPTION...: those of a build, chosen by options of ctest.
run_tests() {
  local build=$attn_root/build/$1 fixed_addresses=()
  # What a sanitizer takes for itself may lie where random addresses do. Not everywhere may a process ask for others.
  [ "$1" != release ] && setarch -R true 2>/dev/null && fixed_addresses=(setarch -R)
  shift
  printf '==> Testing\n'
  (cd "$build" && exec "${fixed_addresses[@]}" ctest --output-on-failure --parallel "$(nproc)" "$@")
}

attn_packages build test
attn_build "$preset" -DATTN_BUILD_TESTS=ON -DATTN_WERROR="$strict" all
export TSAN_OPTIONS=die_after_fork=0  # a test forks, and its child has threads
run_tests "$preset" --exclude-regex "$left_out" || exit
[ "$*" = --strict ] || exit 0

attn_build strict -DATTN_BUILD_TESTS=ON test_core test_mask test_io test_kernels test_cli fuzz_replay
# Of the calls that led to where memory was taken, four are kept, which is sooner done; --sanitize has them all.
export ASAN_OPTIONS=malloc_context_size=4
run_tests strict --no-tests=error --tests-regex '^(core|mask|io|kernels|cli|cli_apart|fuzz_.*)$'
