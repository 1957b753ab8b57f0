#!/usr/bin/env bash
# On a real terminal: tables and colour; NO_COLOR and --color never without.
. "$2/tests/support/program.sh"
needs script

export TERM=xterm-256color COLORTERM=truecolor
printf '{"embeddings":[[1,0],[0,1]]}' >in.json
on_terminal() { script -qec "$1" /dev/null </dev/null | tr -d '\r'; }
escape=$(printf '\033')
colored() { if on_terminal "$1" | grep -q "$escape\[48;2;"; then echo yes; else echo no; fi; }

expect 'weights (2, 2)' "$(on_terminal "'$attn' compute in.json" | head -1)" 'the first line on a terminal'
expect yes "$(colored "'$attn' compute in.json")" 'colour of a table'
expect yes "$(colored "'$attn' mask causal --queries 3")" 'colour of a mask'
expect no "$(colored "NO_COLOR=1 '$attn' compute in.json")" 'colour with NO_COLOR'
expect yes "$(colored "NO_COLOR= '$attn' compute in.json")" 'colour with an empty NO_COLOR'
expect no "$(colored "'$attn' compute in.json --color never")" 'colour with --color never'
expect no "$(colored "'$attn' compute in.json | cat")" 'colour in a pipe'

palette() { if on_terminal "$1" | grep -q "$escape\[48;5;"; then echo yes; else echo no; fi; }
mask="'$attn' mask causal --queries 3"
expect no "$(palette "$mask")" 'a palette with COLORTERM=truecolor'
expect yes "$(palette "COLORTERM= $mask")" '256 colours by TERM'
expect yes "$(palette "COLORTERM= '$attn' compute in.json")" '256 colours of a table'
expect yes "$(colored "COLORTERM= TERM=xterm-direct $mask")" '24 bits by TERM'
for term in dumb linux ''; do
  expect no "$(colored "COLORTERM= TERM=$term $mask")" "colour with TERM=$term"
  expect no "$(palette "COLORTERM= TERM=$term $mask")" "a palette with TERM=$term"
done
expect yes "$(palette "TERM=dumb $mask --color always")" '--color always on a dumb terminal'
finish
