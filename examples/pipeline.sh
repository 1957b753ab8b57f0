#!/usr/bin/env bash
# Two layers of attention in a shell pipeline: jq builds each document, attn attends, jq reads who found whom.
#   examples/pipeline.sh [SENTENCE]...        prints, for each pronoun, the word that it stands for: it -> cat 0.93
# The meaning of "it" hangs on the last word: a cat is tired, a mat is soft. Layer 1 brings that word's features to the
# pronoun (as in a transformer, they are added to what was there); layer 2 looks for the noun that has them.
# The executable is $ATTN, or attn.
set -eu
set -o pipefail
attn=${ATTN:-attn}

# The words that the example knows; all others have no features, and so neither ask nor answer.
# shellcheck disable=SC2016  # jq's variables, not the shell's
lexicon='
  def features: ["noun", "pronoun", "adjective", "animate", "thing"];
  def known: {
    cat: ["noun", "animate"], animal: ["noun", "animate"], girl: ["noun", "animate"], dogs: ["noun", "animate"],
    mat: ["noun", "thing"],   street: ["noun", "thing"],   book: ["noun", "thing"],   bones: ["noun", "thing"],
    it: ["pronoun"], she: ["pronoun"], they: ["pronoun"],
    tired: ["adjective", "animate"], hungry: ["adjective", "animate"], happy: ["adjective", "animate"],
    soft: ["adjective", "thing"],    wide: ["adjective", "thing"],     dry: ["adjective", "thing"]
  };
  def embedding: (known[.] // []) as $has | [features[] as $f | if $has | index($f) then 1 else 0 end];
  # matrix([["pronoun", "adjective", 8]]): rows and columns are features; a pronoun asks for adjectives, 8 strong.
  def matrix(cells): cells as $cells | [features[] as $row | [features[] as $column |
    [$cells[] | select(.[0] == $row and .[1] == $column)[2]] | add // 0]];
  def same(names): [names | [., ., 1]];'

layer_1='{
  W_q: matrix([["pronoun", "adjective", 8]]),
  W_k: matrix(same("adjective")),
  W_v: matrix(same("animate", "thing"))
}'
layer_2='{
  W_q: matrix([["pronoun", "noun", 8], ["animate", "animate", 8], ["thing", "thing", 8]]),
  W_k: matrix(same("noun", "animate", "thing")),
  W_v: matrix(same("noun", "animate", "thing"))
}'

read_sentence() {
  local first between
  first=$(jq -cn --arg sentence "$1" "$lexicon"'
    ($sentence | gsub("[.,;!?]"; "") | split(" ") | map(select(. != ""))) as $tokens |
    {tokens: $tokens, embeddings: [$tokens[] | ascii_downcase | embedding], num_heads: 1, projections: '"$layer_1"'}')
  between=$(printf '%s\n' "$first" | "$attn" multihead -f json)
  printf '%s\n%s\n' "$first" "$between" |
    jq -cs "$lexicon"'.[0] as $in | .[1] as $out | $in + {
      embeddings: [range($in.tokens | length) as $i | [$in.embeddings[$i], $out.output[$i]] | transpose | map(add)],
      projections: '"$layer_2"'}' |
    "$attn" multihead -f json |
    jq -r "$lexicon"'.tokens as $tokens | .weights[0] as $weights | $tokens | to_entries[] |
      select(.value | ascii_downcase | known[.] // [] | index("pronoun")) | . as $query |
      ($weights[$query.key] | max) as $most | $tokens[$weights[$query.key] | index($most)] as $key |
      "  \($query.value) -> \($key) \($most * 100 | round / 100)"'
}

[ $# -gt 0 ] || set -- \
  "The cat sat on the mat because it was tired" \
  "The cat sat on the mat because it was soft" \
  "The animal did not cross the street because it was too tired" \
  "The animal did not cross the street because it was too wide"
for sentence; do
  printf '%s\n' "$sentence"
  read_sentence "$sentence"
done
