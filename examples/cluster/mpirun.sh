#!/usr/bin/env bash
# One file by the ranks of mpirun or srun: as many parts as there are ranks, which need not speak to each other.
#   mpirun -n RANKS --map-by node --bind-to none mpirun.sh compute ... -o output=FILE.npy
# The same command again runs what is missing. Ranks are numbered by Open MPI, by MPICH and its kin, or by Slurm.
set -eu
rank=${OMPI_COMM_WORLD_RANK-${PMI_RANK-$SLURM_PROCID}}
ranks=${OMPI_COMM_WORLD_SIZE-${PMI_SIZE-$SLURM_NTASKS}}
exec attn "$@" --shared --query-part "$((rank + 1))/$ranks"
