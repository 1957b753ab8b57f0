#!/usr/bin/env bash
# A Slurm array writes one file: a controller and a node of this host's, with keys, ports and folders of their own. A
# task is killed, and its part is found and run again.
. "$2/tests/cluster/common.sh"
PATH=$PATH:/usr/sbin
needs slurmctld
needs slurmd
needs sbatch
needs munged
needs pgrep
[ "$(id -u)" = 0 ] || skip 'only root runs slurmd'

servers=()
cleanup() {
  scancel --user root 2>/dev/null
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done
  wait
  rm -rf "$work"
}
trap cleanup EXIT

chmod 755 "$work"
mkdir -m 755 munge && mkdir -m 700 munge-key state spool logs
(umask 077 && head -c 1024 /dev/urandom >munge-key/key)
munged --foreground --force --key-file="$work/munge-key/key" --socket="$work/munge/socket" \
  --pid-file="$work/munge-key/pid" --seed-file="$work/munge-key/seed" --num-threads=2 >logs/munged.txt 2>&1 &
servers+=($!)
within 20 test -S munge/socket || skip "munged does not run here: $(tail -1 logs/munged.txt)"

host=$(hostname -s) port=$((20000 + $$ % 20000))
cat >slurm.conf <<EOF
ClusterName=attn
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/state/slurmctld.pid
SlurmdPidFile=$work/spool/slurmd.pid
SlurmctldLogFile=$work/logs/slurmctld.txt
SlurmdLogFile=$work/logs/slurmd.txt
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0
MinJobAge=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP OverSubscribe=FORCE:4
EOF
export SLURM_CONF=$work/slurm.conf
slurmctld -D >logs/controller.txt 2>&1 &
servers+=($!)
slurmd -D -N "$host" >logs/node.txt 2>&1 &
servers+=($!)
idle() { sinfo --noheader --format %T | grep -qx 'idle\|mixed'; }
within 60 idle || skip "Slurm does not run here: $(cat logs/controller.txt logs/node.txt logs/slurm*.txt | grep -i 'error\|fatal' | head -1)"

shared=("$examples/slurm.sh" 3 "${problem[@]}" -o output=whole.npy)
submit() { sbatch --parsable "$@" "${shared[@]}"; }
gone() { [ -z "$(squeue --noheader --job "$1" 2>/dev/null)" ]; }
job=$(submit --array=1-3 --no-requeue) || fail 'sbatch'
kill_run 2/3
within 120 gone "$job" || fail 'the array does not end'
[ -e whole.npy ] && fail 'a file without one part has its name'
expect 2/3 "$(missing)" 'missing after a task was killed'

# The list of what is missing is what --array takes, as slurm.sh says.
list=$(attn compute -o output=whole.npy --missing | cut -d/ -f1 | paste -sd,)
job=$(submit --array="$list") || fail 'sbatch of what is missing'
within 120 gone "$job" || fail 'the second array does not end'
expect '' "$(missing)" 'missing after the second array'
check_whole "Slurm $(slurmd -V | cut -d' ' -f2), an array of 3 on one node"
finish
