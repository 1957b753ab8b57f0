# A headless Chromium, spoken to over WebDriver (https://www.w3.org/TR/webdriver2/) with curl and jq. Sourced by bash.
# browser_start begins one in a folder of its own; whoever calls it has browser_stop run by a trap.

# browser_missing: the first of the programs that is not here.
browser_missing() {
  local program
  for program in chromium chromedriver curl jq; do
    command -v "$program" >/dev/null || { printf '%s\n' "$program"; return; }
  done
}

# browser_call METHOD PATH [JSON]: the value of the answer, a string as it is; fails with the driver's own message.
browser_call() {
  curl -s --max-time 60 -X "$1" -H 'Content-Type: application/json' ${3+--data-binary @-} \
    "http://127.0.0.1:$browser_port/session$2" <<<"${3-}" |
    jq -r '.value | if type == "object" and has("error") then "browser: \(.error): \(.message)" | halt_error(1)
      elif type == "string" then . else tojson end'
}

# browser_start [WIDTH HEIGHT [light|dark]]
browser_start() {
  local width=${1:-1280} height=${2:-900} theme=${3:-light} arguments
  browser_folder=$(mktemp -d)
  chromedriver --port=0 >"$browser_folder/driver.txt" 2>&1 &
  browser_process=$!
  for _ in $(seq 200); do
    browser_port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$browser_folder/driver.txt" 2>/dev/null)
    [ -n "$browser_port" ] && break
    sleep 0.05
  done
  [ -n "$browser_port" ] || { printf 'browser: chromedriver did not start\n' >&2; return 1; }
  arguments=$(jq -cn '$ARGS.positional' --args -- --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --hide-scrollbars --no-first-run --disable-background-networking --force-device-scale-factor=1 \
    --force-color-profile=srgb "--window-size=$width,$height" "--user-data-dir=$browser_folder/profile")
  [ "$theme" = light ] || arguments=$(jq -c '. + ["--force-dark-mode"]' <<<"$arguments")
  browser_session=
  browser_session=$(browser_call POST '' "$(jq -cn --argjson arguments "$arguments" \
    '{capabilities: {alwaysMatch: {browserName: "chrome", "goog:loggingPrefs": {browser: "ALL", performance: "ALL"},
      "goog:chromeOptions": {args: $arguments}}}}')" | jq -r '.sessionId') && [ -n "$browser_session" ]
}

browser_stop() {
  [ -z "${browser_session:-}" ] || browser_call DELETE "/$browser_session" >/dev/null 2>&1
  if [ -n "${browser_process:-}" ]; then
    kill "$browser_process" 2>/dev/null
    wait "$browser_process" 2>/dev/null || true
  fi
  [ -z "${browser_folder:-}" ] || rm -rf "$browser_folder"
  browser_session='' browser_process='' browser_folder=''
}

# browser_open FILE: loads it, and waits until the page has drawn itself.
browser_open() {
  browser_call POST "/$browser_session/url" "$(jq -cn --arg url "file://$(realpath -- "$1")" '{url: $url}')" >/dev/null &&
    browser_settle
}

# browser_js SCRIPT [ARGUMENT...]: what the script returns, as text; arguments are strings.
browser_js() {
  local script=$1
  shift
  browser_call POST "/$browser_session/execute/async" "$(jq -cn --arg script \
    "const done = arguments[arguments.length - 1]; (async (...args) => { $script })(...arguments).then(done, (error) => done('error: ' + error));" \
    '{script: $script, args: $ARGS.positional}' --args -- "$@")"
}

# browser_settle: until what was asked for is drawn.
browser_settle() {
  browser_call POST "/$browser_session/execute/async" \
    '{"script": "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))", "args": []}' >/dev/null
}

