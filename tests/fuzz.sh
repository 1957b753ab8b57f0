#!/usr/bin/env bash
# Builds the fuzz targets with clang's libFuzzer and sanitizers and runs them, one after the other.
#   tests/fuzz.sh [SECONDS [TARGET...]]     a minute each of all targets
# New inputs are kept in build/fuzz/found/TARGET, and one that a target fails at in build/fuzz/TARGET-crash-*. Each run
# adds its target, seconds of CPU time and executions to build/fuzz/runs.tsv; their sums are printed at the end.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

seconds=${1:-60}
shift $(($# > 0))
corpora=$attn_root/tests/fuzz/corpus
attn_packages build test fuzz
attn_build fuzz -DATTN_BUILD_TESTS=ON fuzz
[ $# -gt 0 ] || set -- $(cd "$corpora" && printf '%s\n' *)
failed=()
cd "$attn_root/build/fuzz" || exit
# The flags of command lines, as the manual has them.
sed -n 's/.*\bFl \(-[a-z-]*\).*/"-\1\\x0a"/p' "$attn_root"/man/*.1 | sort -u >flags.dict
for target in "$@"; do
  printf '==> %s for %s s\n' "$target" "$seconds"
  mkdir -p "found/$target"
  options=(-max_total_time="$seconds" -max_len=8192 -timeout=60 -rss_limit_mb=3000 -print_final_stats=1
    -artifact_prefix="$PWD/$target-" -verbosity=0)
  [ "$target" != command ] || options+=(-dict="$PWD/flags.dict")
  # Some targets work in a folder of their own.
  TIMEFORMAT='%U %S'
  { time tests/fuzz/fuzz "$target" "${options[@]}" "$PWD/found/$target" "$corpora/$target" 2>"$target.log"; } \
    2>"$target.time" || failed+=("$target")
  cat "$target.log" >&2
  awk -v target="$target" '
    FILENAME ~ /time$/ { seconds = $1 + $2; next }
    /^stat::number_of_executed_units/ { executions = $2 }
    END { printf "%s\t%.0f\t%d\n", target, seconds, executions }' "$target.time" "$target.log" >>runs.tsv
done
printf '%-12s %8s %12s\n' target 'CPU s' executions
awk '{ seconds[$1] += $2; runs[$1] += $3 }
  END { for (t in seconds) printf "%-12s %8d %12d\n", t, seconds[t], runs[t] }' runs.tsv | sort
[ ${#failed[@]} = 0 ] || printf 'failed: %s\n' "${failed[*]}"
exit $((${#failed[@]} > 0))
