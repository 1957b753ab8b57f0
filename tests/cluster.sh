#!/usr/bin/env bash
# Installs the engines that share work out among hosts, builds attn, and runs the examples of examples/cluster under
# each: tests/cluster/*.sh, which start their own hosts, daemons and ranks. Needs root for hosts and daemons.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

attn_packages build cluster
attn_build release attn
printf '==> Testing\n'
failed=0
for script in "$attn_root"/tests/cluster/*.sh; do
  [ "$(basename "$script")" = common.sh ] && continue
  bash "$script" "$attn_root/build/release/attn" "$attn_root"
  code=$?
  case $code in
    0 | 77) ;;
    *)
      failed=1
      printf 'FAILED: %s (exit code %s)\n' "$(basename "$script")" "$code" >&2
      ;;
  esac
done
exit $failed
