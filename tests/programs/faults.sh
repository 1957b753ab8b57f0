#!/usr/bin/env bash
# Each write, sync, rename, open, map, thread and allocation fails in turn, over commands and output formats: the old
# outputs stay whole or the new ones are, the exit code tells which, an error is one message, and nothing else is left.
. "$2/tests/support/program.sh"
shim=$(dirname "$attn")/tests/libfailing_calls.so
[ -e "$shim" ] || shim=${FAILING_CALLS:-}
[ -e "$shim" ] || { printf 'skipped: there is no library of failing calls\n'; exit 77; }

mkdir input run wanted
printf '{"tokens":["a","b","c"],"embeddings":[[1,0,2],[0,1,1],[1,1,0]]}' >input/in.json
printf '{"embeddings":[[1,0],[0,1]]}\n{"embeddings":[[1,2],[3,4]]}\n' >input/in.jsonl
"$attn" compute input/in.json -o input/in.npz -o weights=input/w.npy -o weights=input/w.csv || fail 'the inputs'
LD_PRELOAD=$shim "$attn" compute input/in.json >wanted/plain.json 2>/dev/null || {
  printf 'skipped: libraries cannot be preloaded\n'
  exit 77
}

runs=0 hits=0
# try CALL:N COMMAND...: false if the call did not come.
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
  local left
  left=$(ls -A run | tr '\n' ' ')
  [ "$left" = "$(printf '%s\n' "${outputs[@]}" | sort | tr '\n' ' ')" ] || fail "$call of $*: files $left"
  for file in "${outputs[@]}"; do
    cmp -s run/"$file" wanted/"$file" && continue
    [ "$code" = 0 ] && fail "$call of $*: exit code 0 with another $file"
    [ "$(cat run/"$file" 2>/dev/null)" = 'what was there' ] || fail "$call of $*: $file is neither old nor new"
  done
  rm -rf run/.[!.]*
  case $code in
    0) [ "$(grep -c '^attn: error' stderr.txt)" = 0 ] || fail "$call of $*: exit code 0 with $(cat stderr.txt)" ;;
    1) [ "$(grep -c '^attn: error' stderr.txt)" = 1 ] || fail "$call of $*: exit code 1 with '$(cat stderr.txt)'" ;;
    *) fail "$call of $*: exit code $code, $(head -3 stderr.txt)" ;;
  esac
  grep -q 'a fault of attn itself' stderr.txt && fail "$call of $*: $(cat stderr.txt)"
  return 0
}

# inject FILES -- COMMAND...: over all calls, and of the many allocations over some.
inject() {
  outputs=()
  while [ "$1" != -- ]; do
    outputs+=("$1")
    shift
  done
  shift
  rm -rf run
  mkdir run
  (cd run && "$attn" "$@" >/dev/null 2>&1) || fail "$*"
  mv run/* wanted
  local call n
  for call in write fsync rename open mmap thread; do
    for ((n = 1; n < 60; ++n)); do try "$call:$n" "$attn" "$@" || break; done
  done
  try write:1+ "$attn" "$@"
  try open:1+ "$attn" "$@"
  try mmap:1+ "$attn" "$@"
  for ((n = 1; ; n += 1 + n * ${step:-50} / 100)); do
    try "malloc:$n" "$attn" "$@" || break
    ((n % 3)) || try "malloc:$n+" "$attn" "$@"
  done
}

for format in json jsonl csv tsv npy npz safetensors txt png svg html; do
  inject "out.$format" -- compute ../input/in.json --causal -o "out.$format"
done
inject out.json weights.npy out.png -- compute ../input/in.json -o out.json -o weights=weights.npy -o out.png --threads 2
inject out.jsonl -- compute ../input/in.jsonl -o out.jsonl
inject out.npz -- compute --query ../input/w.npy --key ../input/w.csv --value ../input/w.npy -o out.npz
inject out.json -- multihead ../input/in.json --heads 3 --init xavier -o out.json --threads 2
inject mask.csv mask.png -- mask 'causal & window:2,0 | strided:7,2' --queries 40 -o mask.csv -o mask.png --threads 2
inject mask.json -- mask causal --queries 300 --stats -o mask.json
for format in png svg html txt; do inject "drawn.$format" -- visualize ../input/w.npy --tokens a,b,c -o "drawn.$format"; done
printf 'faults: %s runs, %s calls failed\n' "$runs" "$hits"
finish
