#!/usr/bin/env bash
# The same numbers from every kernel set within tolerance, and the same bytes from any number of threads.
. "$2/tests/support/program.sh"
needs jq

run=("$attn" compute --random 2,3,70,20 --causal --softcap 5 --alibi --emit weights,output,lse)
"${run[@]}" --kernel reference --dtype f64 >exact.json || fail 'the reference in f64'
tried=0
for kernel in $("$attn" bench --shape 1,1,1,1 --kernel reference --runs 1 --warmup 0 -f json | jq -r '.kernels[]'); do
  "${run[@]}" --kernel "$kernel" >"$kernel.json" || fail "kernel set $kernel"
  expect "$kernel" "$(jq -r .metadata.kernel "$kernel.json")" 'the kernel set in metadata'
  far=$(jq -n --slurpfile a exact.json --slurpfile b "$kernel.json" \
    '[$a[0], $b[0]] | map([.weights, .output, .lse] | flatten) | transpose | map((.[0] - .[1]) | fabs) | max > 1e-5')
  expect false "$far" "$kernel is too far from float64"
  "${run[@]}" --kernel "$kernel" --threads 1 -o "one.npz" || fail "one thread of $kernel"
  for threads in 2 3; do
    "${run[@]}" --kernel "$kernel" --threads "$threads" -o "many.npz" || fail "$threads threads of $kernel"
    cmp one.npz many.npz || fail "$kernel: $threads threads give other bytes than one"
  done
  "${run[@]}" --kernel "$kernel" --dtype bf16 >bf16.json || fail "bf16 of kernel set $kernel"
  expect bf16 "$(jq -r .metadata.dtype bf16.json)" 'the arithmetic in metadata'
  far=$(jq -n --slurpfile a exact.json --slurpfile b bf16.json \
    '[$a[0], $b[0]] | map([.output, .lse] | flatten) | transpose | map((.[0] - .[1]) | fabs) | max | . > 0.05 or . < 1e-5')
  expect false "$far" "bf16 of $kernel is too far from float64, or too near"
  for threads in 1 3; do
    "${run[@]}" --kernel "$kernel" --dtype bf16 --threads "$threads" -o "bf16-$threads.npz" || fail "bf16 of $kernel"
  done
  cmp bf16-1.npz bf16-3.npz || fail "bf16 of $kernel: 3 threads give other bytes than one"
  "${run[@]}" --kernel "$kernel" --dtype f16 >f16.json || fail "f16 of kernel set $kernel"
  expect f16 "$(jq -r .metadata.dtype f16.json)" 'the arithmetic in metadata'
  far=$(jq -n --slurpfile a exact.json --slurpfile b f16.json \
    '[$a[0], $b[0]] | map([.output, .lse] | flatten) | transpose | map((.[0] - .[1]) | fabs) | max | . > 0.005 or . < 1e-6')
  expect false "$far" "f16 of $kernel is too far from float64, or too near"
  expect "$kernel" "$(ATTN_KERNEL=$kernel "${run[@]}" | jq -r .metadata.kernel)" 'ATTN_KERNEL'
  tried=$((tried + 1))
done
[ "$tried" -ge 1 ] || fail 'no kernel set was tried'
expect "$("${run[@]}" --threads 2)" "$(ATTN_THREADS=2 "${run[@]}")" 'ATTN_THREADS'
ATTN_THREADS=none expect_code 2 "$attn" compute --random 2,2
ATTN_KERNEL=none expect_code 2 "$attn" compute --random 2,2
finish
