#!/usr/bin/env bash
# Starts two services (one of them with TLS) and a Prometheus that scrapes both, makes traffic of
# every kind (tiles, refusals, clients that leave, an overload, a bad model version), and then asks
# every query of the dashboard and of the rules. Fails on a query that returns nothing, on a metric
# that does not exist, and on an exported metric that no query uses. Takes about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

need_packages prometheus=prometheus promtool=prometheus curl=curl openssl=openssl
need_python pyyaml
need_binary
scratch=$(mktemp -d)
started=()
cleanup() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  rm -rf "$scratch"
}
trap cleanup EXIT

mkdir -p "$scratch/models/demo/1"
cp Sources/CDemoModel/model/* "$scratch/models/demo/1/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
  -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>"$scratch/openssl.log"
"$binary" serve --port 0 --model-repository "$scratch/models" --max-waiting-requests 2 \
  2>"$scratch/plain.log" &
plain_process=$!
started+=("$plain_process")
"$binary" serve --port 0 --tls-certificate "$scratch/certificate.pem" \
  --tls-key "$scratch/key.pem" 2>"$scratch/tls.log" &
started+=($!)
plain=$(listening_url "$scratch/plain.log")
tls=$(listening_url "$scratch/tls.log")
echo "dashboards: services at $plain and $tls"

port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cp deploy/prometheus/rules.yml "$scratch/"
python - "$scratch" "${plain#*//}" "${tls#*//}" <<'PYTHON'
import copy, pathlib, sys, yaml
scratch, plain, tls = pathlib.Path(sys.argv[1]), *sys.argv[2:]
configuration = yaml.safe_load(open("deploy/prometheus/prometheus.yml"))
configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
job = configuration["scrape_configs"][0]
job["static_configs"] = [{"targets": [plain]}]
other = copy.deepcopy(job)
other |= {"job_name": "tls", "scheme": "https", "static_configs": [{"targets": [tls]}],
          "tls_config": {"ca_file": str(scratch / "certificate.pem")},
          "relabel_configs": [{"target_label": "job", "replacement": job["job_name"]}]}
configuration["scrape_configs"].append(other)
(scratch / "prometheus.yml").write_text(yaml.safe_dump(configuration))
PYTHON
prometheus --config.file "$scratch/prometheus.yml" --storage.tsdb.path "$scratch/data" \
  --web.listen-address "127.0.0.1:$port" --log.level warn 2>"$scratch/prometheus.log" &
started+=($!)

segment=v2/models/demo/segment
send() { curl --silent --output /dev/null --cacert "$scratch/certificate.pem" "$@" || true; }
# One client of the TLS service, several at once of the other, which admits two requests.
traffic() {
  local end=$((SECONDS + 25))
  while [ $SECONDS -lt $end ]; do
    send --data-binary @deploy/samples/tile.las "$tls/$segment"
    send --data-binary @deploy/samples/tile.las --max-time 0.1 "$tls/$segment"
  done &
  local clients
  while [ $SECONDS -lt $end ]; do
    clients=()
    send --data-binary @deploy/samples/tile.las "$plain/$segment" &
    clients+=($!)
    send --data-binary @deploy/samples/tile.xyz -H 'Content-Type: text/plain' "$plain/$segment" &
    clients+=($!)
    send --data-binary @deploy/samples/tile.las "$plain/$segment" &
    clients+=($!)
    send --data-binary 'no cloud' -H 'Content-Type: application/vnd.las' "$plain/$segment"
    send "$plain/nowhere"
    wait "${clients[@]}"
  done
  wait
}
traffic &
traffic_process=$!
sleep 8
mkdir "$scratch/models/demo/2"
cp "$scratch/models/demo/1/model.json" "$scratch/models/demo/2/"
head -c 5000 "$scratch/models/demo/1/weights.safetensors" >"$scratch/models/demo/2/weights.safetensors"
kill -HUP "$plain_process"
wait "$traffic_process"

curl --silent --fail --output "$scratch/metrics" "$plain/metrics"
check_metrics "$scratch/metrics"
python deploy/prometheus/check_queries.py --prometheus "http://127.0.0.1:$port" || {
  tail -n 5 "$scratch"/*.log >&2
  exit 1
}
curl --silent --fail "http://127.0.0.1:$port/api/v1/alerts" | python -c '
import json, sys
firing = sorted({alert["labels"]["alertname"] for alert in json.load(sys.stdin)["data"]["alerts"]
                 if alert["state"] == "firing"})
print("dashboards: firing now:", ", ".join(firing) or "nothing")
sys.exit("PointserveReloadFailed" not in firing)' || {
  echo "dashboards: the refused model version fired no alert" >&2
  exit 1
}
