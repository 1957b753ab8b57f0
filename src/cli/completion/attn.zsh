#compdef attn
# Completion of attn for zsh: attn itself says what may follow, a candidate and its meaning on each line.
_attn() {
  local program=${(Q)words[1]} line text
  local -a whole whole_shown open open_shown
  program=${program/#\~\//$HOME/}
  for line in ${(f)"$($program completion zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)"}; do
    text=${line%%$'\t'*}
    line=${line#*$'\t'}
    # After one of these characters the word goes on.
    if [[ $text == *[=:/] ]]; then
      open+=("$text")
      open_shown+=("$text${line:+  -- $line}")
    else
      whole+=("$text")
      whole_shown+=("$text${line:+  -- $line}")
    fi
  done
  local result=1
  if (( $#whole )); then
    compadd -l -d whole_shown -a -- whole && result=0
  fi
  if (( $#open )); then
    compadd -S '' -l -d open_shown -a -- open && result=0
  fi
  return result
}
# Loaded as a function of $fpath, the file is the function's body.
if [[ $funcstack[1] == _attn ]]; then
  _attn "$@"
else
  compdef _attn attn
fi
