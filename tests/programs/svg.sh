#!/usr/bin/env bash
# SVG pictures drawn by another program, librsvg, beside attn's own PNGs of the same scenes.
. "$2/tests/support/program.sh"
needs rsvg-convert
compare=$(dirname "$attn")/tests/compare_pictures
[ -x "$compare" ] || { printf 'skipped: compare_pictures is not built\n' && exit 77; }

# same NAME MEAN OFF CELLS ARGUMENTS...: attn ARGUMENTS to SVG and PNG. Rendered, the SVG may be apart from the PNG by
# MEAN of 255 on average and by more than 64 in a share of OFF of the pixels (letters' edges: two rasterizers), and
# in CELLS pixels of the cells: 0 where no number stands on them. No message is expected: librsvg has none for what it
# understands.
same() {
  local name=$1 mean=$2 off=$3 cells=$4 distance
  shift 4
  "$attn" "$@" -o "$name.svg" -o "$name.png" 2>errors.txt || fail "$name: $(cat errors.txt)"
  "$attn" "$@" -o again.svg 2>errors.txt
  cmp -s "$name.svg" again.svg || fail "$name.svg differs from run to run"
  rsvg-convert "$name.svg" -o rendered.png 2>errors.txt || fail "$name.svg does not parse: $(cat errors.txt)"
  expect '' "$(cat errors.txt)" "messages about $name.svg"
  distance=$("$compare" "$name.png" rendered.png) || fail "$name: $distance"
  printf '%s: %s\n' "$name" "$distance"
  set -- $distance
  awk -v mean="$4" -v off="$6" -v cells="$8" -v most_mean="$mean" -v most_off="$off" -v most_cells="$cells" \
    'BEGIN { exit !(mean <= most_mean && off <= most_off && cells <= most_cells) }' ||
    fail "$name is not the same picture: $distance; at most $mean, $off, $cells"
}

cat >hostile.json <<'JSON'
{"embeddings":[[1,0,0.5,0],[0,1,0.2,0],[0.3,0.3,1,1],[1,1,1,0],[0,0,1,2],[1,2,0,0],[1,0,0,2],[0,2,0,2],[0.5,0,0,1],[1,1,1,1]],
 "tokens":["</text><script>alert(1)</script>","<img src=x onerror=alert(1)>","\"quotes' & &amp; ]]>","a\u2028b\u2029","\u001b[31mred\u0000",
 "\u202eoverride\u2066","\ufffe\uffff","  two  spaces  ","","fi AV\n\t"]}
JSON
printf '{"embeddings":[[1,0],[0,1],[1,1]],"tokens":["The","cat","sat"]}' >plain.json

same plain 0.3 0.003 0 compute plain.json
same titles 0.5 0.004 0 compute plain.json --title 'A title: gjpqy' --colorbar-label weight --xlabel K --ylabel Q
same dark 0.3 0.003 0 compute plain.json --theme dark
same large 0.3 0.003 0 compute plain.json --dpi 250
same hostile 1 0.01 0 compute hostile.json
same heads 1 0.008 0 multihead "$project/examples/mat.json"
same numbers 1.5 0.02 100000 compute --random 12,4 --seed 1 --annot
same mask 0.3 0.003 0 mask causal --queries 30
same image 0.4 0.003 0 compute --random 300,16 --seed 1
same scaled 0.4 0.003 0 compute --random 150,16 --seed 1 --size 1000x800
same pooled 0.3 0.003 0 compute --random 1500,16 --seed 1
same wide 0.3 0.003 0 compute --random 3,16 --keys 200 --seed 1

# Text is text, and nothing of a token is markup.
expect 0 "$(grep -c '<script\|<img\|onerror=alert(1)>' hostile.svg)" 'markup of a token'
expect 0 "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037]')" hostile.svg)" 'control characters'
grep -q '>&lt;/text&gt;&lt;script&gt;' hostile.svg || fail 'the token is not there as text'
grep -q '\\u202eoverride' hostile.svg || fail 'the override is not shown'
grep -q '<title id=.*</title>' hostile.svg || fail 'no title'
expect 2 "$(grep -c '<image' pooled.svg)" 'images of a large matrix and its colour bar'
expect 0 "$(grep -c '<image' plain.svg)" 'images of a small matrix'
[ "$(wc -c <pooled.svg)" -lt 2000000 ] || fail "a picture of 1000 x 1000 cells has $(wc -c <pooled.svg) bytes"

# To standard output, and of arrays and benchmarks.
expect "$(cat plain.svg)" "$("$attn" compute plain.json -f svg)" 'SVG on standard output'
"$attn" compute plain.json -o weights.npy
"$attn" visualize weights.npy -o visualized.svg || fail 'visualize to SVG'
rsvg-convert visualized.svg -o rendered.png || fail 'visualized.svg does not parse'
finish
