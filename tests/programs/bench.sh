#!/usr/bin/env bash
# attn bench as a process: a whole suite with the processes that it starts, its folder. Its progress is tried in progress.sh.
set -m # background jobs are interruptible
. "$2/tests/support/program.sh"
needs jq

mkdir scratch
export TMPDIR=$work/scratch
expect_code 0 "$attn" bench --suite quick --max-memory 64M --runs 1 --warmup 0 --threads 1 -o quick.json -o quick.csv -o quick.png
expect '' "$(cat stderr.txt)" 'messages of a suite'
expect '' "$(ls -A scratch)" 'what the suite left in its folder'
expect '[]' "$(jq -c '[.results[] | select(.status != "ok")]' quick.json)" 'results that are not ok'
expect 'decode materialise packed-projection projection stream' "$(jq -r '[.results[].mode] | unique | join(" ")' quick.json)" modes
expect 11 "$(jq '.stages | length' quick.json)" 'stages of the suite'
expect true "$(jq '[.stages[] | .median > 0 and .min <= .median and .median <= .max] | all' quick.json)" 'times'
expect true "$(jq '.stages | map(select(.ratio != null) | .ratio > 0) == [true, true]' quick.json)" 'the ratios'
expect true "$(jq '[.stages[] | select(.stage | test("JSON, 64x24")) | .elements == 1536] | all' quick.json)" 'numbers'
expect "$(jq '(.results | length) + (.stages | length) + 1' quick.json)" "$(wc -l <quick.csv)" 'lines of the CSV'

# Another set and number of threads.
expect_code 0 "$attn" bench --suite quick --max-memory 64M --runs 1 --warmup 0 --threads 2 --kernel reference -o other.json
expect 'reference 2' "$(jq -r '.results[0] | "\(.kernel) \(.threads)"' other.json)" 'the chosen set and threads'
expect_code 1 env TMPDIR=/nonexistent "$attn" bench --suite quick --max-memory 64M --runs 1
expect 'attn: error: /nonexistent: a folder for temporary files cannot be made: No such file or directory' "$(cat stderr.txt)" \
  'no folder for temporary files'

# A signal ends the process that was started as well, and removes the folder.
for signal in HUP:129 INT:130 TERM:143; do
  "$attn" bench --suite quick --max-memory 64M --runs 400 --warmup 0 --threads 1 -o late.json 2>late.txt &
  run=$!
  child=
  while [ -z "$child" ] && kill -0 "$run" 2>/dev/null; do
    child=$(pgrep -P "$run" | head -1)
    sleep 0.05
  done
  [ -n "$child" ] || fail 'no process was started'
  [ -n "$(ls -A scratch)" ] || fail 'no folder was made'
  kill -"${signal%:*}" "$run"
  wait "$run" 2>/dev/null
  expect "${signal#*:}" $? "exit code after SIG${signal%:*}"
  expect '' "$(pgrep -f "$work/scratch/attn-bench")" "processes after SIG${signal%:*}"
  expect '' "$(cat late.txt)" "messages after SIG${signal%:*}"
  expect '' "$(ls -A scratch)" "what SIG${signal%:*} left in the folder"
  expect '' "$(ls -A | grep 'late.json')" "what SIG${signal%:*} left of the output"
done

# A process that something else ends is an error with its command.
"$attn" bench --suite quick --max-memory 64M --runs 400 --warmup 0 --threads 1 -o late.json 2>late.txt &
run=$!
# One that has ended takes a signal as well, until it is waited for: only one that stops was running. And one alone is
# killed: the leak sanitizer's own process, at the end, must live.
child= state=
until [ "$state" = T ] || ! kill -0 "$run" 2>/dev/null; do
  child=$(pgrep -P "$run" | head -1)
  [ -n "$child" ] && kill -STOP "$child" 2>/dev/null || continue
  for _ in $(seq 100); do
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$child/status" 2>/dev/null)
    case $state in T | Z | '') break ;; esac
    sleep 0.01
  done
done
[ "$state" = T ] || fail 'no process was stopped'
kill -KILL "$child"
wait "$run" 2>/dev/null
expect 1 $? 'exit code after a process was killed'
expect 'attn: error: a run that was to be timed failed: attn compute ' "$(grep -o '^attn: .*: attn compute ' late.txt)" \
  'messages after a process was killed'
expect '' "$(ls -A scratch)" 'what a killed process left in the folder'

finish
