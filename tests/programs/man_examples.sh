#!/usr/bin/env bash
# The examples of the manual pages run as a reader sees them, and print what they show; mandoc and groff show the same,
# in lines of 80 columns.
. "$2/tests/support/program.sh"
needs mandoc
ln -s "$attn" attn
export PATH=$work:$PATH HOME=$work
cp -r "$project/examples/." "$project/examples/llama/." .
cp -r "$project/tests/data/tokenizers/bert" model
mkdir -p .zfunc .config/fish/completions
cp journey.json x.json
cp sentence.json in.json
for name in q k v; do attn compute --random 4,8 -o output=$name.npy; done
attn compute --random 4,8 -o kv.npz --emit key,value
attn compute --random 5,16 -o query=hidden.npy
attn compute in.json -o output=o.npy
{
  printf '\223NUMPY\1\0v\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2, 3, 3), }"
  head -c 144 /dev/zero
} >attentions.npy

# What a reader of the page sees; bold letters are printed twice, one over the other.
shown_by_mandoc() { mandoc -T utf8 -O width=80 "$1" | sed 's/.\x08//g'; }
shown_by_groff() { groff -K utf8 -mdoc -Tutf8 -P-c -P-b -P-o -P-u "$1" 2>/dev/null; }

# The commands of a rendered page, each on one line with those that go on with it, and below each what it prints.
examples_of() {
  awk '/^ +\$ / { indent = match($0, /\$/); shows = 1 }
    /^$/ || (shows && match($0, /[^ ]/) < indent) { shows = more = 0 }
    !shows { next }
    { line = substr($0, indent) }
    more || line ~ /^\$ / {
      more = line ~ /[\\|]$/
      sub(/\\$/, "", line)
      printf "%s%s", line, more ? "" : "\n"
      next
    }
    { print line }'
}

# In sizes that a test has time for.
smaller() {
  sed -E 's/65536|4096|16384/64/g; s/--layer 3/--layer 1/; s/--suite standard/--shape 1,1,16,8/
    s/^attn bench (-f|--kernel)/attn bench --shape 1,1,16,8 \1/; s/1,(12|32),/1,8,/
    s/^(attn bench .*)/\1 --runs 1 --warmup 0/' <<<"$1"
}

# Runs what `command` is, if there is one, and compares what it prints with `output`, if the page shows that.
finish_command() {
  [ -n "$command" ] || return
  case $command in
    cat\ *) printf '%s\n' "$output" >"${command#cat }" ;; # the page's own file
  esac
  eval "$(smaller "$command")" >stdout.txt 2>stderr.txt </dev/null ||
    fail "$page: '$command' ends with $?: $(head -n 3 stderr.txt)"
  ! grep -q 'warning\|error' stderr.txt || fail "$page: '$command' says: $(cat stderr.txt)"
  [ -z "$output" ] || expect "$(sed 's/difference .*/difference/' <<<"$output")" \
    "$(sed 's/difference .*/difference/' <(sed 's/ *$//' stdout.txt stderr.txt))" "$page: $command"
  count=$((count + 1))
}

count=0
for file in "$project"/man/*.[0-9]; do
  page=${file##*/}
  shown_by_mandoc "$file" | examples_of >examples.txt
  if command -v groff >/dev/null; then
    diff <(shown_by_groff "$file" | examples_of) examples.txt || fail "$page: groff shows other examples than mandoc"
  fi
  shown_by_mandoc "$file" | sed -n '/^EXAMPLES/,/^[^E ]/p' | awk 'length > 80' >long.txt
  expect '' "$(cat long.txt)" "$page: examples of more than 80 columns"
  command='' output=''
  while IFS= read -r line; do
    case $line in
      '$ '*)
        finish_command
        command=${line#\$ } output=''
        ;;
      *) output+=${output:+$'\n'}$line ;;
    esac
  done <examples.txt
  finish_command
done
[ "$count" -gt 40 ] || fail "only $count examples were found"
for name in out.npy weights.png mask.png heads.png both.png difference.png standard.md .zfunc/_attn; do
  [ -s "$name" ] || fail "no example has made $name"
done
printf 'man_examples: %d examples run\n' "$count"
finish
