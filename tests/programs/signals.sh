#!/usr/bin/env bash
# SIGINT and SIGTERM: exit codes 130 and 143, and no half-written file.
set -m # background jobs are interruptible
. "$2/tests/support/program.sh"

for signal in INT:130 TERM:143; do
  "$attn" compute --random 1,8,3000,64 --kernel reference --threads 1 -o weights.npy -o picture.png &
  run=$!
  # The temporary files are there before the work starts.
  for _ in $(seq 200); do
    [ -n "$(ls -A)" ] && break
    sleep 0.05
  done
  [ -n "$(ls -A)" ] || fail 'no temporary file was made'
  kill -"${signal%:*}" "$run"
  wait "$run" 2>/dev/null
  expect "${signal#*:}" $? "exit code after SIG${signal%:*}"
  expect_files
done
finish
