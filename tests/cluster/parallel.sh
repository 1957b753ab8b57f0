#!/usr/bin/env bash
# GNU parallel over two hosts writes one file. The hosts are network namespaces with addresses and SSH servers of their
# own; the folder is the same, as if it were mounted. A part is killed on one host, and tried again.
. "$2/tests/cluster/common.sh"
needs parallel
needs ssh
needs ip
needs pgrep
parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip 'parallel is not that of GNU'
server=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null) || skip 'sshd is not here'
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'

hosts=(attn-one-$$ attn-two-$$) servers=() made_run=
cleanup() {
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done
  for host in "${hosts[@]}"; do ip netns del "$host" 2>/dev/null; done
  [ -z "$made_run" ] || rmdir /run/sshd 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
[ -d /run/sshd ] || { mkdir -p /run/sshd && made_run=1; }

ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host_key || skip 'no keys can be made'
cp key.pub authorized
chmod 711 "$work"
for n in 1 2; do
  host=${hosts[n - 1]} net=10.213.$n
  ip netns add "$host" 2>netns.txt || skip "no network namespaces here: $(cat netns.txt)"
  { ip link add "attn$n-$$" type veth peer name eth0 netns "$host" && ip addr add $net.1/24 dev "attn$n-$$" &&
    ip link set "attn$n-$$" up && ip -n "$host" addr add $net.2/24 dev eth0 && ip -n "$host" link set eth0 up; } 2>netns.txt ||
    skip "no links between network namespaces here: $(cat netns.txt)"
  printf '%s\n' "ListenAddress $net.2" 'Port 2222' "HostKey $work/host_key" "AuthorizedKeysFile $work/authorized" \
    'StrictModes no' 'UsePAM no' 'PasswordAuthentication no' 'PermitRootLogin prohibit-password' 'PidFile none' \
    >"sshd-$n.conf"
  printf 'Host %s\n  HostName %s\n' "$host" $net.2 >>ssh.conf
  # Each has a host name, so that whoever asks knows where it is.
  ip netns exec "$host" unshare --uts bash -c 'hostname "$1" && exec "$2" -D -e -f "$3"' - "$host" "$server" \
    "$work/sshd-$n.conf" 2>"sshd-$n.txt" &
  servers+=($!)
done
printf 'Host *\n  Port 2222\n  User root\n  IdentityFile %s\n  UserKnownHostsFile %s\n  StrictHostKeyChecking accept-new\n  BatchMode yes\n  ConnectTimeout 10\n' \
  "$work/key" "$work/known" >>ssh.conf
export PARALLEL_SSH="ssh -F $work/ssh.conf"
for host in "${hosts[@]}"; do
  within 20 ssh -F ssh.conf "$host" true || skip "no SSH server runs here: $(tail -1 "sshd-1.txt")"
  expect "$host" "$(ssh -F ssh.conf "$host" hostname)" 'where a command runs'
done

# The first run kills a part, which parallel tries again by itself.
list=$(IFS=,; echo "${hosts[*]}")
HOME=$work timeout 300 "$examples/parallel.sh" "$list" 4 "${problem[@]}" -o output=whole.npy >run.txt 2>&1 &
run=$!
kill_run 2/4
wait $run || fail "parallel: $(tail -2 run.txt)"
expect '' "$(missing)" 'missing after parallel'
check_whole "GNU parallel, hosts $(awk 'NR > 1 { print $2 }' parts.log | sort | uniq -c | awk '{ print $2 " (" $1 " parts)" }' | paste -sd' ')"
for host in "${hosts[@]}"; do grep -q "$host" parts.log || fail "no part ran on $host"; done

# Without a second try, what is missing is found and run.
rm -r whole.npy whole.npy.parts
HOME=$work timeout 300 bash -c 'sed "s/--retries 3//" "$1" >once.sh && shift && bash once.sh "$@"' - \
  "$examples/parallel.sh" "$list" 2 "${problem[@]}" -o output=whole.npy >run.txt 2>&1 &
run=$!
kill_run 1/2
wait $run && fail 'a part was killed, and parallel did not say so'
expect 1/2 "$(missing)" 'missing after a part was killed'
HOME=$work timeout 300 "$examples/parallel.sh" "$list" 2 "${problem[@]}" -o output=whole.npy >again.txt 2>&1 ||
  fail "the second run: $(tail -2 again.txt)"
check_whole 'GNU parallel, run again'
finish
