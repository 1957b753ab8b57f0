#!/usr/bin/env bash
# Each write, sync, rename, open, map, thread and allocation fails in turn, over commands and output formats: the old
# outputs stay whole or the new ones are, the exit code tells which, an error is one message, and nothing else is left.
# Of the many allocations only some fail: the further on, the fewer. A third argument says how much fewer, in per cent;
# with 0 each one fails.
. "$2/tests/support/program.sh"
sparse=${3:-50}
shim=$(dirname "$attn")/tests/libfailing_calls.so
[ -e "$shim" ] || shim=${FAILING_CALLS:-}
[ -e "$shim" ] || { printf 'skipped: there is no library of failing calls\n'; exit 77; }

mkdir input
printf '{"tokens":["a","b","c"],"embeddings":[[1,0,2],[0,1,1],[1,1,0]]}' >input/in.json
printf '{"embeddings":[[1,0],[0,1]]}\n{"embeddings":[[1,2],[3,4]]}\n' >input/in.jsonl
"$attn" compute input/in.json -o input/in.npz -o weights=input/w.npy -o weights=input/w.csv || fail 'the inputs'
"$attn" compute input/in.json >plain.json
LD_PRELOAD=$shim "$attn" compute input/in.json 2>/dev/null | cmp -s - plain.json || {
  printf 'skipped: libraries cannot be preloaded\n'
  exit 77
}

# try CALL:N COMMAND...: false if the call did not come. Old outputs are there before, in the folder run.
try() {
  local call=$1 code=0 file
  shift
  for file in "${outputs[@]}"; do printf 'what was there' >run/"$file"; done
  rm -f hit
  runs=$((runs + 1))
  (
    cd run || exit
    FAILED_CALL=../hit FAILING_CALL=$call LD_PRELOAD=$shim timeout 60 "$@" >../stdout.txt 2>../stderr.txt </dev/null
  ) || code=$?
  [ -e hit ] || return 1
  hits=$((hits + 1))
  [ "$(ls -A run)" = "$(ls -A wanted)" ] || fail "$call of $*: files $(ls -A run | tr '\n' ' ')"
  for file in "${outputs[@]}"; do
    cmp -s run/"$file" wanted/"$file" && continue
    [ "$code" = 0 ] && fail "$call of $*: exit code 0 with another $file"
    [ "$(cat run/"$file" 2>/dev/null)" = 'what was there' ] || fail "$call of $*: $file is neither old nor new"
  done
  [ "$code" != 0 ] || cmp -s stdout.txt wanted.txt || fail "$call of $*: exit code 0 with another standard output"
  rm -rf run/.[!.]*
  case $code in
    0) [ "$(grep -c '^attn: error' stderr.txt)" = 0 ] || fail "$call of $*: exit code 0 with $(cat stderr.txt)" ;;
    1) [ "$(grep -c '^attn: error' stderr.txt)" = 1 ] || fail "$call of $*: exit code 1 with '$(cat stderr.txt)'" ;;
    *) fail "$call of $*: exit code $code, $(head -3 stderr.txt)" ;;
  esac
  grep -q 'a fault of attn itself' stderr.txt && fail "$call of $*: $(cat stderr.txt)"
  return 0
}

# inject_all COMMAND...: over all calls, in a folder of its own.
inject_all() {
  local call n runs=0 hits=0
  failures=0
  mkdir "$job" && cd "$job" && mkdir run wanted || exit
  (cd run && "$attn" "$@" >../wanted.txt 2>/dev/null </dev/null) || return
  [ ${#outputs[@]} = 0 ] || mv run/* wanted
  for call in write fsync rename open mmap thread; do
    for ((n = 1; n < 60; ++n)); do try "$call:$n" "$attn" "$@" || break; done
  done
  for call in write open mmap; do try "$call:1+" "$attn" "$@"; done
  local reached=0 missed
  for ((n = 1; ; n += 1 + n * sparse / 100)); do
    try "malloc:$n" "$attn" "$@" || break
    reached=$n
    ((n % 3)) || try "malloc:$n+" "$attn" "$@"
  done
  # The last ones, one by one where that is asked for: files are made among them, and put in their places.
  missed=$n
  while ((dense_end > 0 && missed - reached > 1)); do
    n=$(((reached + missed) / 2))
    if try "malloc:$n" "$attn" "$@"; then reached=$n; else missed=$n; fi
  done
  for ((n = reached - 1; n > 0 && n > reached - dense_end; --n)); do try "malloc:$n" "$attn" "$@"; done
  printf '%s %s %s\n' "$runs" "$hits" "$failures" >counts
}

# inject FILES -- COMMAND...: one of two that run at once.
jobs_begun=0
dense_end=0
inject() {
  outputs=()
  while [ "$1" != -- ]; do
    outputs+=("$1")
    shift
  done
  shift
  jobs_begun=$((jobs_begun + 1))
  job=$jobs_begun
  [ "$(jobs -r | wc -l)" -lt 2 ] || wait -n
  (inject_all "$@") &
}

for format in json jsonl csv tsv npy npz safetensors txt png svg html; do
  inject "out.$format" -- compute ../../input/in.json --causal -o "out.$format"
done
inject out.json w.npy out.png -- compute ../../input/in.json -o out.json -o weights=w.npy -o out.png --threads 2
inject -- compute ../../input/in.json
inject out.jsonl -- compute ../../input/in.jsonl -o out.jsonl
inject -- compute ../../input/in.jsonl
inject out.npz -- compute --query ../../input/w.npy --key ../../input/w.csv --value ../../input/w.npy -o out.npz
inject out.json -- multihead ../../input/in.json --heads 3 --init xavier -o out.json --threads 2
inject out.npz -- multihead --weights "$project/examples/llama" --layer 0 --random 3,16 -o out.npz
inject mask.csv mask.png -- mask 'causal & window:2,0 | stride:7' --queries 40 -o mask.csv -o mask.png --threads 2
inject mask.json -- mask causal --queries 300 --stats -o mask.json
dense_end=300
inject drawn.txt -- visualize ../../input/w.npy --tokens a,b,c -o drawn.txt
dense_end=0
for format in png svg html npz; do
  inject "drawn.$format" -- visualize ../../input/w.npy --tokens a,b,c -o "drawn.$format"
done
wait

counted=(0 0)
for ((job = 1; job <= jobs_begun; ++job)); do
  read -r runs hits failed <"$job/counts" || fail "job $job did not end"
  counted=($((counted[0] + runs)) $((counted[1] + hits)))
  failures=$((failures + failed))
done
printf 'faults: %s commands, %s runs, %s calls failed\n' "$jobs_begun" "${counted[@]}"
finish
