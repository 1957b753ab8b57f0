#!/usr/bin/env bash
# Pipes and files as standard input and output, readers that leave early, full devices.
. "$2/tests/support/program.sh"

printf '{"embeddings":[[1,0],[0,1]]}' >in.json
"$attn" compute in.json >wanted.json || fail 'a plain run'
expect "$(cat wanted.json)" "$("$attn" compute <in.json)" 'standard input from a file'
expect "$(cat wanted.json)" "$(cat in.json | "$attn" compute)" 'standard input from a pipe'
expect "$(cat wanted.json)" "$(cat in.json | "$attn" compute -)" 'a dash'
expect 1 "$(wc -l <wanted.json)" 'lines of JSON'

# JSON Lines: each result is there before the next line is written.
mkfifo lines.pipe answers.pipe
"$attn" compute <lines.pipe >answers.pipe 2>errors.txt &
program=$!
exec 4>lines.pipe 5<answers.pipe
for document in '{"embeddings":[[1,0],[0,1]]}' '{"embeddings":[[1,0],[0,1]]}' '{"embeddings":[[1],[1,2]]}' '{"embeddings":[[1,0],[0,1]]}'; do
  printf '%s\n' "$document" >&4
  IFS= read -r -t 60 answer <&5 || fail "no answer to $document"
  case $document in
    *'[1,2]'*) expect 1 "$(printf '%s' "$answer" | grep -c '"error":{"line":3,')" 'answer to a bad line' ;;
    *) expect "$(cat wanted.json)" "$answer" 'answer to a line' ;;
  esac
done
exec 4>&- 5<&-
wait "$program"
expect 1 $? 'exit code after a bad line'

# A reader that has seen enough is no error, and nothing to talk about.
for command in 'compute --random 1000,8' 'mask causal --queries 2000 -f csv' 'compute --random 1000,8 -f text --precision 9'; do
  $attn $command 2>errors.txt | head -c 100 >/dev/null
  expect 0 "${PIPESTATUS[0]}" "attn $command | head"
  expect '' "$(cat errors.txt)" "messages of attn $command | head"
done

# A standard output that is closed is an error: the result is lost.
"$attn" compute in.json >&- 2>errors.txt
expect 1 $? 'exit code with a closed standard output'
expect 1 "$(grep -c '^attn: error: standard output: cannot be written' errors.txt)" 'message for a closed standard output'

# What is closed is nobody else's: an output file does not take its place.
"$attn" compute in.json -o weights=weights.npy -f json >&- 2>errors.txt
expect 1 $? 'exit code of two outputs with a closed standard output'
expect '' "$(ls | grep npy)" 'files of a run whose other output is closed'
"$attn" compute in.json -v -o weights=weights.npy -o wanted.npy 2>errors.txt || fail 'two files'
"$attn" compute in.json -v -o weights=closed.npy 2>&- || fail 'a closed standard error'
cmp -s weights.npy closed.npy || fail 'notes of a closed standard error got into the output'
expect_code 1 "$attn" compute <&-
expect 'attn: error: standard input: cannot be read: Bad file descriptor' "$(cat stderr.txt)" 'a closed standard input'
# Nor is a descriptor of the program itself somebody's output.
for number in 3 4 5 6; do
  "$attn" compute in.json -o weights=own.npy -o npy:/dev/fd/$number 2>errors.txt 3>&- 4>&- 5>&- 6>&-
  expect 1 $? "exit code of an output to descriptor $number"
done
rm -f own.npy closed.npy

# A reader that has seen enough of one output: the others are whole.
"$attn" compute --random 1000,16 -o weights=weights.npy -f json | head -c 1 >/dev/null
expect 0 "${PIPESTATUS[0]}" 'exit code of two outputs, one of which is not read'
expect 4000128 "$(stat -c %s weights.npy)" 'size of the other output'
"$attn" mask causal --queries 2000 -o mask.png -f csv | head -c 1 >/dev/null
[ -s mask.png ] || fail 'no picture beside an output that is not read'

# Messages that nobody can read, or that have no room, change nothing else.
printf '[[0,1],[0,1]]' >other.json
mkfifo gone.pipe
exec 6<>gone.pipe 7>gone.pipe 6<&- # a pipe that nobody reads any more
for place in '&-' /dev/full '&7'; do
  [ "$place" = /dev/full ] && [ ! -c /dev/full ] && continue
  rm -f unread.npy
  eval "\"$attn\" compute in.json -v --expect weights=other.json -o unread.npy 2>$place"
  expect 3 $? "exit code of --expect with messages to $place"
  [ -s unread.npy ] || fail "no output with messages to $place"
  eval "\"$attn\" compute nothing.json 2>$place"
  expect 1 $? "exit code of an error with messages to $place"
