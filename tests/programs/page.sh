#!/usr/bin/env bash
# The interactive page in a real browser: what pointer and keys show are the result's own numbers, tokens stay text,
# and nothing is asked of a network. $PAGE_SCREENSHOT, if set, is where a picture of the head view goes.
. "$2/tests/support/program.sh"
. "$project/tests/support/browser.sh"
missing=$(browser_missing)
[ -z "$missing" ] || needs "$missing"
trap 'browser_stop; rm -rf "$work"' EXIT

# is JS TEXT WHAT: what an expression of the page gives.
is() { expect "$2" "$(browser_js "return String($1)")" "$3"; }
text_of() { browser_js 'return document.querySelector(args[0])?.textContent ?? "nothing"' "$1"; }
tab() { browser_js 'document.getElementById(args[0]).click()' "tab-$1" >/dev/null && browser_settle; }
# same NUMBER JSON WHAT: the text stands for the very number of the JSON, as float32.
same() {
  jq -en --arg shown "$1" --argjson known "$2" '($shown | tonumber) == $known' >/dev/null 2>&1 || fail "$3: expected $2, got '$1'"
}
# cell ROW COLUMN: the middle of a cell in the window.
cell() {
  browser_js 'const box = document.querySelector(".plot").cellBox(Number(args[0]), Number(args[1]));
    return Math.floor(box.x + box.width / 2) + " " + Math.floor(box.y + box.height / 2)' "$1" "$2"
}
# pixel X Y: the heatmap's colour at a place of the window.
pixel() {
  browser_js 'const canvas = document.querySelector(".plot canvas"), box = canvas.getBoundingClientRect();
    return [...canvas.getContext("2d").getImageData(Number(args[0]) - box.left, Number(args[1]) - box.top, 1, 1).data].join(" ")' "$1" "$2"
}
# open FILE: without a word on the console, and without a request but that for the file itself.
open() {
  browser_open "$1" || fail "$1 does not open"
  clean "$1"
  expect "file://$(realpath "$1")" "$(browser_requests)" "$1: requests"
  is 'performance.getEntriesByType("resource").length' 0 "$1: resources"
}
clean() { expect '' "$(browser_log)" "$1: what the console said"; }

"$attn" multihead "$project/examples/mat.json" -o mat.json -o mat.html --title 'Eight heads' --vmin 0 --vmax 1
"$attn" compute "$project/examples/translation.json" -o tr.json -o tr.html
browser_start 1280 900 || { fail 'the browser does not start'; finish; }
weight() { jq -c ".weights[$1][$2][$3]" mat.json; }

# Heatmap: pointer, keys, choices.
open mat.html
expect 'Eight heads' "$(text_of h1)" 'the title'
is 'document.title' 'Eight heads' 'the window'"'"'s title'
for at in '0 0' '2 1' '5 3'; do
  read -r row col <<<"$at"
  browser_move $(cell "$row" "$col")
  same "$(text_of '#said-number')" "$(weight 0 "$row" "$col")" "hover over cell $at"
  expect "$(jq -r ".tokens[$row], .tokens[$col]" mat.json | tr '\n' ' ')" "$(text_of '#said-query') $(text_of '#said-key') " "tokens of cell $at"
done
browser_choose '#choose-head' 3
browser_js 'document.querySelector(".plot").focus()' >/dev/null
browser_keys Home ArrowDown ArrowDown ArrowUp ArrowRight ArrowRight ArrowLeft
browser_keys ArrowUp ArrowUp ArrowUp ArrowUp ArrowUp ArrowUp ArrowDown ArrowDown
same "$(text_of '#said-number')" "$(weight 3 2 1)" 'arrow keys in another head'
browser_keys Enter
expect 'kept' "$(text_of '.row-panel .badge')" 'Enter keeps a row'
browser_move $(cell 4 4)
expect "$(jq -r '.tokens[2]' mat.json) 2" "$(browser_js 'return document.querySelector(".row-panel h2 bdi").textContent + document.querySelector(".row-panel h2 .index").textContent')" 'a row that is kept stays'
same "$(text_of '.row-panel td')" "$(jq '.weights[3][2] | max' mat.json)" 'the strongest key of the row'
browser_keys Escape
expect nothing "$(text_of '.row-panel .badge')" 'Escape lets go'
browser_click $(cell 4 4)
expect kept "$(text_of '.row-panel .badge')" 'a click keeps a row'
browser_click $(cell 4 4)
expect nothing "$(text_of '.row-panel .badge')" 'a second click lets go'

