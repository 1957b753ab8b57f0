#!/usr/bin/env bash
# The inner loops of the register tile keep their sums in registers: no vector goes to the stack and back.
. "$2/tests/support/program.sh"
needs objdump

# Only an optimised build by the compiler that the kernels are tuned for.
cache=$(dirname "$attn")/CMakeCache.txt
if ! grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$cache" || ! objdump -s --section .comment "$attn" | grep -q GCC; then
  echo 'skipped: not an optimised build by GCC'
  exit 77
fi

# Innermost loops are what lies between a conditional jump and its target further up, with no other such jump within.
# Of those of a function, the one with most products is the whole tile: the smaller ones are for the last rows only.
objdump -d --no-show-raw-insn -C "$attn" | awk '
  function value(hex,  i, n) {
    n = 0
    for (i = 1; i <= length(hex); ++i) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
  }
  function end_of_function(  i, j, products, spills, most, worst) {
    most = 0
    for (i = 1; i <= count; ++i) {
      if (!(i in target) || target[i] > address[i] || target[i] < address[1]) continue
      products = spills = 0
      for (j = i; j > 0 && address[j] >= target[i]; --j) {
        if (j != i && (j in target) && target[j] >= target[i] && target[j] <= address[j]) break
        if (text[j] ~ /^v?(fn?m(add|sub)|mulp|dpbf16ps)/) ++products
        if (text[j] ~ /[xyz]mm/ && text[j] ~ /\((%rsp|%rbp)/) ++spills
      }
      if (j > 0 && address[j] >= target[i] || products < most) continue
      worst = products > most || spills > worst ? spills : worst
      most = products
    }
    if (most >= 6) print worst " spills in the tile of " most " products of " name
    count = 0
    split("", target)
  }
  /^[0-9a-f]+ <.*>:$/ { if (wanted) end_of_function(); name = $0; wanted = name ~ /PanelProduct|WeighPanelPairs/; next }
  wanted && /^ *[0-9a-f]+:/ {
    ++count
    address[count] = value(substr($1, 1, length($1) - 1))
    text[count] = $0; sub(/^ *[0-9a-f]+:[ \t]*/, "", text[count])
    if ($2 ~ /^j[^m]/ && $3 ~ /^[0-9a-f]+$/) target[count] = value($3)
  }
  END { if (wanted) end_of_function() }' >loops.txt
# g++ 12 is the one that they are tuned for; g++ 14 spills one vector of sse4's tile.
grep -q '^set(CMAKE_CXX_COMPILER_VERSION "12\.' "$(dirname "$attn")"/CMakeFiles/*/CMakeCXXCompiler.cmake || sse4='^1 .*N_SSE4::'
spilling=$(grep -v '^0 ' loops.txt | grep -v "${sse4:-^0 }")
[ -z "$spilling" ] || fail "$spilling"
tiles=$(wc -l <loops.txt)
[ "$tiles" -ge 30 ] || fail "only $tiles tiles were found"
finish
