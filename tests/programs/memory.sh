#!/usr/bin/env bash
# --max-memory, measured from outside: the process never has more than it and 16 MB, whatever is read, counted,
# computed or drawn, whether it then does or refuses.
. "$2/tests/support/program.sh"
. "$2/tests/support/peak_memory.sh"

runs=0 done_runs=0 most=0
# within MIB CODE COMMAND...: with the limit, whose exit code must be one of CODE.
within() {
  local limit=$1 codes=$2 code=0 peak spare=$((16 * 1024))
  shift 2
  "$measure" "$attn" "$@" --max-memory "${limit}M" >/dev/null 2>stderr.txt || code=$?
  case ",$codes," in
    *",$code,"*) ;;
    *) fail "attn $* within $limit MiB: exit code $code: $(head -2 stderr.txt)" ;;
  esac
  peak=$(tail -1 stderr.txt)
  runs=$((runs + 1))
  [ "$code" != 0 ] || done_runs=$((done_runs + 1))
  [ $((peak - limit * 1024)) -le "$most" ] || most=$((peak - limit * 1024))
  [ "$peak" -le $((limit * 1024 + spare)) ] || fail "attn $* within $limit MiB took $peak KiB: $(head -1 stderr.txt)"
}

"$attn" compute --random 2200,8 -o weights=w.npy -o weights=w.csv || fail 'the inputs' # 19 and 45 MB
"$attn" compute --random 2200,8 --dtype f64 -o weights=w64.npy || fail 'the inputs of float64'
sed 's/^.*$/[&],/; 1s/^/{"embeddings":[/; $s/,$/]}/' w.csv >w.json
tr -d '\n' <w.json >w.jsonl
echo >>w.jsonl
head -1 w.jsonl >>w.jsonl

# What is read: files, and streams of every format.
for file in w.npy w64.npy w.csv w.json; do
  for limit in 1 10 30 60 120; do
    case $file in
      w.json) command=(compute) outputs=(--emit output -o json:/dev/null) ;;
      *) command=(visualize) outputs=(-o png:/dev/null) ;;
    esac
    within "$limit" 0,1 "${command[@]}" $file "${outputs[@]}"
    within "$limit" 0,1 "${command[@]}" - "${outputs[@]}" < <(cat $file)
  done
done
for limit in 1 10 30 60; do
  within "$limit" 0,1 compute w.jsonl --emit output -o jsonl:/dev/null
  within "$limit" 0,1 compute - --emit output -o jsonl:/dev/null < <(cat w.jsonl)
done
# A large picture counts.
within 100 1 visualize w.npy -o png:/dev/null --size 5000x4500
within 500 0 visualize w.npy -o png:/dev/null --size 5000x4500
within 200 0 visualize w.csv -o png:/dev/null
within 200 0 compute w.json --emit output -o json:/dev/null

# A stream that does not end is not read to its end.
within 10 1 compute - < <(head -c 300M /dev/zero 2>/dev/null)
expect 'attn: error: standard input: is larger than memory may be: 10.0 MiB of it are read, and the limit is 10.0 MiB; --max-memory sets the limit' \
  "$(head -1 stderr.txt)" 'message of an endless stream'

# Layers, differences and pictures of what was read.
for limit in 1 20 30 50 70 100 130; do
  within "$limit" 0,1 visualize w.npy w64.npy --layer 1 -o png:/dev/null
  within "$limit" 0,1 visualize w.npy --diff w64.npy -o png:/dev/null
  within "$limit" 0,1 visualize w.npy --compare w.npy -o svg:/dev/null
  within "$limit" 0,1 visualize w64.npy -o html:/dev/null
  within "$limit" 0,1 visualize w64.npy -o json:/dev/null -o npy:/dev/null
done

# Images, of 7.5 million pixels, under the grid of a row.
"$attn" visualize w.npy -o photo.png --size 3000x2500 || fail 'the image'
head -c 400 w.csv | cut -d, -f1-12 >row.csv
for limit in 1 20 30 40 60; do
  for format in png html; do
    within "$limit" 0,1 visualize row.csv --reshape 3x4 --overlay photo.png -o "$format:/dev/null"
  done
done
within 20 1 visualize row.csv --reshape 3x4 --overlay photo.png -o png:/dev/null
expect 'attn: error: photo.png: takes ' "$(head -1 stderr.txt | cut -c1-30)" 'message of a large image'

# What is computed, drawn and counted.
for limit in 1 10 50 100; do
  within "$limit" 0,1 compute --random 2000,64 -o npy:/dev/null
  within "$limit" 0,1 compute --random 2000,64 --emit output -o json:/dev/null
  within "$limit" 0,1 compute --random 2000,64 -o png:/dev/null
  within "$limit" 0,1 compute --random 700,64 --mask causal -o svg:/dev/null
  within "$limit" 0,1 compute --random 700,64 -o html:/dev/null
  within "$limit" 0,1 mask causal --queries 3000 -o png:/dev/null
  within "$limit" 0,1 mask causal --queries 3000 -o npy:/dev/null
  within "$limit" 0,1 mask 'random:0.5,1' --queries 10 --keys 3000000 --stats
done
within 10 0 mask all --queries 1 --keys 10000000000 --stats
within 10 0 mask causal --queries 100000 --stats
within 10 0 mask 'window:2147483648,8:bottom-right' --queries 7 --offset 281474976710656 --stats
within 10 0 mask all --queries 0 --offset 281474976710656 --key-lengths 0 -o npy:/dev/null
within 10 1 mask 'random:0.5,1' --queries 1 --keys 10000000000 --stats
printf 'memory: %s runs, %s of them done and the others refused; at most %s KiB above the limit\n' \
  "$runs" "$done_runs" "$most"
finish