# Reductions, to the bit.
for kind in Mean Maximum Minimum Deviation; do
  browser_choose '#choose-head' "$kind of 8"
  browser_move $(cell 4 1)
  browser_move $(cell 4 2)
  expect true "$(browser_js 'const heads = JSON.parse(args[0]), kind = args[1];
    let result;
    if (kind === "Mean") result = heads.reduce((sum, value) => sum + value, 0) / heads.length;
    else if (kind === "Maximum") result = Math.max(...heads);
    else if (kind === "Minimum") result = Math.min(...heads);
    else {
      const mean = heads.reduce((sum, value) => sum + value, 0) / heads.length;
      result = Math.sqrt(heads.reduce((sum, value) => sum + (value - mean) ** 2, 0) / heads.length);
    }
    const shown = Number(document.getElementById("said-number").textContent);
    return String(kind === "Deviation" ? Math.abs(shown - result) < 1e-7 : Math.fround(shown) === Math.fround(result))' \
    "$(jq -c '[.weights[][4][2]]' mat.json)" "$kind")" "$kind of the heads"
done
expect 'Deviation of 8 heads' "$(text_of '#which')" 'the heading of a reduction'

# Colours: those of PNG. viridis ends in (253, 231, 36) and begins with (68, 1, 84).
"$attn" visualize -o two.html --vmin 0 --vmax 1 <<<'[[0, 1, null, 0.25]]'
open two.html
expect '68 1 84 255' "$(pixel $(cell 0 0))" 'the colour of 0'
expect '253 231 36 255' "$(pixel $(cell 0 1))" 'the colour of 1'
expect '211 211 211 255' "$(pixel $(cell 0 2))" 'the colour of NaN'
expect '58 82 139 255' "$(pixel $(cell 0 3))" 'the colour of a quarter'
browser_move $(cell 0 2)
expect NaN "$(text_of '#said-number')" 'NaN'
expect 'NaN or infinite' "$(browser_js 'return document.querySelector(".legend .bad").parentElement.innerText')" 'NaN in the legend'
browser_js 'document.getElementById("log").click()' >/dev/null && browser_settle
expect '211 211 211 255' "$(pixel $(cell 0 0))" 'the colour of 0 on a logarithmic scale'
browser_js 'document.getElementById("log").click()' >/dev/null
browser_js 'const slider = document.getElementById("threshold"); slider.value = 500; slider.dispatchEvent(new Event("input"))' >/dev/null
browser_settle
expect '247 247 248 255' "$(pixel $(cell 0 3))" 'what is below the threshold'
expect '253 231 36 255' "$(pixel $(cell 0 1))" 'what is above the threshold'
browser_choose '#choose-colormap' 'magma, reversed'
expect '0 0 3 255' "$(pixel $(cell 0 1))" 'another colour map'
clean two.html

