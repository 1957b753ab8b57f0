#!/usr/bin/env bash
# What a person sees of progress on a screen: one line, and nothing of it at the end.
. "$2/tests/support/program.sh"
needs tmux
unset COLUMNS LINES
# Far longer than the test waits, on any machine.
long="'$attn' compute --random 1,4,60000,64 --self --emit output --threads 1 -f json"

screen() { tmux -L "attn$$-$columns" -f /dev/null capture-pane -p -t t | sed '/^$/d'; }
for columns in 40 80; do
  tmux -L "attn$$-$columns" -f /dev/null new-session -d -x "$columns" -y 24 -s t "TERM=tmux-256color; export TERM; timeout --foreground -s INT 4 $long >/dev/null; sleep 60"
  for _ in $(seq 60); do
    sleep 0.05
    seen=$(screen)
    case "$seen" in *left*) break ;; esac
  done
  expect 1 "$(printf '%s\n' "$seen" | wc -l)" "lines of progress on $columns columns"
  case "$seen" in *' %'*) ;; *) fail "progress on $columns columns: '$seen'" ;; esac
  for _ in $(seq 100); do
    sleep 0.1
    [ -z "$(screen)" ] && break
  done
  expect '' "$(screen)" "what is left of progress on $columns columns"
  tmux -L "attn$$-$columns" kill-session -t t
done
finish
