#!/usr/bin/env bash
# Builds the image of the Dockerfile without a container engine running, twice, and uses it: equal
# digests, nothing in it that should not be, and a hardened run in a network namespace of its own
# (ready, a tile in and out, metrics, SIGTERM with a request in flight), then with TLS. Prints figures;
# exits 1 on the first surprise. Needs root.
#
# The base is a fresh Debian with this machine's Swift toolchain bound into it, under the name that
# the Dockerfile asks for; with SWIFT_IMAGE=NAME in the environment that image is pulled instead.
# Usage: image.sh [--once | --reuse]    --once leaves out the second build, --reuse both
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

[ "$(id -u)" -eq 0 ] || {
  echo "image.sh: run as root; the build and the network namespace need it" >&2
  exit 1
}
need_packages buildah=buildah podman=podman runc=runc debootstrap=debootstrap curl=curl ip=iproute2 \
  openssl=openssl promtool=prometheus swift=swift

store=$PWD/.build-image
name=localhost/pointserve
namespace=pointserve-image-$$
container=pointserve-image-$$
mkdir -p "$store"
scratch=$(mktemp -d)
storage=(--root "$store/storage" --runroot "$store/run" --storage-driver overlay)
run_podman() {
  podman "${storage[@]}" --runtime /usr/sbin/runc --cgroup-manager cgroupfs "$@"
}
run_buildah() {
  buildah "${storage[@]}" "$@"
}
mounted=
cleanup() {
  run_podman rm --force --time 0 "$container" >/dev/null 2>&1 || true
  [ -z "$mounted" ] || run_buildah rm "$mounted" >/dev/null 2>&1 || true
  ip netns delete "$namespace" 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT
fail() {
  echo "image: $*" >&2
  run_podman logs "$container" 2>/dev/null | tail -n 20 >&2 || true
  exit 1
}

# The base image, and what has to be bound into a build on it.
base=$(sed -n 's/^ARG SWIFT_IMAGE=//p' Dockerfile)
# Docker's own format would keep a random host name in the image; the other has no place for the
# HEALTHCHECK, whose command is run below.
options=(--isolation chroot --format oci --timestamp 0
  --build-arg "REVISION=$(revision)")
if [ -n "${SWIFT_IMAGE:-}" ]; then
  options+=(--build-arg "SWIFT_IMAGE=$SWIFT_IMAGE")
else
  toolchain=$(dirname "$(dirname "$(dirname "$(realpath "$(command -v swift)")")")")
  options+=(--pull-never --volume "$toolchain:$toolchain:ro")
  # Git may be told to read packages from copies on this machine; then the build reads them too.
  if [ -e /etc/gitconfig ]; then
    options+=(--volume /etc/gitconfig:/etc/gitconfig:ro)
    while read -r copies; do
      [ ! -d "$copies" ] || options+=(--volume "$copies:$copies:ro")
    done < <(git config --system --get-regexp '^url\..*\.insteadof$' |
      sed -E 's/^url\.(.*)\.insteadof .*/\1/' | sort -u)
  fi
  if ! run_buildah images "$base" >/dev/null 2>&1; then
    echo "image: making the base $base"
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    debootstrap --variant=minbase \
      --include=binutils,ca-certificates,git,libc6-dev,libcurl4,libedit2,libncurses6,libsqlite3-0,libstdc++-12-dev,libxml2,tzdata \
      "$release" "$scratch/base" >"$scratch/debootstrap.log" ||
      fail "debootstrap: $(tail -n 5 "$scratch/debootstrap.log")"
    cp -r /etc/apt/sources.list* "$scratch/base/etc/apt/"
    ln -s "$toolchain/usr/bin/swift" "$scratch/base/usr/bin/swift"
    mkdir "$scratch/context"
    tar --create --file "$scratch/context/base.tar" --directory "$scratch/base" .
    printf 'FROM scratch\nADD base.tar /\n' >"$scratch/context/Dockerfile"
    run_buildah build --quiet --isolation chroot --tag "$base" "$scratch/context" >/dev/null
  fi
fi

# build TAG builds the Dockerfile from nothing and prints the digest of the image.
build() {
  local started=$SECONDS
  run_buildah build --no-cache "${options[@]}" --tag "$1" . >"$scratch/build.log" 2>&1 || {
    tail -n 40 "$scratch/build.log" >&2
    fail "the build failed"
  }
  echo "image: built $1 in $((SECONDS - started)) s" >&2
  run_podman image inspect --format '{{.Digest}}' "$1"
}
if [ "${1:-}" = --reuse ]; then
  first=$(run_podman image inspect --format '{{.Digest}}' "$name:first")
else
  first=$(build "$name:first")
fi
echo "image: digest $first"
if [ "${1:-}" = "" ]; then
  second=$(build "$name:second")
  [ "$first" = "$second" ] || fail "another build has another digest, $second"
  echo "image: a second build has the same digest"
fi

# What is inside.
mounted=$(run_buildah from --pull-never "$name:first")
root=$(run_buildah mount "$mounted")
bytes=$(du --summarize --apparent-size --bytes "$root" | cut -f1)
echo "image: $((bytes / 1000)) kB in $(find "$root" -type f | wc -l) files, of which the binary is" \
  "$(($(stat -c %s "$root/usr/bin/pointserve") / 1000)) kB"
[ "$bytes" -le 30000000 ] || fail "the image is larger than 30 MB"
[ -z "$(find "$root" -perm /6000 -type f)" ] || fail "there are setuid files"
[ -z "$(find "$root" -type f -perm /111 -name '*sh' -path '*bin*')" ] || fail "there is a shell"
[ -z "$(find "$root" -xdev -perm -0002 ! -type l ! -path "$root/tmp")" ] ||
  fail "anyone may write to something"
deploy/sbom.sh "$root" "$first" >"$store/sbom.cdx.json"
echo "image: bill of materials in ${store#"$PWD"/}/sbom.cdx.json"
licences=$(find "$root/usr/share/doc" -type f \( -name 'copyright' -o -name 'LICENSE*' \) | wc -l)
echo "image: $licences licence texts, no setuid file, no shell"
run_buildah rm "$mounted" >/dev/null
mounted=

# A hardened run, by the image's own defaults, in a network of its own.
ip netns add "$namespace"
ip -n "$namespace" link set lo up
create() {
  run_podman create --name "$container" --network "ns:/run/netns/$namespace" \
    --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --no-healthcheck --memory 256m \
    --read-only --cap-drop ALL --security-opt no-new-privileges "$@" "$name:first" >/dev/null
}
create
inside() { ip netns exec "$namespace" "$@"; }
inside python3 - "$scratch/ready" <<'PYTHON' &
import http.client, sys, time
while True:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=1)
        connection.request("GET", "/health/ready")
        if connection.getresponse().status == 200:
            break
    except OSError:
        pass
    time.sleep(0.002)
