#!/usr/bin/env bash
# Compares our layers and neighbors with other implementations, on one thread, in turns on the same
# inputs, and prints times and ratios. Installs the peers into .build-peers; those that cannot be
# installed are left out. Arguments go to peers.py: --help tells.
#   deploy/bench/peers.sh
#   deploy/bench/peers.sh --only tensorflow-xla,pykdtree --case 4096/16/64/256
set -euo pipefail
cd "$(dirname "$0")/../.."

source deploy/tools.sh

environment=${PEERS_ENVIRONMENT:-.build-peers}
if [ ! -e "$environment/installed" ]; then
  python3 -m venv "$environment"
  install() { "$environment/bin/pip" install --quiet --disable-pip-version-check "$@"; }
  install numpy scipy safetensors
  for package in torch tensorflow-cpu onnxruntime openvino onnx pykdtree; do
    install "$package" || echo "peers.sh: $package cannot be installed" >&2
  done
  touch "$environment/installed"
fi
need_binary
exec "$environment/bin/python" deploy/bench/peers.py --binary "${binary:?}" "$@"
