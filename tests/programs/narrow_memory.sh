#!/usr/bin/env bash
# Keys and values of 16 bits are not copied as float32: the process has little more than what the files hold, measured
# from outside.
. "$2/tests/support/program.sh"
. "$2/tests/support/peak_memory.sh"

# zeros NAME TYPE BYTES SHAPE: an NPY of zeros.
zeros() {
  local header="{'descr': '$2', 'fortran_order': False, 'shape': $4, }"
  header=$(printf '%-117s' "$header")
  { printf '\x93NUMPY\x01\x00\x76\x00%s\n' "$header"; head -c "$3" /dev/zero; } >"$1"
}
zeros q.npy '<f4' 16384 '(1, 32, 1, 128)'
zeros k.npy '<f2' 33554432 '(1, 8, 16384, 128)' # 32 MB
cp k.npy v.npy
zeros k32.npy '<f4' 67108864 '(1, 8, 16384, 128)'
cp k32.npy v32.npy

# peak_of K V: KiB of decoding.
peak_of() {
  "$measure" "$attn" compute --query q.npy --key "$1" --value "$2" -o output=o.npy >/dev/null 2>stderr.txt ||
    fail "decoding $1: $(head -1 stderr.txt)"
  tail -1 stderr.txt
}
narrow=$(peak_of k.npy v.npy) && mv o.npy narrow.npy
wide=$(peak_of k32.npy v32.npy)
cmp narrow.npy o.npy || fail 'the same numbers give another output'
[ "$narrow" -le $((64 * 1024 + 16 * 1024)) ] || fail "64 MB of keys and values took $narrow KiB"
[ "$narrow" -lt "$wide" ] || fail "narrow files took $narrow KiB, wide ones $wide"

# Plain loops have copies of such numbers: the least limit that they are given is one that they keep to.
for type in f32 bf16 f16; do
  rm -f o.npy
  for limit in $(seq 80 20 500); do
    "$measure" "$attn" compute --query q.npy --key k.npy --value v.npy --kernel reference --dtype "$type" \
      --max-memory "${limit}M" -o output=o.npy >/dev/null 2>stderr.txt && break
  done
  [ -s o.npy ] || fail "plain loops in $type did not run"
  peak=$(tail -1 stderr.txt)
  [ "$peak" -le $(((limit + 16) * 1024)) ] || fail "plain loops in $type took $peak KiB of ${limit}M"
done
printf 'narrow_memory: %s KiB for 64 MB of float16, %s for the same as float32\n' "$narrow" "$wide"
finish