with open(sys.argv[1], "w") as file:
    file.write(str(round(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)))
PYTHON
poller=$!
created=$(date +%s%N)
run_podman start "$container" >/dev/null
for _ in $(seq 200); do
  [ ! -e "$scratch/ready" ] || break
  sleep 0.05
done
[ -s "$scratch/ready" ] || { kill "$poller"; fail "not ready within ten seconds"; }
wait "$poller"
from_podman=$((($(date +%s%N) - created) / 1000000))
process=$(run_podman inspect --format '{{.State.Pid}}' "$container")
started=$(awk -v ticks="$(getconf CLK_TCK)" \
  '{ sub(/^.*\) /, ""); print int($20 * 1000 / ticks) }' "/proc/$process/stat")
used=$(awk -v ticks="$(getconf CLK_TCK)" \
  '{ sub(/^.*\) /, ""); print int(($12 + $13) * 1000 / ticks) }' "/proc/$process/stat")
echo "image: ready $(($(cat "$scratch/ready") - started)) ms after the process started," \
  "at most $from_podman ms after podman start; $used ms of processor time"
for line in "CapEff:	0000000000000000" "NoNewPrivs:	1" "Seccomp:	2"; do
  grep -q "^$line" "/proc/$process/status" || fail "the process has no \"$line\""
done
grep -q "^Uid:	65532	" "/proc/$process/status" || fail "the process is not user 65532"
echo "image: user 65532, no capability, no new privileges, system calls filtered, root read-only"

# The command of the Dockerfile's HEALTHCHECK.
mapfile -t health < <(sed -n '/^HEALTHCHECK/,/CMD/ s/.*CMD //p' Dockerfile |
  python3 -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")')
run_podman exec "$container" "${health[@]}" || fail "${health[*]} fails"
# The text keeps the pipeline's end from being taken for curl's.
segment=http://127.0.0.1:8080/v2/models/demo/segment
inside curl --silent --show-error --fail --data-binary @deploy/samples/tile.las \
  -H 'Accept: application/vnd.las' "$segment" --output "$scratch/classified.las" ||
  fail "no classified tile"
python3 deploy/samples/accuracy.py deploy/samples/tile.las "$scratch/classified.las"
inside curl --silent --fail http://127.0.0.1:8080/metrics >"$scratch/metrics" || fail "no metrics"
check_metrics "$scratch/metrics" || fail "promtool finds fault with the metrics"
echo "image: $(grep -c '^# TYPE' "$scratch/metrics") metrics scraped," \
  "resident $(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$process/status") MiB"

inside curl --silent --fail --data-binary @deploy/samples/tile.las \
  -H 'Accept: application/vnd.las' "$segment" --output "$scratch/last.las" &
request=$!
for _ in $(seq 100); do
  sleep 0.01
  inside curl --silent http://127.0.0.1:8080/metrics |
    grep -qE '^pointserve_queue_points(\{.*\})? [1-9]' && break
done
run_podman kill --signal TERM "$container" >/dev/null
wait "$request" || fail "the request in flight at SIGTERM was lost"
cmp "$scratch/classified.las" "$scratch/last.las" || fail "the last answer differs from the first"
code=$(run_podman wait "$container")
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
echo "image: SIGTERM with a request in flight: answered, the same bytes, exit code 0"

# The same with TLS: the health check asks through it, and tells one certificate from another.
run_podman rm "$container" >/dev/null
mkdir "$scratch/tls"
for certificate in own other; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=service.example -keyout "$scratch/tls/$certificate.key" \
    -out "$scratch/tls/$certificate.pem" 2>"$scratch/openssl.log"
done
chmod -R a+rX "$scratch/tls"
create --volume "$scratch/tls:/tls:ro" --env POINTSERVE_TLS_CERTIFICATE=/tls/own.pem \
  --env POINTSERVE_TLS_KEY=/tls/own.key
run_podman start "$container" >/dev/null
for _ in $(seq 50); do
  ! run_podman exec "$container" "${health[@]}" 2>"$scratch/health.log" || break
done
run_podman exec "$container" "${health[@]}" || fail "${health[*]} fails with TLS"
! run_podman exec --env POINTSERVE_TLS_CERTIFICATE=/tls/other.pem "$container" "${health[@]}" \
  --host 127.0.0.1 2>"$scratch/health.log" || fail "${health[*]} takes another certificate for the service's"
grep -q 'another certificate' "$scratch/health.log" || fail "health: $(cat "$scratch/health.log")"
echo "image: healthy without and with TLS; another certificate is told apart"
