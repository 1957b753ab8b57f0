#!/usr/bin/env bash
# Other programs read what attn writes: jq every document, pngcheck every picture; whatever the locale.
. "$2/tests/support/program.sh"
needs jq
needs pngcheck

random=(--random 2,2,5,4)
for document in "compute ${random[*]} --emit weights,masked,lse --causal" 'mask causal --queries 4' \
  'mask causal --queries 4 --as additive' 'mask causal --queries 4 --stats' \
  'bench --shape 1,1,4,4 --kernel reference --runs 1'; do
  $attn $document >document.json || fail "attn $document"
  jq -e 'type == "object"' document.json >/dev/null || fail "jq refuses attn $document"
done
printf '{"embeddings":[[1]]}\n{"embeddings":[[1],[2,3]]}\n{"embeddings":[[2]]}\n' | "$attn" compute >lines.jsonl
expect 1 $? 'exit code of lines with a bad one'
expect 'number object number' "$(jq -r '(.output[0][0] // .error) | type' lines.jsonl | tr '\n' ' ' | sed 's/ $//')" 'lines'

"$attn" compute "${random[@]}" -o weights.json -o heads.png -o one.npy || fail 'several outputs'
"$attn" mask 'causal & window:2,0' --queries 40 -o mask.png || fail 'a mask as picture'
"$attn" visualize weights.json --annot --head mean -o mean.png || fail 'a mean over heads'
"$attn" visualize weights.json -f png >pipe.png || fail 'a picture in a pipe'
for picture in heads.png mask.png mean.png pipe.png; do
  pngcheck -q "$picture" >/dev/null || fail "pngcheck refuses $picture"
done

# A locale with decimal commas changes no byte.
for locale in $(locale -a 2>/dev/null | grep -i -m1 '^de_DE.*utf') C; do
  LC_ALL=$locale "$attn" compute "${random[@]}" -f csv --text 'a b c d e' >"$locale.csv" || fail "LC_ALL=$locale"
  cmp "$locale.csv" <("$attn" compute "${random[@]}" -f csv --text 'a b c d e') || fail "LC_ALL=$locale changes numbers"
done
finish