done
exec 7>&-

if [ -c /dev/full ]; then
  "$attn" compute in.json >/dev/full 2>errors.txt
  expect 1 $? 'exit code on a full device'
  expect 'attn: error: standard output: cannot be written: No space left on device' "$(cat errors.txt)" 'message on a full device'
  # A failed write is no error of a line's document, but of the run.
  for _ in $(seq 50); do cat wanted.json; done | sed 's/.*/{"embeddings":[[1,0],[0,1]]}/' >lines.jsonl
  "$attn" compute lines.jsonl >/dev/full 2>errors.txt
  expect 1 $? 'exit code of lines on a full device'
  expect 'attn: error: standard output: cannot be written: No space left on device' "$(cat errors.txt)" 'message of lines on a full device'
  rm -f answers.jsonl
  (
    ulimit -f 1
    exec "$attn" compute lines.jsonl -o answers.jsonl
  ) 2>errors.txt
  expect 1 $? 'exit code of lines that find no room'
  expect 'attn: error: answers.jsonl: cannot be written: File too large' "$(cat errors.txt)" 'message of lines that find no room'
  [ -e answers.jsonl ] && fail 'answers that are not whole'
fi

# Standard output is one output by each of its names; where it leads to a file, by that too.
rm -f own.json
"$attn" compute in.json -o own.json -f csv >own.json 2>errors.txt
expect 2 $? 'exit code of standard output to the file of -o'
expect 'attn: error: -o: names standard output twice' "$(cat errors.txt)" 'standard output to the file of -o'
"$attn" compute in.json -o own.json >own.json || fail 'a file that standard output leads to, with nothing on it'
cmp -s own.json wanted.json || fail 'the file that standard output leads to'
"$attn" compute in.json -o json:/dev/stdout -o csv:- >errors.txt 2>&1
expect 2 $? 'exit code of standard output under two names'
[ "$("$attn" compute in.json -o json:/dev/stderr -o csv:/dev/stdout 2>&1 | wc -l)" = 3 ] || fail 'two outputs that lead to one pipe'
"$attn" compute in.json -o json:- -o npy:/dev/null >/dev/null || fail 'two outputs to /dev/null'

# A file may be replaced by what is made of it as standard input; under its name it is kept.
cp in.json own.json
expect_code 2 "$attn" compute own.json -o own.json
cmp -s in.json own.json || fail 'an input that is an output too'
"$attn" compute <own.json -o own.json || fail 'a file that is standard input, and replaced'
cmp -s own.json wanted.json || fail 'the result in the place of standard input'
cp in.json own.json
"$attn" compute /dev/stdin <own.json -o own.json || fail 'the same, by the name /dev/stdin'

# Pipes as the files of flags.
"$attn" compute --random 2,3 --seed 1 -o output=q.npy -o all.npz --emit query,key,value || fail 'arrays'
"$attn" compute --query <(cat q.npy) --key <("$attn" compute --random 2,3 --emit key -f csv) --value q.npy \
  --mask-file <(printf '[[true,false],[true,true]]') --scale <(printf '[0.5]') -o piped.json || fail 'pipes as files'
"$attn" compute --random 2,3 -o key=k.npy || fail 'a key'
"$attn" compute --query q.npy --key k.npy --value q.npy --causal --scale 0.5 --expect piped.json -q >/dev/null || fail 'what came through pipes'

# JSON behind a byte order mark, and UTF-16, are refused as such, however they come; the advice works.
for text in '{"embeddings":[[1,0],[0,1]]}' '[[1,0],[0,1]]'; do
  printf '\357\273\277%s' "$text" >mark.json
  printf '%s' "$text" | iconv -f UTF-8 -t UTF-16 >wide.json
  for run in '"$attn" compute FILE' '"$attn" compute <FILE' 'cat FILE | "$attn" compute'; do
    expect 'begins with a byte order mark, which JSON must not have (RFC 8259, section 8.1)' \
      "$(eval "${run/FILE/mark.json}" 2>&1 | sed 's/.*:1:1: //')" "${run/FILE/mark.json}"
    expect "is UTF-16, and text is read as UTF-8; 'iconv -f UTF-16 -t UTF-8' converts it" \
      "$(eval "${run/FILE/wide.json}" 2>&1 | sed 's/attn: error: [^:]*: //')" "${run/FILE/wide.json}"
  done
  expect "$(cat wanted.json)" "$(iconv -f UTF-16 -t UTF-8 <wide.json | "$attn" compute)" 'what iconv converts'
done

expect_code 1 "$attn" compute </dev/null
expect_code 2 "$attn" compute in.json -o picture.gif
finish