# browser_move X Y, browser_click X Y: the pointer, in CSS pixels of the window.
browser_pointer() {
  browser_call POST "/$browser_session/actions" "$(jq -cn --argjson x "$1" --argjson y "$2" --argjson more "$3" \
    '{actions: [{type: "pointer", id: "mouse", parameters: {pointerType: "mouse"},
      actions: ([{type: "pointerMove", duration: 0, x: $x, y: $y}] + $more)}]}')" >/dev/null && browser_settle
}
browser_move() { browser_pointer "$1" "$2" '[]'; }
browser_click() { browser_pointer "$1" "$2" '[{"type":"pointerDown","button":0},{"type":"pointerUp","button":0}]'; }

# browser_wheel X Y PIXELS: turns the wheel there; negative is away from oneself.
browser_wheel() {
  browser_call POST "/$browser_session/actions" "$(jq -cn --argjson x "$1" --argjson y "$2" --argjson by "$3" \
    '{actions: [{type: "wheel", id: "wheel", actions: [{type: "scroll", x: $x, y: $y, deltaX: 0, deltaY: $by}]}]}')" \
    >/dev/null && browser_settle
}

# browser_keys KEY...: pressed one after the other, as characters or by name.
browser_keys() {
  browser_call POST "/$browser_session/actions" "$(jq -cn \
    '{ArrowLeft: "\ue012", ArrowUp: "\ue013", ArrowRight: "\ue014", ArrowDown: "\ue015", Enter: "\ue007", Tab: "\ue004",
      Escape: "\ue00c", Home: "\ue011", End: "\ue010", Space: " "} as $named |
     {actions: [{type: "key", id: "keys", actions:
       [$ARGS.positional[] | ($named[.] // .) as $key | {type: "keyDown", value: $key}, {type: "keyUp", value: $key}]}]}' \
    --args -- "$@")" >/dev/null && browser_settle
}

# browser_at SELECTOR: "X Y" of the middle of the first such element, scrolled into sight.
browser_at() {
  browser_js 'const element = document.querySelector(args[0]);
    element.scrollIntoView({block: "nearest"});
    const box = element.getBoundingClientRect();
    return Math.round(box.left + box.width / 2) + " " + Math.round(box.top + box.height / 2);' "$1"
}

# browser_choose SELECTOR TEXT: the option of a choice that reads so.
browser_choose() {
  browser_js 'const select = document.querySelector(args[0]);
    const at = [...select.options].findIndex((option) => option.text === args[1]);
    if (at < 0) throw new Error("no option " + args[1]);
    select.selectedIndex = at;
    select.dispatchEvent(new Event("change", {bubbles: true}));' "$@" >/dev/null && browser_settle
}

# browser_log: what the console has said since the last time, a line each, but for what it says of tests that read pixels.
browser_log() {
  browser_call POST "/$browser_session/se/log" '{"type":"browser"}' |
    jq -r '.[] | select(.message | contains("willReadFrequently") | not) | .level + ": " + .message'
}

# browser_requests: the addresses that were asked for since the last time, but for those of the browser's own pages.
browser_requests() {
  browser_call POST "/$browser_session/se/log" '{"type":"performance"}' |
    jq -r '.[].message | fromjson.message | select(.method == "Network.requestWillBeSent").params.request.url |
      select(test("^(chrome|chrome-untrusted|data):") | not)'
}

# browser_resize WIDTH HEIGHT
browser_resize() {
  browser_call POST "/$browser_session/goog/cdp/execute" "$(jq -cn --argjson width "$1" --argjson height "$2" \
    '{cmd: "Emulation.setDeviceMetricsOverride", params: {width: $width, height: $height, deviceScaleFactor: 1, mobile: false}}')" >/dev/null && browser_settle
}

# browser_scheme light|dark: what the reader prefers.
browser_scheme() {
  browser_call POST "/$browser_session/goog/cdp/execute" "$(jq -cn --arg scheme "$1" \
    '{cmd: "Emulation.setEmulatedMedia", params: {features: [{name: "prefers-color-scheme", value: $scheme}]}}')" >/dev/null && browser_settle
}

# browser_screenshot FILE: the window as a PNG.
browser_screenshot() { browser_call GET "/$browser_session/screenshot" | base64 -d >"$1"; }
