#!/usr/bin/env bash
# The installed JSON Schemas hold for every example, for what the commands of both pages of examples give, and for more
# results of each kind; they refuse what attn refuses. The one test that uses Python, whose validator it is.
. "$2/tests/support/program.sh"
needs python3
python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null || {
  printf 'skipped: python3-jsonschema is not here\n'
  exit 77
}
cp -r "$project/examples" "$project/README.md" .
mkdir captured bin

# check SCHEMA yes|no FILE: notes what is to be validated.
check() { printf '%s\n' "$*" >>list.txt; }

for document in examples/*.json; do check input yes "$document"; done

# While the pages' commands run, attn is this: the same, and for each command that gives a document one more run for it.
cat >bin/attn <<END
#!/usr/bin/env bash
input=\$(mktemp '$work/input.XXXXXX')
cat >"\$input"
'$attn' "\$@" <"\$input"
code=\$?
case \$1 in compute | multihead) schema=result ;; mask | bench) schema=\$1 ;; *) exit \$code ;; esac
[ \$code = 0 ] || exit \$code
file=\$(mktemp '$work/captured/XXXXXX')
arguments=()
for argument; do [ "\$argument" = --steps ] || arguments+=("\$argument"); done
case "\$*" in *'--list'*) rm "\$file"; exit 0 ;; esac
if '$attn' "\${arguments[@]}" -q -f json >"\$file" <"\$input"; then
  printf '%s yes %s\n' \$schema "\$file" >>'$work/list.txt'
else
  printf 'FAILED: no document of attn %s\n' "\$*" >>'$work/failed.txt'
fi
exit 0
END
chmod +x bin/attn
for page in README.md examples/README.md; do
  sed -n '/^```console$/,/^```$/s/^\$ //p' "$page" | sed 's/^cat .*//' >commands.txt
  while IFS= read -r line; do
    PATH=$work/bin:$PATH bash -c "$line" >/dev/null 2>&1 </dev/null
  done <commands.txt
done
[ ! -f failed.txt ] || fail "$(cat failed.txt)"
captured=$(find captured -type f | wc -l)
[ "$captured" -ge 30 ] || fail "the pages gave $captured documents; were the console blocks found?"

# given SCHEMA NAME ARGUMENT...: a document of its own.
given() {
  local schema=$1 name=$2
  shift 2
  "$attn" "$@" -f json -q >"$name.json" || fail "attn $* ends with $?"
  check "$schema" yes "$name.json"
}
cd examples || exit 1
everything=query,key,value,scores,capped,masked,mask,weights,dropped,output,lse,present_key,present_value
given result compute compute --random 2,2,5,4 --emit $everything --stats --top 2 --dropout 0.5 --softcap 3 --causal \
  --empty-row nan --mask 'window:1,1' --query-range 1:3 --scale 0.5,0.25
given result multihead multihead mat.json --emit $everything,concat --stats --top 1 --rope 100 --norm-qk rms --add-zero-attn
given result llama multihead --random 4,16 --weights llama --layer 1 --norm
given result drawn multihead journey.json --init torch-randn --init-scale 0.1 --seed 3 --stacked --heads 2 --d-out 4
given mask mask mask 'causal & window:2,0' --queries 5
given mask bools mask causal --queries 5 --as bool
given mask additive mask causal --queries 3 --as additive
given mask counts mask causal --queries 300 --stats
given bench bench bench --shape 1,2,32,8 --mode stream --mode projection --runs 1 --warmup 0 --kernel reference --threads 1
given bench stages bench --input mat.json --stages --runs 1 --warmup 0
printf '[[[[[0.5,0.5],[0,1]],[[1,0],[1,0]]]],[[[[0.5,0.5],[0,1]],[[1,0],[1,0]]]]]' >layers.json
given visualize matrices visualize compute.json
given visualize rollout visualize layers.json --layer all --rollout --rollout-fusion max
given visualize reduced visualize layers.json --layer mean --head std --diff layers.json
given visualize chosen visualize layers.json --head 1 --batch all --tokens a,b
printf '{"embeddings":[[1,2],[3,4]]}\n{"embeddings":[[1,2],[3]]}\n' >lines.jsonl
expect_code 1 "$attn" compute lines.jsonl
mv stdout.txt results.jsonl
check result yes results.jsonl

# refused NAME DOCUMENT: neither the schema nor attn takes it.
refused() {
  printf '%s' "$2" >"$1.json"
  check input no "$1.json"
  for command in compute multihead; do "$attn" $command "$1.json" >/dev/null 2>&1 && fail "attn $command takes $2"; done
}
refused member '{"embedings":[[1]]}'
refused token '{"tokens":[1],"embeddings":[[1]]}'
refused truth '{"embeddings":[[1]],"mask":[[2]]}'
refused null '{"embeddings":[[null]]}'
refused scale '{"embeddings":[[1]],"scale":"one"}'
refused projection '{"embeddings":[[1]],"projections":{"W_x":[[1]]}}'
refused heads '{"embeddings":[[1]],"num_heads":0}'
mv list.txt here.txt
sed "s| \([^ /]*\)\$| $work/examples/\1|" here.txt >>../list.txt
cd ..

# Each emitted tensor is a member of results, and each member of input documents stands on the manual's page.
for name in $(tr , ' ' <<<"$everything,concat,hidden,hidden_last"); do
  grep -q "\"$name\": {\"\$ref\": \"#/\$defs/tensor\"}" "$project/src/schema/result.json" || fail "results may not have '$name'"
done
python3 - "$project" >members.txt <<'END'
import json, sys
print("\n".join(json.load(open(sys.argv[1] + "/src/schema/input.json"))["$defs"]["document"]["properties"]))
END
documented=$(sed -n '/^\.Sh INPUT/,/^\.Ss Projections/s/^\.It Cm \(.*\)/\1/p' "$project/man/attn-json.5" | tr -d ' ' | tr ',' '\n' |
  sed 's/^Cm//' | sort)
expect "$documented" "$(grep -vx '[qkv]' members.txt | sort)" 'members of input documents, in the manual and in the schema'

python3 "$project/tests/tools/validate.py" "$project/src/schema" list.txt || fail 'see above'
finish
