# Helpers of the cluster tests, beside those of program tests: attn on the PATH, a part that is killed, and the whole
# to compare with. Sourced with the executable's path and the project's folder as $1 and $2.
. "$2/tests/support/program.sh"
examples=$project/examples/cluster
mkdir bin && ln -s "$attn" bin/attn
export PATH=$work/bin:$PATH
problem=(compute --random 2,32768,64 --causal --threads 1)

skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

# within SECONDS COMMAND...: waits until the command succeeds; fails if it never does.
within() {
  local tries=$((10 * $1))
  shift
  for ((; tries > 0; --tries)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  return 1
}

# run_of PART FOLDER: the process that computes a part of a file in the folder.
run_of() {
  local pid
  for pid in $(pgrep -f -- "--query-part $1\$"); do
    [ "$(readlink "/proc/$pid/exe")" = "$attn" ] && [ "$(readlink "/proc/$pid/cwd")" = "$2" ] && echo "$pid" && return
  done
  return 1
}

# kill_run PART: kills the run of a part of whole.npy, once it has begun.
kill_run() {
  within 60 run_of "$1" "$work" || { fail "no run of part $1"; return; }
  within 60 test -e whole.npy.parts || fail 'no part has begun'
  kill -KILL "$(run_of "$1" "$work")" || fail "part $1 cannot be killed"
}

missing() { attn compute -o output=whole.npy --missing | paste -sd,; }

# check_whole ENGINE: the file is that of one run, and says how it came about.
check_whole() {
  attn "${problem[@]}" -o output=all.npy || fail 'the whole'
  cmp whole.npy all.npy || { fail "the whole by $1"; return; }
  printf '%s: ok, %s\n' "$1" "$(basename -a whole.npy.parts/*-of-* | paste -sd' ')"
}
