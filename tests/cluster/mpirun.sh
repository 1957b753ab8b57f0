#!/usr/bin/env bash
# Ranks of Open MPI write one file; one is killed, and its part is found and run again.
. "$2/tests/cluster/common.sh"
needs mpirun
needs pgrep
# Rank and launcher are one host's. Binding is left to the machine, and so is the number of cores.
mpi=(mpirun -n 2 --oversubscribe --bind-to none)
[ "$(id -u)" = 0 ] && mpi+=(--allow-run-as-root)
export OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo
timeout 60 "${mpi[@]}" true >mpi.txt 2>&1 || skip "mpirun does not run here: $(head -1 mpi.txt)"

shared=("$examples/mpirun.sh" "${problem[@]}" -o output=whole.npy)
timeout 120 "${mpi[@]}" "${shared[@]}" >run.txt 2>&1 &
run=$!
kill_run 2/2
wait $run && fail 'a rank was killed, and mpirun did not say so'
[ -e whole.npy ] && fail 'a file without one part has its name'
case $(missing) in *2/2) ;; *) fail "missing: $(missing)" ;; esac
timeout 120 "${mpi[@]}" "${shared[@]}" >again.txt 2>&1 || fail "the second run: $(tail -2 again.txt)"
expect '' "$(missing)" 'missing after the second run'
check_whole 'mpirun, 2 ranks'
finish
