#!/usr/bin/env bash
# The examples say what they said: every command of examples/README.md and README.md prints what the page shows, the
# documents find the words they promise, and the pictures come out as they are stored.
#   tests/programs/examples.sh EXECUTABLE PROJECT
set -u
set -o pipefail
attn=$(realpath "$1")
project=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$attn" "$folder/bin/attn"
export PATH="$folder/bin:$PATH"
unset ATTN ATTN_KERNEL ATTN_THREADS COLUMNS LINES
cp -r "$project/examples" "$project/README.md" "$folder"
mkdir -p "$folder/tests/support"
cp "$project/tests/support/browser.sh" "$folder/tests/support"
cd "$folder" || exit 1

failures=0
fail() {
  printf 'FAILED: %s\n' "$*"
  failures=$((failures + 1))
}

# retold PAGE: the page, with what its commands print now. In a console block a line "$ command" is a command, and the
# other lines are its output.
retold() {
  local line fenced=no
  while IFS= read -r line; do
    case "$fenced $line" in
      'no ```console') fenced=yes ;;
      'yes ```') fenced=no ;;
      'yes $ '*)
        printf '%s\n' "$line"
        bash -o pipefail -c "${line#\$ }" 2>&1 </dev/null || printf '(exit %d)\n' $?
        continue
        ;;
      'yes '*) continue ;;
    esac
    printf '%s\n' "$line"
  done <"$1"
}

# The numbers of the page hold for every kernel set; four decimals leave no room for the last bit.
for kernel in reference auto; do
  for page in examples/README.md README.md; do
    ATTN_KERNEL=$kernel retold "$page" >"$kernel.md"
    diff -u "$page" "$kernel.md" || fail "$page with kernel $kernel; patch takes the lines above"
  done
done
commands=$(grep -c '^\$ ' examples/README.md)
[ "$commands" -ge 15 ] || fail "the page shows $commands commands; were the console blocks found?"
for made in notebook.png four.png regular.json causal.json sentence.png heads.png translation.png mask.png window.png \
  boat.png words.svg rollout.png heads.html; do
  [ -s "$made" ] || fail "the page's command did not write $made"
done

for document in examples/*.json; do
  jq -e '.metadata.about and (.tokens | type == "array")' "$document" >/dev/null ||
    fail "$document: no JSON, or without metadata.about and tokens"
done
diff <(jq -nr -f examples/make_mat.jq) examples/mat.json || fail "examples/mat.json is not what make_mat.jq makes"
[ "$(wc -c <examples/mat.json)" -lt 1000000 ] || fail "examples/mat.json is too large"

# finds DOCUMENT QUERY KEY: in head 0 the query's strongest key is KEY, with a weight above 0.8.
finds() {
  local found
  found=$(attn multihead "examples/$1" -f json | jq -r --arg query "$2" '.tokens as $tokens
    | .weights[0][$tokens | index($query)] as $row | ($row | max) as $most
    | "\($tokens[$row | index($most)]) \($most > 0.8)"')
  [ "$found" = "$3 true" ] || fail "$1: $2 should find $3 with more than 0.8, got: $found"
}
finds pronoun.json it cat
finds verb.json are dogs
finds verb.json playing dogs
finds distance.json was book
finds distance.json bought I

# Each head of mat.json has its own pattern, and the translation its alignment.
attn multihead examples/mat.json -f json |
  jq -e '[.weights[] | flatten | map(. * 20 | round)] | length == 8 and (unique | length == 8)' >/dev/null ||
  fail "mat.json: the eight heads should differ"
strongest=$(attn compute examples/translation.json -f json | jq -c '[.weights[] | index(max)]')
[ "$strongest" = '[0,1,2,3,6,5,4,7,7,8,9,10,11,12]' ] || fail "translation.json: strongest keys $strongest"

# Printed in "Build a Large Language Model (From Scratch)", chapter 3.
attn compute examples/journey.json --scale none -f json >journey.json
rounded() { jq -c "$1 | map(. * 10000 | round / 10000)" journey.json; }
[ "$(rounded '.weights[1]')" = '[0.1385,0.2379,0.2333,0.124,0.1082,0.1581]' ] || fail "journey.json: weights of journey"
[ "$(rounded '.output[1]')" = '[0.4419,0.6515,0.5683]' ] || fail "journey.json: context of journey"

# What an unknown word, a sentence without a pronoun and one without words make of the pipeline.
[ "$(examples/pipeline.sh 'Colourless green ideas')" = 'Colourless green ideas' ] || fail "pipeline.sh: no pronoun"
examples/pipeline.sh ' ' >/dev/null 2>empty && fail "pipeline.sh: no words should be an error"
grep -q '^attn: error: ' empty || fail "pipeline.sh: no words: $(cat empty)"

# The quickstart, without installing and building: a table, a picture here, a picture in a file; and again.
mkdir elsewhere
for run in first second; do
  (cd elsewhere && ATTN=$attn "$project/examples/quickstart.sh") >quickstart.txt 2>&1 ||
    fail "quickstart.sh, $run run: $(cat quickstart.txt)"
  grep -q '^  cat   0.1547  0.5480  0.2239  0.0734$' quickstart.txt || fail "quickstart.sh, $run run: no table"
  grep -q '██' quickstart.txt || fail "quickstart.sh, $run run: no picture"
  grep -q "/elsewhere/attn-quickstart/sentence.png$" quickstart.txt || fail "quickstart.sh, $run run: no place"
done
[ "$(head -c 4 elsewhere/attn-quickstart/sentence.png | tail -c 3)" = PNG ] || fail "quickstart.sh: no PNG"
jq -e '.tokens[1] == "cat"' elsewhere/attn-quickstart/sentence.json >/dev/null || fail "quickstart.sh: no JSON"
ATTN=$attn "$project/examples/quickstart.sh" "$folder/named" >/dev/null && [ -s named/sentence.png ] ||
  fail "quickstart.sh: FOLDER"
touch file
ATTN=$attn "$project/examples/quickstart.sh" file/below >quickstart.txt 2>&1 && fail "quickstart.sh: wrong FOLDER"
grep -q 'failed at: Making the folder file/below' quickstart.txt || fail "quickstart.sh: $(cat quickstart.txt)"
"$project/examples/quickstart.sh" --help >quickstart.txt 2>&1
[ $? = 2 ] && grep -q '^usage: ' quickstart.txt || fail "quickstart.sh --help: $(cat quickstart.txt)"

SCREENSHOT=no examples/make_pictures.sh pictures || fail "make_pictures.sh"
diff -r --exclude=page.png --exclude=it.png pictures examples/pictures || fail "examples/pictures are not what make_pictures.sh draws"
bytes=$(cat examples/pictures/*.png | wc -c)
[ "$bytes" -lt 700000 ] || fail "the pictures take $bytes bytes"
while read -r picture; do
  [ -s "examples/$picture" ] || fail "examples/README.md shows $picture, which is not there"
done < <(grep -oE 'pictures/[a-z-]*\.(png|svg)' examples/README.md)

[ "$failures" = 0 ] || exit 1
printf 'examples: %d commands, %d pictures, all as they should be\n' "$commands" "$(ls pictures | wc -l)"
