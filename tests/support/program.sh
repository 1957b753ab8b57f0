# Helpers of the program tests. Sourced with the executable's path and the project's folder as $1 and $2:
# makes an empty working folder that goes away with the script.
attn=$(realpath -- "$1")
project=$(realpath -- "$2")
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# expect TEXT ACTUAL WHAT
expect() { [ "$1" = "$2" ] || fail "$3: expected '$1', got '$2'"; }

# expect_code CODE COMMAND...
expect_code() {
  local wanted=$1 got=0
  shift
  "$@" >stdout.txt 2>stderr.txt || got=$?
  [ "$got" = "$wanted" ] || fail "$*: exit code $got, not $wanted: $(head -3 stderr.txt)"
}

# expect_files NAME...: what the folder holds, hidden files too, but for what expect_code writes.
expect_files() { expect "$*" "$(ls -A | grep -v '^std...\.txt$' | tr '\n' ' ' | sed 's/ $//')" 'files in the folder'; }

# needs PROGRAM: a test that cannot run is skipped.
needs() {
  command -v "$1" >/dev/null && return
  printf 'skipped: %s is not here\n' "$1"
  exit 77
}

finish() { exit $((failures != 0)); }
