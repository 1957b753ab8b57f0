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

if [ -c /dev/full ]; then
  "$attn" compute in.json >/dev/full 2>errors.txt
  expect 1 $? 'exit code on a full device'
  expect 'attn: error: standard output: cannot be written: No space left on device' "$(cat errors.txt)" 'message on a full device'
fi

expect_code 1 "$attn" compute </dev/null
expect_code 2 "$attn" compute in.json -o picture.gif
finish
