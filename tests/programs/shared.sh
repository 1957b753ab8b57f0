#!/usr/bin/env bash
# Many processes write one file at once; one that is killed leaves no part behind, is found, and is run again.
. "$2/tests/support/program.sh"
problem=(compute --random 2,4096,64 --causal --threads 1)
shared=("${problem[@]}" -o output=whole.npy -o lse=lse.npy --shared -q)

"$attn" "${problem[@]}" -o output=all.npy -o lse=all-lse.npy || fail 'the whole'
parts=12 pids=()
for ((k = 1; k <= parts; ++k)); do
  "$attn" "${shared[@]}" --query-part $k/$parts &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail 'a part'; done
cmp whole.npy all.npy || fail 'the parts are not the whole'
cmp lse.npy all-lse.npy || fail 'the parts of another tensor are not the whole'
expect_files all-lse.npy all.npy lse.npy lse.npy.parts whole.npy whole.npy.parts
expect '' "$("$attn" "${shared[@]}" --missing)" 'what is missing of the whole'
rm -r whole.npy* lse.npy*

# Killed while it computes: all but its own part can be there.
kill_part() {
  "$attn" "${shared[@]}" --query-part "$2" &
  local pid=$!
  for ((tries = 0; tries < 1000; ++tries)); do
    [ -e lse.npy.parts ] && break
    sleep 0.01
  done
  kill -"$1" "$pid"
  wait "$pid" 2>/dev/null
  local got=$?
  expect "$((128 + $(kill -l "$1")))" $got "exit code after SIG$1"
  [ -e whole.npy ] && fail "a file of one killed part has its name"
}
# Long enough to be killed in.
problem=(compute --random 2,$([ -z "$EMULATED" ] && echo 16384 || echo 4096),64 --causal --threads 1)
shared=("${problem[@]}" -o output=whole.npy -o lse=lse.npy --shared -q)
"$attn" "${problem[@]}" -o output=all.npy -o lse=all-lse.npy || fail 'the greater whole'
for signal in KILL TERM; do
  kill_part $signal 2/3
  expect 1/3,2/3,3/3 "$("$attn" "${shared[@]}" --missing | paste -sd,)" "missing after SIG$signal"
  for k in 1 3; do "$attn" "${shared[@]}" --query-part $k/3 || fail "part $k"; done
  [ -e whole.npy ] && fail 'a file without one part has its name'
  expect 2/3 "$("$attn" "${shared[@]}" --missing)" "missing but for SIG$signal"
  # The lines of the list are what --query-part takes.
  "$attn" "${shared[@]}" --missing | xargs -I{} "$attn" "${shared[@]}" --query-part {} || fail 'what was missing'
  cmp whole.npy all.npy || fail "the whole after SIG$signal"
  cmp lse.npy all-lse.npy || fail "the whole of the other tensor after SIG$signal"
  rm -r whole.npy* lse.npy*
done
expect_files all-lse.npy all.npy

# A full disk is found before the work is done, and leaves nothing.
if mkdir full && mount -t tmpfs -o size=64k none full 2>/dev/null; then
  "$attn" compute --random 4096,64 --query-part 1/2 -o output=full/x.npy --shared 2>stderr.txt
  expect 1 $? 'exit code on a full disk'
  expect 'attn: error: full/x.npy: cannot be shared: No space left on device' "$(cat stderr.txt)" 'a full disk'
  expect '' "$(ls -A full)" 'what a full disk holds'
  umount full
fi
finish