# Masked cells: hatched, and said to be masked. The bits are 0110 here.
sed -e 's/"masks":\[\]/"masks":["Bg=="]/' -e 's/"rows":1,"cols":4/"rows":1,"cols":4,"mask":0/' two.html >masked.html
open masked.html
hatched=$(browser_js 'const canvas = document.querySelector(".plot canvas"), box = document.querySelector(".plot").cellBox(0, 1), at = canvas.getBoundingClientRect();
  const data = new Uint32Array(canvas.getContext("2d").getImageData(box.x - at.left + 8, box.y - at.top + 8, 16, 16).data.buffer);
  return String(new Set(data).size)')
expect 2 "$hatched" 'colours of a masked cell'
browser_move $(cell 0 1)
expect true "$(browser_js 'return String(document.getElementById("readout").textContent.endsWith("1 (masked)"))')" 'a masked cell says so'
is 'document.querySelector(".legend .masked").parentElement.hidden' false 'masked cells in the legend'
is '[...document.querySelectorAll(".row-panel tbody th")].length' 2 'masked keys and NaN in the row'

# Zoom and pan: what is under the pointer stays under it.
open tr.html
browser_move $(cell 1 1)
before=$(text_of '#said-number')
read -r x y <<<"$(cell 1 1)"
fitted=$(browser_js 'return String(document.querySelector(".plot").cellBox(0, 0).width)')
browser_wheel "$x" "$y" -300
expect true "$(browser_js 'return String(document.querySelector(".plot").cellBox(0, 0).width > 1.3 * Number(args[0]))' "$fitted")" 'the wheel zooms in'
browser_move $((x + 1)) "$y"
expect "$before" "$(text_of '#said-number')" 'the cell under the wheel'
same "$before" "$(jq '.weights[1][1]' tr.json)" 'a number of more keys than queries'
browser_js '[...document.querySelectorAll(".zoom button")].at(-1).click()' >/dev/null && browser_settle
is 'document.querySelector(".plot").cellBox(0, 0).width' "$fitted" 'Fit shows all'

# Heads: L and S of their own, isolation by pointer and keys, toggles, the mean of some.
tab heads
expect "$(jq -c '[(.tokens | length), (.key_tokens | length)]' tr.json)" "$(browser_js 'return JSON.stringify([".queries", ".keys"].map((list) => document.querySelectorAll(list + " .option").length))')" 'tokens in two columns'
clean tr.html
open mat.html
tab heads
browser_move $(browser_at '.queries .option:nth-child(3)')
same "$(text_of '#readout .weight')" "$(jq '[.weights[][2]] | map(max) | max' mat.json)" 'the strongest line of a token'
for head in 1 2 3 4 5 6 7; do browser_js 'document.querySelector(`.head-toggles [aria-label="Head ${args[0]}"]`).click()' "$head" >/dev/null; done
browser_settle
browser_move $(browser_at '.keys .option:nth-child(1)')
same "$(text_of '#readout .weight')" "$(jq '[.weights[0][][0]] | max' mat.json)" 'the strongest line to a key, of one head'
browser_click $(browser_at '.queries .option:nth-child(5)')
is 'document.querySelectorAll(".queries .option[aria-selected=true]").length' 1 'a click keeps a token'
browser_js 'document.querySelector(".queries .option:nth-child(2)").focus()' >/dev/null
browser_keys ArrowDown
is 'document.activeElement.index' 2 'arrow keys go through the tokens'
same "$(text_of '#readout .weight')" "$(jq '.weights[0][2] | max' mat.json)" 'a token by its keys'
browser_keys Enter
is 'document.querySelector(".queries .option[aria-selected=true]").index' 2 'Enter keeps a token'
browser_js 'document.querySelector(".head-toggles [aria-label=\"Head 1\"]").click(); document.querySelector(".heads .row input").click()' >/dev/null
browser_settle
shown=$(text_of '#readout .weight')
expect true "$(browser_js 'return String(Math.abs(Number(args[0]) - Number(args[1])) < 1e-7)' "$shown" "$(jq '[.weights[0][2], .weights[1][2]] | transpose | map(add / 2) | max' mat.json)")" 'the mean of two heads'
expect true "$(browser_js 'const canvas = document.querySelector(".lines canvas");
  return String(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer).some((pixel) => pixel !== 0))')" 'lines are drawn'

[ -z "${PAGE_SCREENSHOT:-}" ] || browser_screenshot "$PAGE_SCREENSHOT"

# Model: a click opens a head; so does Enter.
tab model
is 'document.querySelectorAll(".thumbnail").length' 8 'thumbnails'
browser_click $(browser_at '.thumbnail[aria-label="Head 6"]')
expect 'Head 6' "$(text_of '#which')" 'a click opens the head'
browser_move $(cell 3 2)
same "$(text_of '#said-number')" "$(weight 6 3 2)" 'a number of the head that was opened'
tab model
browser_js 'document.querySelector(".thumbnail").focus()' >/dev/null
browser_keys ArrowRight ArrowRight Enter
expect 'Head 2' "$(text_of '#which')" 'keys open a head'

# Text: shaded by what a token attends to.
tab query
browser_click $(browser_at '.query [role=option]:nth-child(4)')
expect 'on 3 attends tokept' "$(text_of '.query section:nth-child(2) h2')" 'the token that is kept'
same "$(text_of '#readout .weight')" "$(jq '.weights[2][3] | max' mat.json)" 'what it attends to'
is '[...document.querySelectorAll(".shaded .word")].map((word) => Number(word.title)).join()' "$(jq -r '.weights[2][3] | map(tostring) | join(",")' mat.json)" 'numbers of the words'
is 'new Set([...document.querySelectorAll(".shaded .word")].map((word) => word.style.backgroundColor)).size > 1' true 'words have colours of their own'
browser_js 'document.getElementById("grid-on").click()' >/dev/null && browser_settle
is 'document.querySelector(".key-grid").getAttribute("aria-label")' 'The keys as 2 rows of 3' 'keys as a grid'
browser_move $(browser_js 'const box = document.querySelector(".key-grid").getBoundingClientRect(); return Math.floor(box.left + 2.5 * box.width / 3) + " " + Math.floor(box.top + 1.5 * box.height / 2)')
same "$(text_of '#readout .weight')" "$(weight 2 3 5)" 'a number of the grid'
clean mat.html

