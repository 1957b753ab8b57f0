#!/usr/bin/env bash
# From a fresh Debian 12 or 13, or Ubuntu 24.04, to the first picture: installs what is missing, builds attn, and runs an
# example.
#   examples/quickstart.sh [FOLDER]
# The picture goes to FOLDER, or to ./attn-quickstart (in /tmp, where this folder cannot be written). Run again, it
# finds the packages and the build there and needs no network. With ATTN=EXECUTABLE nothing is installed or built.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"
example=$attn_root/examples/sentence.json

case "${1:-}" in
  -*)
    printf 'usage: examples/quickstart.sh [FOLDER]\n' >&2
    exit 2
    ;;
  '') if [ -w . ]; then folder=$PWD/attn-quickstart; else folder=${TMPDIR:-/tmp}/attn-quickstart; fi ;;
  *) folder=$1 ;;
esac
attn_step "Making the folder $folder" "Name one that you can write: examples/quickstart.sh FOLDER" mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

if [ -n "${ATTN:-}" ]; then
  attn=$ATTN
else
  attn_packages build
  attn_build release -DATTN_BUILD_TESTS=OFF attn
  attn=$attn_root/build/release/attn
fi

advice="This should not happen: please report it with the message above. 'rm -r $attn_root/build' builds afresh."
attn_step "Attention of \"The cat sat down\": each row is a word, and how much it takes from every word" "$advice" \
  "$attn" compute "$example" -f text -o "$folder/sentence.json" -o "$folder/sentence.png" --annot \
  --title "The cat sat down" --colorbar-label "attention weight"
attn_step "The weights as a picture, here" "$advice" "$attn" visualize "$folder/sentence.json" -f text

cat <<NEXT
==> Done
The labelled heatmap: $folder/sentence.png
All the numbers:      $folder/sentence.json

Try next:
  cd $(printf %q "$attn_root")
  export PATH=$(printf %q "$(dirname "$attn")"):\$PATH
  attn compute examples/sentence.json --causal --steps
  attn multihead examples/mat.json -o $(printf %q "$folder/heads.png")
  attn mask 'causal & (window:2,0 | sink:1)' --queries 12
  examples/pipeline.sh "The cat sat on the mat because it was soft"
The gallery: examples/README.md. All commands: attn --help
NEXT
