#!/usr/bin/env bash
# One file by several hosts, under GNU parallel: each host runs one part after the other until all are there.
#   parallel.sh HOST,HOST,... PARTS compute ... -o output=FILE.npy
# The hosts are as parallel's --sshlogin takes them (':' is this one, 4/HOST runs four parts at a time). All see this
# folder under the same path, and attn too. A part that fails is tried again, on another host if there is one.
set -eu
hosts=$1 parts=$2
shift 2
seq -f "%g/$parts" "$parts" |
  parallel --quote --sshlogin "$hosts" --jobs 1 --workdir "$PWD" --retries 3 --joblog parts.log \
    "$(command -v attn)" "$@" --shared --query-part {}