# Tokens are text.
jq -n '{tokens: ["</script><script>window.hit=1</script>", "<img src=x onerror=window.hit=1>", "\"'"'"'`&amp;", "a\u2028b\u2029c", "שלום", "<!--", "a\u202eb\u2066\u0001\n"],
  embeddings: [range(7) | [., 1]]}' >hostile.json
"$attn" compute hostile.json -o hostile.html --title '</title><script>window.hit=1</script>' --xlabel '<b>k</b>'
open hostile.html
for view in heads model query heatmap; do tab $view; done
is 'window.hit' undefined 'a hostile token runs'
is 'document.querySelectorAll("img, b").length' 0 'a hostile token is markup'
tab heads
expect "$(jq -c '.tokens[3] = "a\\u2028b\\u2029c" | .tokens[6] = "a\\u202eb\\u2066\\x01\\n" | .tokens' hostile.json)" "$(browser_js 'return JSON.stringify([...document.querySelectorAll(".queries bdi")].map((token) => token.textContent))')" 'tokens as they are, and what would act in them as escapes'
is 'getComputedStyle(document.querySelectorAll(".queries bdi")[4]).direction' rtl 'a token from right to left'
clean hostile.html

# A grid of keys over a picture: the picture where weights are low, the map's colours where they are high.
"$attn" compute "$project/examples/boat.json" --rows "'6,6'" --reshape 14x14 --overlay "$project/examples/boat.png" -o boat.html
open boat.html
for _ in $(seq 50); do [ "$(pixel $(cell 0 0))" = '68 1 84 255' ] || break; sleep 0.1; done
sky=$(pixel $(cell 0 0)) sail=$(pixel $(cell 6 6))
expect true "$(browser_js 'const [red, , blue] = args[0].split(" ").map(Number); return String(blue > red + 60)' "$sky")" "the sky is blue, not $sky"
expect true "$(browser_js 'const [red, green, blue] = args[0].split(" ").map(Number); return String(red > 200 && green > 200 && blue < 120)' "$sail")" "the sail is yellow, not $sail"
browser_js 'const slider = document.getElementById("threshold"); slider.value = 1000; slider.dispatchEvent(new Event("input"))' >/dev/null
browser_settle
expect true "$(browser_js 'const [red, green, blue] = args[0].split(" ").map(Number); return String(blue > 150)' "$(pixel $(cell 5 6))")" 'what is below the threshold is the picture'
clean boat.html

# The colours of a long matrix end where those of a picture do, unless the reader wants the whole range.
end=$("$attn" compute --random 300,16 --causal -o end.png 2>&1 | sed -n 's/.*the colours end at \([0-9.]*\),.*/\1/p')
"$attn" compute --random 300,16 --causal -o end.html 2>note.txt
expect 1 "$(grep -c "the colours end at $end," note.txt)" 'a note of where the colours end'
open end.html
high() { browser_js 'return document.querySelectorAll(".heatmap .legend .number")[1].textContent'; }
expect "≥ $end" "$(high)" 'the end of the scale'
browser_js 'document.getElementById("whole").click()' >/dev/null && browser_settle
expect 1 "$(high)" 'the whole range'
browser_js 'document.getElementById("whole").click(); document.getElementById("log").click()' >/dev/null && browser_settle
expect 1 "$(high)" 'a logarithmic scale'
clean end.html

# Several documents, and several batch items.
"$attn" compute "$project/examples/sentence.json" -o regular.json
"$attn" compute "$project/examples/sentence.json" --causal -o causal.json
"$attn" visualize regular.json --compare causal.json -o both.html
open both.html
browser_choose '#choose-doc' causal
browser_move $(cell 2 0)
same "$(text_of '#said-number')" "$(jq '.weights[2][0]' causal.json)" 'a number of the second document'
browser_choose '#choose-doc' regular
browser_move $(cell 2 1)
same "$(text_of '#said-number')" "$(jq '.weights[2][1]' regular.json)" 'a number of the first document'
"$attn" compute --random 2,3,5,4 -o batch.json -o batch.html
open batch.html
browser_choose '#choose-batch' 1
browser_choose '#choose-head' 2
browser_move $(cell 4 3)
same "$(text_of '#said-number')" "$(jq '.weights[1][2][4][3]' batch.json)" 'a number of the second batch item'

