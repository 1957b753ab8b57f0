#!/usr/bin/env bash
# Builds attn with counters, runs every test, and says which lines and branches of src and include ran, by layer.
#   tests/coverage.sh
# What did not run is in build/coverage/not-run.txt, a line for each range of lines of a file. Tests that count memory or
# failing calls, that read messages of a full disk, or that link the library to a program of their own are hit by the
# counters and their files: faults, install, memory, signals and streams run, and fail here.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

attn_packages build test coverage
attn_build coverage -DATTN_BUILD_TESTS=ON all
build=$attn_root/build/coverage
printf '==> Testing\n'
find "$build" -name '*.gcda' -delete
(cd "$build" && ctest --output-on-failure --parallel "$(nproc)" >tests.log) || tail -n 30 "$build/tests.log"
printf '==> Counting\n'
cd "$attn_root" || exit
# Branches that only an exception takes are those of every call, and say nothing.
gcovr --root . --filter 'src/' --filter 'include/' --exclude-throw-branches --exclude-unreachable-branches \
  -j "$(nproc)" --csv "$build/coverage.csv" --txt "$build/coverage.txt" "$build" || exit

# The layer of a file: its folder below src; a header of include is the library's face.
awk -F, '
  NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
  {
    split($column["filename"], part, "/")
    layer = part[1] == "include" ? "include" : part[2]
    lines[layer] += $column["line_total"]; lines_run[layer] += $column["line_covered"]
    branches[layer] += $column["branch_total"]; branches_run[layer] += $column["branch_covered"]
    all += $column["line_total"]; all_run += $column["line_covered"]
    all_branches += $column["branch_total"]; all_branches_run += $column["branch_covered"]
  }
  function row(name, a, b, c, d) {
    return sprintf("| %s | %d of %d | %.1f %% | %d of %d | %.1f %% |", name, a, b, b ? 100 * a / b : 100, c, d,
                   d ? 100 * c / d : 100)
  }
  END {
    print "| Layer | Lines | | Branches | |\n|---|---|---|---|---|"
    fflush()
    for (layer in lines)
      print row(layer, lines_run[layer], lines[layer], branches_run[layer], branches[layer]) | "sort"
    close("sort")
    print row("all", all_run, all, all_branches_run, all_branches)
  }' "$build/coverage.csv"
awk '/^(src|include)\// { file = $1 } /%/ && $NF !~ /%$/ { print file ":", $NF }' "$build/coverage.txt" >"$build/not-run.txt"
