#!/usr/bin/env bash
# Signals that end a run: 128 and their number as its exit code, and no half-written file; what is ignored on purpose.
set -m # background jobs are interruptible
. "$2/tests/support/program.sh"

# Waits until there is a file: temporary ones are there before the work starts.
await_file() {
  for _ in $(seq 200); do
    [ -n "$(ls -A "$1")" ] && return
    sleep 0.05
  done
  fail 'no temporary file was made'
}

long_run=(compute --random 1,8,3000,64 --kernel reference --threads 1 -o weights.npy -o picture.png)

for signal in HUP:129 INT:130 QUIT:131 TERM:143 USR1:138; do
  "$attn" "${long_run[@]}" &
  run=$!
  await_file .
  kill -"${signal%:*}" "$run"
  wait "$run" 2>/dev/null
  expect "${signal#*:}" $? "exit code after SIG${signal%:*}"
  expect_files
done

# What nohup and shells ignore for a run stays ignored.
(
  trap '' HUP INT
  exec "$attn" "${long_run[@]}"
) &
run=$!
await_file .
kill -HUP "$run"
kill -INT "$run"
sleep 0.3
kill -0 "$run" || fail 'an ignored signal ended a run'
kill -TERM "$run"
wait "$run" 2>/dev/null
expect 143 $? 'exit code after ignored signals'
expect_files

# A run that was killed outright leaves its files to the next that writes the same.
"$attn" "${long_run[@]}" &
run=$!
await_file .
while [ "$(ls -A | wc -l)" -lt 2 ]; do sleep 0.05; done
kill -KILL "$run"
wait "$run" 2>/dev/null
expect_files .picture.png.attn-000000 .weights.npy.attn-000000
left=$(stat -c %z .*.attn-000000)
"$attn" "${long_run[@]}" &
run=$!
for _ in $(seq 200); do
  sleep 0.05
  [ "$(stat -c %z .weights.npy.attn-000000)" != "${left#*$'\n'}" ] &&
    [ "$(stat -c %z .picture.png.attn-000000)" != "${left%$'\n'*}" ] && break
done
# Those of a run that goes on stay.
"$attn" compute --random 4,4 -o weights.npy || fail 'a second run'
[ -e .weights.npy.attn-000000 ] || fail 'a file that is in use was removed'
kill -TERM "$run"
wait "$run" 2>/dev/null
expect_files weights.npy
rm weights.npy

# A limit on the size of files is an error of the write.
(
  ulimit -f 1
  exec "$attn" compute --random 1000,16 -o weights.npy
) 2>errors
expect 1 $? 'exit code at the limit of file sizes'
expect 'attn: error: weights.npy: cannot be written: File too large' "$(cat errors)" 'message at the limit of file sizes'
rm errors
expect_files

# A file that is cut while it is read: the run waits for its key meanwhile.
"$attn" compute --random 600,64 --emit query,key,value -o input.safetensors || fail 'an input'
mkfifo key.json
"$attn" compute input.safetensors --key key.json -o weights.npy 2>errors &
run=$!
for _ in $(seq 200); do
  [ -n "$(ls -A | grep '^\.weights')" ] && break
  sleep 0.05
done
exec 4>key.json # waits until it is opened
truncate -s 100 input.safetensors
for row in $(seq 600); do
  [ "$row" = 1 ] && printf '[' || printf ','
  printf '[1%063d]' 0 | sed 's/0/,1/g'
done >&4
printf ']' >&4
exec 4>&-
wait "$run"
expect 1 $? 'exit code after a cut file'
expect 'attn: error: a file that is being read was cut meanwhile, or its disk fails' "$(cat errors)" 'message of a cut file'
rm errors key.json input.safetensors
expect_files
finish
