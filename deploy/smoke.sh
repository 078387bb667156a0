#!/usr/bin/env bash
# Starts the release binary and uses it as a person would: ready, a LAS tile in, a classified tile
# out, bad input refused, metrics scraped, SIGTERM; then with TLS and API keys. Prints what it saw;
# exits 1 on the first surprise.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

need_binary
sample=deploy/samples/tile.las
scratch=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT
fail() {
  echo "smoke: $*" >&2
  cat "$scratch/log" >&2
  exit 1
}

started=$(date +%s%N)
"${binary:?}" serve --port 0 2>"$scratch/log" &
server=$!
for _ in $(seq 200); do
  url=$(sed -n 's/.*listening on \(http:\/\/[0-9.:]*\).*/\1/p' "$scratch/log" | head -n 1)
  if [ -n "$url" ] && curl --silent --fail --output /dev/null "$url/health/ready"; then break; fi
  kill -0 "$server" 2>/dev/null || fail "the server ended before it was ready"
  sleep 0.02
done
[ -n "$url" ] || fail "the server did not say where it listens"
curl --silent --fail --output /dev/null "$url/health/ready" || fail "not ready"
"$binary" health --url "$url" || fail "the health check fails"
echo "smoke: ready after $((($(date +%s%N) - started) / 1000000)) ms at $url"

segment="$url/v2/models/demo/segment"
curl --silent --show-error --fail --data-binary "@$sample" -H 'Accept: application/vnd.las' \
  "$segment" --output "$scratch/classified.las" || fail "no classified tile"
[ "$(stat -c %s "$sample")" = "$(stat -c %s "$scratch/classified.las")" ] ||
  fail "the classified tile has another size than the sample"
changed=$(cmp -l "$sample" "$scratch/classified.las" | wc -l || true)
echo "smoke: classified $sample; $changed bytes differ"

"$binary" segment --quiet - <"$sample" >"$scratch/offline.las" || fail "no tile without a server"
cmp "$scratch/classified.las" "$scratch/offline.las" || fail "with and without a server differ"
if "$binary" segment "$scratch/missing.las" 2>"$scratch/answer"; then fail "a missing file"; fi
grep -q 'No such file' "$scratch/answer" || fail "a missing file: $(cat "$scratch/answer")"
echo "smoke: the same from standard input without a server"

status() { curl --silent --output "$scratch/answer" --write-out '%{http_code}' "$@"; }
expect() {
  local wanted=$1 found
  shift
  found=$(status "$@")
  [ "$found" = "$wanted" ] || fail "expected $wanted, found $found: $* $(cat "$scratch/answer")"
}
head -c 1000 "$sample" >"$scratch/truncated.las"
expect 400 --data-binary "@$scratch/truncated.las" -H 'Content-Type: application/vnd.las' "$segment"
expect 415 --data-binary "@$sample" -H 'Content-Type: image/png' "$segment"
expect 422 --data-binary 'x,y,z
0,0,nan' -H 'Content-Type: text/csv' "$segment"
expect 404 --data-binary "@$sample" "$url/v2/models/none/segment"
expect 405 "$segment"
expect 200 --data-binary @deploy/samples/tile.xyz -H 'Content-Type: text/plain' "$segment"
echo "smoke: refusals as promised"

expect 200 "$url/metrics"
grep -q '^pointserve_points_total' "$scratch/answer" || fail "no pointserve_points_total"
if command -v promtool >/dev/null; then check_metrics "$scratch/answer" || fail "promtool"; fi
echo "smoke: $(grep -c '^# TYPE' "$scratch/answer") metrics scraped"
echo "smoke: resident memory $(awk '/VmRSS/ {print $2 / 1024}' "/proc/$server/status") MiB"

kill -TERM "$server"
code=0
wait "$server" || code=$?
server=
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
echo "smoke: SIGTERM, exit code 0"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" \
  2>"$scratch/openssl.log"
"$binary" create-key smoke --scopes infer >"$scratch/keys" 2>"$scratch/key"
secured=(env POINTSERVE_TLS_CERTIFICATE="$scratch/certificate.pem" POINTSERVE_TLS_KEY="$scratch/key.pem"
  POINTSERVE_API_KEYS="$scratch/keys")
: >"$scratch/log"
"${secured[@]}" "$binary" serve --port 0 2>>"$scratch/log" &
server=$!
url=$(listening_url "$scratch/log")
for _ in $(seq 100); do
  ! "${secured[@]}" "$binary" health --port "${url##*:}" 2>"$scratch/health" || break
done
"${secured[@]}" "$binary" health --port "${url##*:}" || fail "the health check fails with TLS"
# A pair that does not match is refused, and the service goes on with the old one.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$scratch/other.pem"
cp "$scratch/key.pem" "$scratch/first.pem"
cp "$scratch/other.pem" "$scratch/key.pem"
kill -HUP "$server"
for _ in $(seq 100); do
  ! grep --quiet 'certificate refused' "$scratch/log" || break
  sleep 0.05
done
grep --quiet 'certificate refused' "$scratch/log" || fail "a key of another certificate is taken"
"${secured[@]}" "$binary" health --port "${url##*:}" || fail "the health check fails after a refused pair"
cp "$scratch/first.pem" "$scratch/key.pem"
"${secured[@]}" "$binary" health --host 127.0.0.1 --port "${url##*:}" || fail "the health check fails with --host"
"$binary" health --url "$url" --ca "$scratch/certificate.pem" || fail "the health check fails with --ca"
! "$binary" health --url "$url" 2>"$scratch/health" || fail "the health check believes anyone"
refusal=$(curl --silent --output "$scratch/answer" --write-out '%{http_code}' \
  --cacert "$scratch/certificate.pem" --data-binary "@$sample" "$url/v2/models/demo/segment")
[ "$refusal" = 401 ] || fail "expected 401 without an API key, found $refusal"
kill -TERM "$server"
wait "$server" || fail "exit code $? after SIGTERM with TLS"
server=
echo "smoke: healthy with TLS, closed without an API key"
