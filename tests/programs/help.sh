#!/usr/bin/env bash
# The examples that --help opens with run as they are written, in a folder with the files that they name.
. "$2/tests/support/program.sh"
ln -s "$attn" attn
export PATH=$work:$PATH HOME=$work
cp -r "$project/examples/." .
mkdir -p models/gpt2 .zfunc .config/fish/completions

# zeros NAME ROWS [COLUMNS]: appends a tensor of zeros to the header and the data of a safetensors file.
header='' bytes=0
zeros() {
  local end=$((bytes + 4 * $2 * ${3:-1}))
  header+="${header:+,}\"$1\":{\"dtype\":\"F32\",\"shape\":[$2${3:+,$3}],\"data_offsets\":[$bytes,$end]}"
  bytes=$end
}
# The smallest of GPT-2s.
zeros wte.weight 4 4
zeros wpe.weight 16 4
zeros h.0.attn.c_attn.weight 4 12
zeros h.0.attn.c_attn.bias 12
zeros h.0.attn.c_proj.weight 4 4
zeros h.0.attn.c_proj.bias 4
zeros h.0.mlp.c_fc.weight 4 16
zeros h.0.mlp.c_fc.bias 16
zeros h.0.mlp.c_proj.weight 16 4
zeros h.0.mlp.c_proj.bias 4
for norm in h.0.ln_1 h.0.ln_2 ln_f; do
  zeros $norm.weight 4
  zeros $norm.bias 4
done
while [ $((${#header} % 8)) != 6 ]; do header+=' '; done
length=$((${#header} + 2))
{
  printf "\\x$(printf %x $((length % 256)))\\x$(printf %x $((length / 256)))\\0\\0\\0\\0\\0\\0{%s}" "$header"
  head -c "$bytes" /dev/zero
} >models/gpt2/model.safetensors
echo '{"model_type": "gpt2", "n_embd": 4, "n_head": 2, "n_layer": 1, "n_positions": 16, "vocab_size": 4}' \
  >models/gpt2/config.json
cat >models/gpt2/tokenizer.json <<'END'
{"added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
 "model": {"type": "WordLevel", "unk_token": "the", "vocab": {"the": 0, "The": 1, "dogs": 2, "play": 3}}}
END
for name in q k v weights; do attn compute --random 4,8 -o output=$name.npy; done
attn compute sentence.json -o regular.json
attn compute sentence.json --causal -o causal.json

count=0
for command in '' compute mask multihead visualize bench completion; do
  attn $command --help >help.txt
  sed -n '/^Examples:/,/^$/s/^  \([^ ]\)/\1/p' help.txt >examples.txt
  expect 3 "$(wc -l <examples.txt)" "examples of attn $command --help"
  expect 'Examples:' "$(sed -n 5p help.txt)" "what attn $command --help opens with"
  while IFS= read -r line; do
    # Starts itself anew by /proc/self/exe, which is the emulator there.
    case $line in *'bench --suite'*) [ -z "$EMULATED" ] || continue ;; esac
    # Figures of the benchmark are not wanted here, only that it runs.
    case $line in *'attn bench'*) run="$line --runs 1 --warmup 0" ;; *) run=$line ;; esac
    bash -c "$run" >stdout.txt 2>stderr.txt </dev/null || fail "'$line' ends with $?: $(head -n 3 stderr.txt)"
    ! grep -q 'warning\|error' stderr.txt || fail "'$line' says: $(cat stderr.txt)"
    count=$((count + 1))
  done <examples.txt
done
for file in weights.png output.npy mask.png heads.png heads.html both.png bench.png .zfunc/_attn; do
  [ "$file$EMULATED" != bench.png1 ] || continue
  [ -s "$file" ] || fail "no example has made $file"
done
printf 'help: %d examples run\n' "$count"
finish
