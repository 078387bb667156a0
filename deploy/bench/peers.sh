#!/usr/bin/env bash
# Compares our layers and neighbors with other implementations, on one thread, in turns on the same
# inputs, and prints times and ratios: about 6 minutes on a quiet machine, 3 with --short. The first
# time it installs the peers of peers.txt into .build-peers. Arguments go to peers.py: --help tells.
#   deploy/bench/peers.sh
#   deploy/bench/peers.sh --short
#   deploy/bench/peers.sh --only tensorflow-xla,pykdtree --case 4096/16/64/256 --json
set -euo pipefail
cd "$(dirname "$0")/../.."

case " $* " in *" --help "* | *" -h "* | *" --plan "*) exec python3 deploy/bench/peers.py "$@" ;; esac
source deploy/tools.sh

environment=${PEERS_ENVIRONMENT:-.build-peers}
# PyTorch's compiler writes C++ that includes Python's headers.
need_packages g++=g++ python3=python3 python3-config=python3-dev
# A mistake in the arguments is told before anything is installed.
python3 deploy/bench/peers.py "$@" --plan >&2
stamp=$environment/installed-$(sha256sum <deploy/bench/peers.txt | cut -c 1-16)
if [ ! -e "$stamp" ]; then
  python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || {
    echo "peers.sh: the peers are for Python 3.11 to 3.13, the first on PATH is $(python3 --version)" >&2
    exit 1
  }
  echo "installing the peers into $environment, once: 3 GB to download, 8 GB on disk" >&2
  [ -x "$environment/bin/pip" ] || make_environment "$environment"
  "$environment/bin/pip" install --disable-pip-version-check --requirement deploy/bench/peers.txt >&2
  touch "$stamp"
fi
need_binary
exec "$environment/bin/python" deploy/bench/peers.py --binary "${binary:?}" "$@"
