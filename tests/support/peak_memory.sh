# For program tests that measure memory from outside: $measure prints the peak of a command in KiB as the last line of
# standard error. Skips the test where it is not built, or where sanitizers make the program itself large. Sourced by bash.
measure=$(dirname "$attn")/tests/peak_memory
[ -x "$measure" ] || measure=${PEAK_MEMORY:-}
[ -x "$measure" ] || { printf 'skipped: peak_memory is not built\n'; exit 77; }
"$measure" "$attn" --version >/dev/null 2>base.txt
[ "$(tail -1 base.txt)" -lt 16000 ] || { printf 'skipped: the program itself takes more\n'; exit 77; } # sanitizers
