#!/usr/bin/env bash
# The manual pages say what the program has, no less and no more, and are sound mdoc.
#   man_pages.sh EXECUTABLE PROJECT
# Options are compared both ways: those that --help lists with those that a page has as items of its lists.
set -u
set -o pipefail
attn=$1
man=$2/man
failures=0

fail() {
  printf 'man_pages: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# A command's help with every entry on one line: what is indented further than options are continues the line before.
help_of() { "$attn" "$@" --help | sed -E -e ':a' -e 'N' -e '$!ba' -e 's/\n {16,}/ /g'; }

# The long and short options of a help text on standard input, one a line.
options_of_help() { sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+).*/\1\2/p' | sed 's/, /\n/' | sort -u; }

# The options that a page documents: .It Fl o , Fl -output Ar FILE is -o and --output.
options_of_page() { sed -n 's/^\.It \(Fl .*\)/\1/p' "$1" | grep -oE 'Fl -?[a-zA-Z-]+' | sed 's/^Fl /-/' | sort -u; }

# require_words PAGE WHAT NAME...: the page marks up each name as a literal (.Cm or .Ql), the reference pages of
# sections 5 and 7 as the head of an item; WHAT says what the names are.
require_words() {
  local page=$1 what=$2 name before='(Cm|Ql)'
  shift 2
  case $page in *.1) ;; *) before='^\.It (Cm .*)?Cm' ;; esac
  [ $# -gt 0 ] || fail "found no $what to look for in $page"
  for name; do
    grep -qE "$before $name([^[:alnum:]_-]|\$)" "$man/$page" || fail "$page lacks the $what '$name'"
  done
}

check_options() {
  local page=$1 help=$2 option
  local in_help in_page
  in_help=$(printf '%s\n' "$help" | options_of_help)
  in_page=$(options_of_page "$man/$page")
  [ -n "$in_help" ] || fail "found no options in the help that belongs to $page"
  for option in $(comm -23 <(printf '%s\n' "$in_help") <(printf '%s\n' "$in_page")); do
    fail "$page lacks $option"
  done
  for option in $(comm -13 <(printf '%s\n' "$in_help") <(printf '%s\n' "$in_page")); do
    fail "$page documents $option, which --help does not list"
  done
}

# The names that follow a pattern in the help, up to a bracket or semicolon: "of a, b, c (default" gives a b c.
listed_after() { sed -nE "s/.*$1([^(;]*)[(;].*/\1/p" | tr -d ' ' | tr ',' ' '; }

help=$(help_of) || fail "attn --help fails"
check_options attn.1 "$help"
commands=$(printf '%s\n' "$help" | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -vx help)
[ -n "$commands" ] || fail 'attn --help lists no commands'

# shellcheck disable=SC2086,SC2046  # lists of words
for command in $commands; do
  grep -q "^\.It Cm $command\$" "$man/attn.1" || fail "attn.1 lacks the command '$command'"
  [ -f "$man/attn-$command.1" ] || { fail "there is no page attn-$command.1"; continue; }
  help=$(help_of "$command") || fail "attn $command --help fails"
  check_options "attn-$command.1" "$help"

  case $command in
    compute | multihead)
      stages=$(printf '%s\n' "$help" | listed_after 'Tensors to give, of')
      require_words "attn-$command.1" stage $stages
      require_words attn-json.5 stage $stages
      kernels=$(printf '%s\n' "$help" | sed -nE 's/.*Kernel set: (.*) \(default.*/\1/p' | sed 's/, or /, /; s/,//g; s/ on [^ ]* / /g')
      require_words "attn-$command.1" 'kernel set' $kernels
      require_words attn.1 'kernel set' $kernels
      require_words attn-bench.1 'kernel set' $kernels
      require_words attn-numerics.7 'kernel set' ${kernels#auto}
      generators=$(printf '%s\n' "$help" | sed -nE 's/.*Draw as (.*) does.*/\1/p' | sed 's/,\| or / /g')
      require_words "attn-$command.1" generator $generators
      require_words attn-numerics.7 generator $generators
      [ "$command" = compute ] ||
        require_words attn-multihead.1 architecture $(printf '%s\n' "$help" | listed_after 'Names to look for, of')
      presets=$(printf '%s\n' "$help" | sed -nE 's/.*Take the conventions of (.*); other.*/\1/p' | sed 's/,\| or / /g')
      require_words "attn-$command.1" preset $presets
      require_words attn-numerics.7 preset $presets
      ;;
    mask)
      require_words attn-mask.1 'mask atom' $(printf '%s\n' "$help" | sed -n '/^Atoms,/,$s/^  \([a-z]*\).*/\1/p')
      ;;
  esac
  maps=$(printf '%s\n' "$help" | listed_after 'Colour map:')
  if [ "$command" = bench ] || [ "$command" = completion ]; then
    [ -z "$maps" ] || fail "$command has colour maps, and its page is not searched for them"
  else
    require_words "attn-$command.1" 'colour map' $maps
  fi
done

for page in "$man"/*.[0-9]; do
  findings=$(mandoc -Tlint -W warning "$page") || fail "mandoc finds fault with $page: $findings"
  # Quotes within quotes, several things in one pair of them, and escapes that are shown: macros or \\( in the wrong
  # place. Paragraphs are lines here.
  findings=$(mandoc -T utf8 -O width=900 "$page" | sed 's/.\x08//g' |
    grep -oE '‘[^’]*‘.{0,20}|‘[^’{]*, [^’]*’|.{0,20}\\[^ ].{0,20}') &&
    fail "$page shows: $findings"
done

[ "$failures" -eq 0 ] || exit 1
printf 'man_pages: %s pages agree with the program\n' "$(find "$man" -name '*.[0-9]' | wc -l)"
