#!/usr/bin/env bash
# Compares our layers and neighbors with other implementations, on one thread, in turns on the same
# inputs, and prints times and ratios: about 8 minutes on a quiet machine, 3 with --short. Installs
# the newest versions of the peers into .build-peers (6 GB). Arguments go to peers.py: --help tells.
#   deploy/bench/peers.sh
#   deploy/bench/peers.sh --short
#   deploy/bench/peers.sh --only tensorflow-xla,pykdtree --case 4096/16/64/256 --json
set -euo pipefail
cd "$(dirname "$0")/../.."

source deploy/tools.sh

# PyTorch's compiler writes C++ that includes Python's headers.
need_packages g++=g++ python3-config=python3-dev
environment=${PEERS_ENVIRONMENT:-.build-peers}
if [ ! -e "$environment/installed" ]; then
  echo "installing the peers into $environment" >&2
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check \
    numpy safetensors torch tensorflow-cpu onnx onnxruntime openvino scipy pykdtree
  touch "$environment/installed"
fi
need_binary
exec "$environment/bin/python" deploy/bench/peers.py --binary "${binary:?}" "$@"
