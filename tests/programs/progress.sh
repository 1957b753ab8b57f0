#!/usr/bin/env bash
# Progress on a real terminal: after a second, on one line, wiped before messages, at the end and at signals; nowhere
# else. -v says what will be done.
. "$2/tests/support/program.sh"
needs script
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { printf 'skipped: there are no terminals here\n'; exit 77; }
export TERM=xterm-256color LC_ALL=C.UTF-8
unset COLUMNS LINES
escape=$(printf '\033')
wipe=$(printf '\r\033[K')

# What a command writes to a terminal.
on_terminal() { script -qec "stty cols ${columns:-80} rows 24; $1" /dev/null </dev/null; }
shows() { case "$1" in *"$2"*) ;; *) fail "$3: no '$2' in '$(printf '%s' "$1" | tr '\r' '\n' | tail -3)'" ;; esac; }
lacks() { case "$1" in *"$2"*) fail "$3: '$2'" ;; esac; }

# Far longer than the test waits, on any machine.
long="'$attn' compute --random 1,4,60000,64 --self --emit output --threads 1 -f json"
for signal in INT TERM HUP; do
  text=$(on_terminal "timeout --foreground -s $signal 4 $long >/dev/null")
  shows "$text" 'computing [' "a run that SIG$signal ends"
  shows "$text" ' left' "time left before SIG$signal"
  shows "$text" ' tiles/s' "rate before SIG$signal"
  expect "$wipe" "${text: -4}" "the end of a run that SIG$signal ends"
done
for hidden in "$long -q" "env TERM=dumb $long" "env TERM= $long" "sh -c \"exec $long 2>err.txt\""; do
  lacks "$(on_terminal "timeout --foreground -s INT 1.7 $hidden >/dev/null")" 'computing' "progress of $hidden"
done
expect '' "$(cat err.txt)" 'standard error in a file'
text=$(on_terminal "bash -c \"set -m; timeout --foreground -s INT 1.7 $long >/dev/null & wait\"")
lacks "$text" 'computing' 'progress of a job of the background'

# Whatever is waited for is named. A reader that is slow, a writer that is slow, lines that come one by one.
mkfifo pipe
text=$(on_terminal "(printf '{\"embeddings\":[[1,2],'; sleep 2; echo '[3,4]]}') | '$attn' compute >/dev/null")
shows "$text" 'reading, 21 bytes, ' 'a document that comes slowly'
line='{"embeddings":[[1,0],[0,1]]}'
text=$(on_terminal "(echo '$line'; echo '$line'; sleep 2; echo '$line') | '$attn' compute >/dev/null")
shows "$text" 'line ' 'lines that come slowly'
(sleep 2; cat >/dev/null) <pipe &
text=$(on_terminal "'$attn' compute --random 300,300 -o json:pipe")
wait
shows "$text" 'writing pipe [' 'a reader that is slow'
shows "$text" 'M numbers/s' 'the rate of writing'
lacks "$text" 'reading' 'what is done in less than a second'

# Cases of bench, counted; nothing of their inner work.
text=$(on_terminal "'$attn' bench --shape 1,2,1024,64 --shape 1,1,16,16 --kernel reference --threads 1 --runs 12 --warmup 0 -f json >/dev/null")
shows "$text" '2/2 stream 1,1,16,16,16 reference [' 'steps of bench'
shows "$text" "$wipe" 'the end of bench'
lacks "$text" 'tiles/s' 'inner work of bench'

# -v: before it is done.
printf '{"tokens":["a","b"],"embeddings":[[1,0],[0,1]]}' >in.json
says() { shows "$("$attn" $1 2>&1 >/dev/null)" "$2" "$1"; }
plan='attn: note: will compute weights, output of query (1, 1, 2, 2), key (1, 1, 2, 2), value (1, 1, 2, 2)'
says 'compute in.json -v --kernel reference' "$plan; float32, reference, 1 thread, a row at a time by the formula; "
says 'compute in.json -v' ', 1 thread, whole rows of weights; '
says 'compute in.json -v --causal --dtype f64' 'mask causal; float64'
says 'compute in.json -v --dtype bf16' 'float32 with bfloat16 operands'
says 'compute in.json -v -o w.npy -o output=o.csv' 'to w.npy (npy) and output o.csv (csv)'
says 'compute --random 64,8 --emit output -v' 'in tiles, without a matrix of weights'
says 'compute --random 1,8 --keys 64 --emit output -v' 'in chunks of keys'
says 'multihead --random 4,8 --init torch-linear --heads 2 -v' 'of query (1, 2, 4, 4)'
says 'mask causal --queries 5 -v' 'attn: note: will write a mask of 5 × 5 with '
says 'visualize w.npy -v -o w.png' 'attn: note: will draw 1 matrix of 2 × 2 from (2, 2); to w.png (png)'
says 'bench --shape 1,1,4,4 --kernel reference --runs 2 --warmup 1 -v -f json' 'each with 1 warm-up and 2 runs; to standard output (json)'
[ "$("$attn" compute in.json -v 2>&1 >/dev/null | grep -n 'will compute' | cut -d: -f1)" -lt "$("$attn" compute in.json -v 2>&1 >/dev/null | grep -n 'computed with' | cut -d: -f1)" ] || fail 'the plan comes after the work'
finish
