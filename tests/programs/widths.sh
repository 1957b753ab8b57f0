#!/usr/bin/env bash
# Text on terminals of several widths: no line runs into the next, no number is lost, and pipes and files have room unless
# COLUMNS and LINES say less.
. "$2/tests/support/program.sh"
needs script
export TERM=xterm-256color LC_ALL=C.UTF-8
unset COLUMNS LINES NO_COLOR

words='["The","quick","brown","fox","jumps","over","the","unbelievably","extraordinary","lazy","dog","日本語"]'
jq -nc --argjson t "$words" '{tokens: $t, embeddings: [range(12) as $i | [range(8) as $j | (($i * 7 + $j * 3) % 11) / 7 - 0.6]]}' >12.json
jq -nc --argjson t "$words" '{tokens: [range(60) | $t[. % 12]], embeddings: [range(60) as $i | [range(8) as $j | (($i * 7 + $j * 3) % 23) / 9 - 1]]}' >60.json
"$attn" compute 12.json -o w.json

# on_terminal COLUMNS COMMAND: what a terminal of that width gets, without colours.
on_terminal() {
  script -qec "stty cols $1 rows 24; $2" /dev/null </dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g'
}
# fits COLUMNS COMMAND...: no line is longer.
fits() {
  local text wide
  text=$(on_terminal "$1" "$2")
  wide=$(printf '%s\n' "$text" | wc -L)
  [ -n "$text" ] && [ "$wide" -le "$1" ] || fail "'$2' on $1 columns: a line of $wide"
}
numbers() { grep -oE -- '-?[0-9]+\.[0-9]{4}\b' | sort; }

cp -r "$project/tests/data/tokenizers/bert" t
cp -r "$project/tests/data/checkpoints/qwen3" c
for columns in 40 80 200; do
  for command in 'compute 12.json --stats --top 6' 'compute 60.json --emit scores,weights,output --top 12' \
    'compute 12.json --steps --sink 1' 'compute 60.json --steps' 'mask "causal & window:3,0 | padding:9" --queries 1200 --stats' \
    'mask causal --queries 60' 'visualize w.json' 'visualize w.json --stats --top 5' \
    "multihead --weights t --list tokens --text 'Antidisestablishmentarianism of cats'" \
    'bench -q --shape 1,1,8,4 --shape 1,2,16,4 --mode stream --mode decode --kernel reference --runs 1 --warmup 0' \
    'bench -q --shape 1,1,8,4 --shape 1,64,65536,64 --mode materialise --kernel reference --runs 1 --max-memory 8M'; do
    fits $columns "'$attn' $command"
  done
done
fits 80 "'$attn' multihead --weights c --list"
fits 48 "'$attn' multihead --weights c --list"

# What is shown whole stays so, in blocks; what has a gap gets a larger one.
whole='compute 12.json --emit weights,output --stats --top 6 -f text'
expect "$("$attn" $whole | numbers)" "$(on_terminal 40 "'$attn' $whole" | numbers)" 'numbers of a narrow table'
expect 'fox fox' "$(on_terminal 80 "'$attn' compute 12.json --emit weights -f text" | grep -oE '^  fox' | xargs)" 'a row in two blocks'
table=$(on_terminal 80 "'$attn' compute 60.json --emit weights -f text")
expect 19 "$(printf '%s\n' "$table" | wc -l)" 'lines of a table with a gap'
expect 1 "$(printf '%s\n' "$table" | sed -n 2p | grep -o … | wc -l)" 'gaps of its columns'
expect 1 "$(printf '%s\n' "$table" | sed -n 2p | grep -oE 'The.*….*日本語' | wc -l)" 'its columns on both sides'
bench="bench -q --shape 1,1,8,4 --shape 1,2,16,4 --kernel reference --runs 1 --warmup 0"
expect '1 2 1 2' "$(on_terminal 80 "'$attn' $bench" | grep -oE '^[0-9]+' | xargs)" "numbers of a report's rows in both blocks"
expect '' "$(on_terminal 200 "'$attn' $bench" | grep -oE '^[0-9]+')" 'numbers of rows that are whole'

# COLUMNS and LINES are the user's word, of a terminal, a pipe and a file; without it the latter have room.
expect "$(on_terminal 40 "'$attn' $whole")" "$(on_terminal 200 "COLUMNS=40 '$attn' $whole")" 'COLUMNS=40 on 200 columns'
expect "$(on_terminal 80 "'$attn' $whole")" "$(on_terminal 80 "COLUMNS=many '$attn' $whole")" 'COLUMNS that is no number'
expect "$(on_terminal 80 "LINES=12 '$attn' mask causal --queries 900" | wc -l)" "$(on_terminal 80 "stty rows 12; '$attn' mask causal --queries 900" | wc -l)" 'LINES=12'
expect "$(on_terminal 40 "'$attn' $whole")" "$(COLUMNS=40 "$attn" $whole)" 'COLUMNS in a pipe'
COLUMNS=40 "$attn" ${whole% -f text} -o narrow.txt
expect "$(on_terminal 40 "'$attn' $whole")" "$(cat narrow.txt)" 'COLUMNS of a file'
causal="mask causal -f text --queries"
expect 102 "$("$attn" $causal 100 | wc -l)" 'lines of 100 queries in a pipe'
expect 1 "$("$attn" $causal 100 | sed -n 2p | grep -c '^ *0 ██$')" 'columns of a query in a pipe'
expect "$(on_terminal 60 "'$attn' $causal 100 --color never")" "$(COLUMNS=60 LINES=24 "$attn" $causal 100)" 'COLUMNS and LINES of a picture in a pipe'
LINES=24 "$attn" mask causal --queries 100 -o lines.txt
expect 1 "$(test "$(wc -l <lines.txt)" -lt 24 && echo 1)" 'LINES of a file'
expect 300 "$(COLUMNS=300 "$attn" $causal 900 | wc -L)" 'COLUMNS=300 of a long mask in a pipe'
expect 1 "$(test "$("$attn" $causal 900 | wc -l)" -lt 150 && echo 1)" 'lines of a long mask in a pipe'
on_terminal 40 "'$attn' ${whole% -f text} -o t.txt" >terminal.txt
expect "$("$attn" $whole)" "$(cat t.txt)" 'a file written on a narrow terminal, without colours'
expect '' "$(cat terminal.txt)" 'what else it says'
finish