# Fewer digits where the reader asked for them, and the page says so.
"$attn" compute --random 2,3,5,4 --page-precision f16 -o half.html
"$attn" compute --random 2,3,5,4 --page-precision u8 -o steps.html
for kind in half steps; do
  open $kind.html
  browser_move $(cell 4 3)
  expect true "$(browser_js 'return String(Math.abs(Number(document.getElementById("said-number").textContent) - Number(args[0])) < 0.002)' "$(jq '.weights[0][0][4][3]' batch.json)")" "$kind: a number"
  expect true "$(browser_js 'return String(document.querySelector("footer").textContent.includes("off by up to"))')" "$kind: says its error"
done

# Light and dark; narrow windows; paper.
background() { browser_js 'return getComputedStyle(document.body).backgroundColor'; }
open mat.html
browser_scheme dark
expect 'rgb(24, 24, 27)' "$(background)" 'as the reader prefers'
expect '68 1 84 255' "$(pixel $(cell 0 5))" 'cells keep their colours in the dark'
browser_scheme light
expect 'rgb(255, 255, 255)' "$(background)" 'as the reader prefers, light'
browser_choose '#choose-theme' Dark
expect 'rgb(24, 24, 27)' "$(background)" 'as the reader chooses'
"$attn" compute --random 3,4 --theme dark -o dark.html
open dark.html
expect 'rgb(24, 24, 27)' "$(background)" '--theme dark'
open mat.html
browser_resize 400 800
for view in heatmap heads model query; do
  tab $view
  is 'document.scrollingElement.scrollWidth' 400 "$view: width of a narrow window"
  is '[...document.querySelectorAll("button, select, input, [tabindex]")].filter((element) => element.offsetParent && !(element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") || element.labels?.length || element.textContent.trim())).length' 0 "$view: elements without a name"
done
browser_resize 1280 900
browser_call POST "/$browser_session/print" '{}' | base64 -d >page.pdf
expect '%PDF' "$(head -c 4 page.pdf)" 'a printed page'
clean mat.html

# Keys alone: Tab reaches tabs, choices and the plot, in this order.
open mat.html
reached=$(for _ in $(seq 11); do browser_keys Tab; browser_js 'const at = document.activeElement; return at.id || at.className'; done | tr '\n' ' ')
expect 'tab-heatmap choose-theme choose-head choose-colormap choose-scale choose-pool threshold log numbers plot' "${reached% * }" 'the order of Tab'
browser_js 'document.getElementById("tab-heatmap").focus()' >/dev/null
browser_keys ArrowRight
is 'document.querySelector("[role=tab][aria-selected=true]").id' tab-heads 'arrow keys on tabs'

# A browser whose Uint8Array reads no base64.
browser_call POST "/$browser_session/goog/cdp/execute" '{"cmd":"Page.addScriptToEvaluateOnNewDocument","params":{"source":"delete Uint8Array.fromBase64"}}' >/dev/null
open mat.html
browser_move $(cell 3 2)
same "$(text_of '#said-number')" "$(weight 0 3 2)" 'a number without fromBase64'

# Sizes: 32 layers of 32 heads, and one matrix of 4096 × 4096.
"$attn" compute --random 32,32,128,8 --causal -o weights=heads.npy
LC_ALL=C sed '1s/(32, 32, 128, 128), }   /(32, 1, 32, 128, 128), }/' heads.npy >layers.npy
"$attn" visualize layers.npy -q -o layers.html
open layers.html
tab model
is 'document.querySelectorAll(".thumbnail").length' 1024 'thumbnails of a large model'
browser_click $(browser_at '.thumbnail[aria-label="Layer 2, Head 3"]')
expect 'Layer 2, Head 3' "$(text_of '#which')" 'a head of a large model'
clean layers.html
rm layers.html
"$attn" compute --random 4096,8 --causal --scale 3 -q -o long.html -o weights=long.npy
open long.html
browser_js 'document.querySelector(".plot").focus()' >/dev/null
browser_keys End
expect 0 "$(text_of '#said-number')" 'a number of a long sequence'
browser_js 'const canvas = document.querySelector(".plot canvas"), box = canvas.getBoundingClientRect();
  window.before = canvas.toDataURL();
  for (let i = 0; i < 10; ++i) canvas.dispatchEvent(new WheelEvent("wheel", {deltaY: -40, clientX: box.left + 300, clientY: box.top + 200, cancelable: true}))' >/dev/null
expect true "$(browser_js 'return String(document.querySelector(".plot canvas").toDataURL() !== window.before)')" 'zooming into a long sequence'
clean long.html
finish
