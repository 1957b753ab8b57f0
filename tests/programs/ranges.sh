#!/usr/bin/env bash
# Ranges and parts of queries, each by a process of its own, are the whole to the byte: README.md's commands, under GNU
# parallel where it is installed. And --expect in pipes.
. "$2/tests/support/program.sh"
ln -s "$(realpath "$attn")" attn
PATH=$PWD:$PATH
ranges=(:1024 1024:2048 2048:3072 3072:)

attn compute --random 4096,64 --causal -o output=all.npy -o all.json --emit output || fail 'the whole'
for i in 1 2 3 4; do
  attn compute --random 4096,64 --causal --query-range "${ranges[i - 1]}" -o output=part-$i.npy -o output=part-$i.csv ||
    fail "part $i"
done
# CSV has a line for each row: the parts one after the other are the whole.
attn compute --random 4096,64 --causal -o output=all.csv || fail 'the whole as CSV'
cat part-[1-4].csv | cmp - all.csv || fail 'the parts are not the whole'

# The page's own lines: the one under parallel, and the check.
share=$(grep -m1 '^    seq 4 | parallel attn compute' "$project/README.md")
check=$(grep -m1 -o 'attn compute .* --expect whole.npy.*' "$project/README.md")
[ -n "$share" ] && [ -n "$check" ] || fail 'README.md has no line that shares out, or none that checks'
if ! parallel --version 2>/dev/null | grep -q '^GNU parallel'; then share=${share/parallel/xargs -P 2 -I{\}}; fi
bash -c "$share" 2>share.txt || fail "the command with parallel: $(tail -1 share.txt)"
cmp whole.npy all.npy || fail 'the shared file is not the whole'
expect 'attn: expect: whole.npy: output: ok, greatest difference 0' "$(bash -c "$check" 2>&1)" 'the check of the page'
cmp again.npy all.npy || fail 'the checked run wrote something else'

# In a pipe the result goes on, and the exit code says what was not met, even if nobody reads.
printf '{"query":[[0],[0]],"key":[[1],[2]],"value":[[2],[4]]}' >x.json
expect 3 "$(attn compute x.json --expect output=<(echo '[[3],[3]]') -q --emit output | jq -c '.output[0][0]')" 'a pipe'
expect_code 3 attn compute x.json --expect output=<(echo '[[3],[2]]')
attn compute x.json --expect output=<(echo '[[3],[2]]') 2>/dev/null | true
expect 3 "${PIPESTATUS[0]}" 'exit code where nobody reads'
finish
