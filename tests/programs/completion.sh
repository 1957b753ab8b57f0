#!/usr/bin/env bash
# Completion in the shells themselves: what is typed before the tab key, and the words that stand there after it.
#   completion.sh EXECUTABLE PROJECT
# A shell that is not installed is named and passed over.
. "$2/tests/support/program.sh"
needs script

tried=0
mkdir bin lines fpath
ln -s "$attn" bin/attn
export PATH=$work/bin:$PATH HOME=$work TERM=vt100
"$attn" completion bash >attn.bash
"$attn" completion zsh >fpath/_attn
"$attn" completion fish >attn.fish
cd lines || exit 1
cp -r "$project/examples/llama" llama
touch sentence.json weights.npy notes.md 'two words.npy'

# What is typed, and the words that it becomes, each in brackets: for all shells.
cases=(
  'attn comple'                                  '[attn][completion]'
  'attn compute --caus'                          '[attn][compute][--causal]'
  'attn multihead --weights llama --arch gpt-n'  '[attn][multihead][--weights][llama][--arch][gpt-neo]'
  'attn compute --kernel ref'                    '[attn][compute][--kernel][reference]'
  'attn compute --kernel=ref'                    '[attn][compute][--kernel=reference]'
  'attn compute --cmap civi'                     '[attn][compute][--cmap][cividis]'
  'attn compute --emit weights,sco'              '[attn][compute][--emit][weights,scores]'
  'attn mask docu'                               '[attn][mask][documents:]'
  'attn compute --mask "causal & str'            '[attn][compute][--mask][causal & stride:]'
  'attn compute --mask causal:'                  '[attn][compute][--mask][causal:bottom-right]'
  'attn multihead --weights llama --layer al'    '[attn][multihead][--weights][llama][--layer][all]'
  'attn multihead --weights ll'                  '[attn][multihead][--weights][llama/]'
  'attn compute sen'                             '[attn][compute][sentence.json]'
  'attn visualize wei'                           '[attn][visualize][weights.npy]'
  'attn visualize two'                           '[attn][visualize][two words.npy]'
  'attn compute -o output=wei'                   '[attn][compute][-o][output=weights.npy]'
  'attn help multi'                              '[attn][help][multihead]'
  'ATTN_THREADS=1 attn bench --suite sca'        '[attn][bench][--suite][scaling]'
)

check() {
  local shell=$1 typed=$2 wanted=$3 got=$4
  tried=$((tried + 1))
  [ "$got" = "$wanted" ] || fail "$shell: '$typed' becomes '$got', not '$wanted'"
}

# terminal SHELL START COMMAND…: types each case into the shell on a terminal of its own. After the tab key, the line is
# made the arguments of a printf, and run.
terminal() {
  local shell=$1 start=$2 at typed wanted got line
  shift 2
  coproc pty { exec script -qfec "$*" /dev/null 2>&1; }
  local input=${pty[1]} output=${pty[0]} pid=$pty_PID
  printf '%s\n' "$start" >&"$input"
  for ((at = 0; at < ${#cases[@]}; at += 2)); do
    typed=${cases[at]} wanted=${cases[at + 1]}
    printf 'printf "%%s\\n" "ready"-%d\n' "$at" >&"$input"
    until_line "$output" "ready-$at" >/dev/null || { fail "$shell: does not answer"; break; }
    printf '%s\t' "$typed" >&"$input"
    sleep 0.15
    # zsh leaves a quote open that was, for what may follow in it.
    [[ $shell != zsh || $typed != *\"* ]] || printf '"' >&"$input"
    printf '\001 show \n' >&"$input"
    got=$(until_line "$output" '\[.*\]') || got=nothing
    check "$shell" "$typed" "$wanted" "${got#\[ATTN_THREADS=1\]}"
  done
  printf 'exit\n' >&"$input"
  exec {input}>&- {output}<&-
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
}

# until_line DESCRIPTOR PATTERN: the first line that is wholly the pattern.
until_line() {
  local line
  while IFS= read -r -t 20 line <&"$1"; do
    line=$(printf '%s' "$line" | tr -d '\r' | sed -E 's/\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]//g')
    if [[ $line =~ ^$2$ ]]; then
      printf '%s' "$line"
      return
    fi
  done
  return 1
}

show='show() { printf "[%s]" "$@"; printf "\n"; }'
if command -v bash >/dev/null; then
  terminal bash "PS1='$ '; bind 'set enable-bracketed-paste off' 2>/dev/null; $show; source $work/attn.bash" \
    bash --norc --noprofile -i
fi
if command -v zsh >/dev/null; then
  terminal zsh "PS1='$ '; unset zle_bracketed_paste; bindkey -e; $show; fpath=($work/fpath \$fpath); autoload -U compinit; compinit -u -D" \
    zsh -f -i
else
  printf 'completion: zsh is not installed: passed over\n'
fi
if command -v fish >/dev/null; then
  # fish has a command that completes a line, and gives the last word without its quotes.
  for ((at = 0; at < ${#cases[@]}; at += 2)); do
    typed=${cases[at]} last=${cases[at + 1]##*[}
    got=$(fish --no-config -c "source $work/attn.fish; complete -C \$argv[1]" -- "$typed" | head -n 1 | cut -f 1)
    check fish "$typed" "${last%]}" "$got"
  done
else
  printf 'completion: fish is not installed: passed over\n'
fi
[ "$tried" -gt 0 ] || exit 77
printf 'completion: %d lines were completed\n' "$tried"
finish
