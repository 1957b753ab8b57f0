#!/usr/bin/env bash
# Makes the gallery's pictures from the example documents: examples/make_pictures.sh [FOLDER]
# FOLDER is examples/pictures unless given; the executable is $ATTN, or attn. The picture of the HTML page is a
# screenshot of Chromium, which depends on its version and fonts; SCREENSHOT=no leaves it out. The one of a whole model
# is drawn if MINILM names that model's folder: see "A sentence through a model" in README.md.
set -eu
set -o pipefail
attn=${ATTN:-attn}
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pictures=${1:-$examples/pictures}
mkdir -p "$pictures"
export ATTN_KERNEL=reference  # the last bit of a weight, and so of a pixel, is then the same on every processor
results=$(mktemp -d)
# shellcheck source=tests/support/browser.sh
. "$examples/../tests/support/browser.sh"
trap 'browser_stop; rm -r "$results"' EXIT

"$attn" compute "$examples/sentence.json" -o "$results/regular.json"
"$attn" compute "$examples/sentence.json" --causal -o "$results/causal.json"
"$attn" visualize "$results/regular.json" --compare "$results/causal.json" --annot \
  --colorbar-label "attention weight" -o "$pictures/sentence.png"
"$attn" visualize "$results/regular.json" --compare "$results/causal.json" --annot --theme dark \
  --colorbar-label "attention weight" -o "$pictures/sentence-dark.png"

drawn=("$attn" multihead -q "$examples/journey.json" --heads 1 --d-out 2 --init torch-linear --seed 789 --no-output-projection)
"${drawn[@]}" -o "$results/notebook-regular.json"
"${drawn[@]}" --causal -o "$results/notebook-causal.json"
"$attn" visualize "$results/notebook-regular.json" --compare "$results/notebook-causal.json" --annot \
  --colorbar-label "attention weight" -o "$pictures/notebook.png"
"$attn" multihead -q --text "Your journey starts with one step" --random 6,64 --seed 42 --heads 8 --init torch-linear \
  -o "$results/eight.npz"
"$attn" visualize "$results/eight.npz" --head 0:4 --title "First four heads of eight" -o "$pictures/four.png"

if [ -n "${MINILM:-}" ]; then
  "$attn" multihead --weights "$MINILM" --text "The cat sat on the mat because it was tired" --layer 4 --head 3 \
    --rows 1:11 --cols 1:11 --renormalize --title "MiniLM, layer 4" -q -o "$pictures/it.png"
fi

"$attn" multihead "$examples/mat.json" --vmin 0 --vmax 1 --title "Eight heads, six words, one layer" \
  --colorbar-label "attention weight" -o "$pictures/heads.png"

"$attn" compute "$examples/translation.json" --cmap magma --vmin 0 --vmax 1 \
  --title "Which English word does each French word translate?" --xlabel "English (key)" --ylabel "French (query)" \
  --colorbar-label "attention weight" -o "$pictures/translation.png"

for example in "pronoun:it → cat" "verb:are, playing → dogs" "distance:was → book, bought → I"; do
  "$attn" multihead "$examples/${example%%:*}.json" --cmap Blues --annot --vmin 0 --vmax 1 \
    --title "${example#*:}" -o "$pictures/${example%%:*}.png"
done

"$attn" compute --random 64,16 --seed 1 --scale 0.1 --alibi --mask "causal & (window:23,0 | sink:2)" --log \
  --theme dark --title "causal & (window:23,0 | sink:2), with ALiBi" --colorbar-label "attention weight" \
  -o "$pictures/window.png"

"$attn" mask "causal & (window:7,0 | stride:8 | sink:2)" --queries 64 --cmap Blues \
  --title "causal & (window:7,0 | stride:8 | sink:2)" -o "$pictures/mask.png"

"$attn" compute "$examples/boat.json" --rows "'6,6'" --reshape 14x14 --overlay "$examples/boat.png" \
  --title "What a patch of the sail looks at" -o "$pictures/boat.png"

"$attn" compute "$examples/subwords.json" --merge-words --annot --cmap Blues -o "$pictures/words.svg"

"$attn" multihead "$examples/mat.json" --causal -o "$results/layer.json"
"$attn" visualize "$results"/layer.json{,,,} --layer all --rollout --rollout-fusion max --cmap magma \
  --title "Rollout through four layers" -o "$pictures/rollout.png"

[ "${SCREENSHOT:-yes}" = yes ] || exit 0
"$attn" multihead "$examples/mat.json" --title "Eight heads, six words" -o "$results/heads.html"
browser_start 1280 860
browser_open "$results/heads.html"
browser_js 'document.getElementById("tab-heads").click()' >/dev/null
browser_settle
# shellcheck disable=SC2046  # two numbers
browser_click $(browser_at '.queries .option:nth-child(3)')
browser_screenshot "$pictures/page.png"
