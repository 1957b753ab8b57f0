# Completion of attn for bash: attn itself says what may follow. The first line of its answer has options of compopt.
_attn() {
  local candidates option
  COMPREPLY=()
  mapfile -t candidates < <("${1/#\~\//$HOME/}" completion bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  ((${#candidates[@]} > 1)) || return 0
  for option in ${candidates[0]}; do
    compopt -o "$option"
  done
  COMPREPLY=("${candidates[@]:1}")
}
complete -F _attn attn
