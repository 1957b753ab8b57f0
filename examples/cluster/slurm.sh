#!/usr/bin/env bash
#SBATCH --job-name=attn
#SBATCH --output=attn-%A-%a.log
#SBATCH --exclusive
#SBATCH --requeue
# One file by a Slurm array: each task is a part, and runs wherever there is a node.
#   sbatch --array=1-PARTS slurm.sh PARTS compute ... -o output=FILE.npy
# The same command again runs what is missing, and so does --array=LIST, where LIST is
#   attn compute -o output=FILE.npy --missing | cut -d/ -f1 | paste -sd,
set -eu
parts=$1
shift
exec attn "$@" --shared --query-part "$SLURM_ARRAY_TASK_ID/$parts"
