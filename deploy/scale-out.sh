#!/usr/bin/env bash
# Three replicas behind haproxy, each in a network namespace of its own, under a steady load of point
# clouds whose answers are all judged: a rolling restart, a replica killed, a link cut. Prints the
# figures of each; fails if one request failed or was answered wrongly. Needs root; nothing leaves
# the namespaces. Takes about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

[ "$(id -u)" -eq 0 ] || {
  echo "scale-out.sh: run as root; network namespaces need it" >&2
  exit 1
}
need_packages haproxy=haproxy ip=iproute2 curl=curl python3=python3
need_binary
scratch=$(mktemp -d)
hub=pointserve-$$-hub
declare -A processes=()
balancer='' driver=''
cleanup() {
  local process replica
  for process in $driver $balancer "${processes[@]}"; do kill -9 "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  for replica in 1 2 3; do ip netns delete "pointserve-$$-$replica" 2>/dev/null || true; done
  ip netns delete "$hub" 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT
fail() {
  echo "scale-out: $*" >&2
  tail -n 5 "$scratch"/*.log >&2
  exit 1
}

ip netns add "$hub"
ip -n "$hub" link set lo up
ip -n "$hub" link add hub type bridge
ip -n "$hub" address add 10.0.0.1/24 dev hub
ip -n "$hub" link set hub up
for replica in 1 2 3; do
  ip netns add "pointserve-$$-$replica"
  ip -n "$hub" link add "to-$replica" type veth peer name eth0 netns "pointserve-$$-$replica"
  ip -n "$hub" link set "to-$replica" master hub up
  ip -n "pointserve-$$-$replica" address add "10.0.0.1$replica/24" dev eth0
  ip -n "pointserve-$$-$replica" link set eth0 up
done

# A replica must not hold the pipe to the load open (7), or the load never ends.
start() {
  ip netns exec "pointserve-$$-$1" "$binary" serve --host "10.0.0.1$1" --port 8080 --threads 1 \
    --log-level warning --pre-drain-delay 1 --drain-timeout 30 2>>"$scratch/replica-$1.log" 7>&- &
  processes[$1]=$!
}
ready() {
  ip netns exec "$hub" curl --silent --fail --max-time 1 --output /dev/null \
    "http://10.0.0.1$1:8080/v2/health/ready"
}
await_ready() {
  local tries
  for tries in $(seq 200); do
    ! ready "$1" || return 0
    sleep 0.05
  done
  fail "replica $1 is not ready after ${tries} tries"
}
# The state and the counters of a replica as the proxy sees them.
proxy_column() {
  python3 - "$scratch/stats" "$1" "$2" <<'PYTHON'
import csv, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(b"show stat\n")
    text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
rows = csv.DictReader(text.lstrip("# ").splitlines())
print(next(row[sys.argv[3]] for row in rows if row["svname"] == sys.argv[2]))
PYTHON
}
await_state() {
  local tries
  for tries in $(seq 200); do
    [[ $(proxy_column "replica-$1" status) != $2* ]] || return 0
    sleep 0.05
  done
  fail "the proxy does not see replica $1 $2 after ${tries} tries"
}

for replica in 1 2 3; do start "$replica"; done
for replica in 1 2 3; do await_ready "$replica"; done
ip netns exec "$hub" env LISTEN=127.0.0.1:8080 REPLICA_1=10.0.0.11:8080 REPLICA_2=10.0.0.12:8080 \
  REPLICA_3=10.0.0.13:8080 STATS="$scratch/stats" haproxy -db -f deploy/haproxy/haproxy.cfg \
  >"$scratch/haproxy.log" 2>&1 &
balancer=$!
for _ in $(seq 100); do
  [ ! -S "$scratch/stats" ] || break
  sleep 0.05
done
for replica in 1 2 3; do await_state "$replica" UP; done

# Clouds of several sizes, so that requests of all lengths are under way at any time.
head -n 1000 deploy/samples/tile.xyz >"$scratch/small.xyz"
{ head -n 1 deploy/samples/tile.xyz && sed -n 1500,3500p deploy/samples/tile.xyz; } \
  >"$scratch/middle.xyz"
mkfifo "$scratch/scenarios"
ip netns exec "$hub" python3 deploy/haproxy/drive.py \
  http://127.0.0.1:8080/v2/models/demo/segment 6 \
  "$scratch/small.xyz" "$scratch/middle.xyz" deploy/samples/tile.xyz deploy/samples/tile.las \
  <"$scratch/scenarios" >"$scratch/figures.log" 2>&1 &
driver=$!
exec 7>"$scratch/scenarios"
for _ in $(seq 600); do
  ! grep -q '^driving' "$scratch/figures.log" || break
  kill -0 "$driver" 2>/dev/null || fail "the load ended before it began"
  sleep 0.1
done

echo "undisturbed" >&7
sleep 8

echo "rolling restart" >&7
for replica in 1 2 3; do
  waiting=$(ip netns exec "$hub" curl --silent "http://10.0.0.1$replica:8080/metrics" |
    awk '/^pointserve_queue_points/ { sum += $2 } END { print sum + 0 }')
  kill -TERM "${processes[$replica]}"
  code=0
  wait "${processes[$replica]}" || code=$?
  [ "$code" = 0 ] || fail "replica $replica ended with $code after SIGTERM"
  echo "scale-out: SIGTERM to replica $replica with $waiting points under way: exit code 0"
  start "$replica"
  await_ready "$replica"
  await_state "$replica" UP
done

echo "kill -9" >&7
sleep 1
kill -9 "${processes[2]}"
wait "${processes[2]}" 2>/dev/null || true
await_state 2 DOWN
sleep 2
start 2
await_ready 2
await_state 2 UP
sleep 2

echo "link cut for six seconds" >&7
sleep 1
ip -n "$hub" link set to-3 down
await_state 3 DOWN
sleep 6
ip -n "$hub" link set to-3 up
await_state 3 UP
sleep 2

echo "undisturbed again" >&7
sleep 4
exec 7>&-
code=0
wait "$driver" || code=$?
driver=''
sed -n '/^driving/d; s/^/scale-out: /p' "$scratch/figures.log"
echo "scale-out: the proxy sent $(proxy_column BACKEND wretr) requests again," \
  "$(proxy_column BACKEND wredis) of them to another replica"
[ "$code" = 0 ] || fail "not every request was answered rightly"
