#!/usr/bin/env bash
# Runs every test of the exporter against a built pointserve, in a virtual environment of its own.
#
#   deploy/exporter/test.sh [--keras3-only] [--with-torch] [pytest arguments]
#
# Installs Keras 3, and unless --keras3-only also TensorFlow and tf_keras for models of Keras 2;
# --with-torch installs PyTorch, whose tests are skipped without. POINTSERVE_BINARY names the binary;
# by default it is the newest build of this checkout.
set -euo pipefail
cd "$(dirname "$0")"

extras="test,keras2-test"
while [[ ${1:-} == --keras3-only || ${1:-} == --with-torch ]]; do
  if [[ $1 == --keras3-only ]]; then extras="test"; else extras="$extras,torch-test"; fi
  shift
done

root=$(cd ../.. && pwd)
if [[ -z ${POINTSERVE_BINARY:-} ]]; then
  POINTSERVE_BINARY=$root/.build/debug/pointserve
  release=$root/.build/release/pointserve
  if [[ $release -nt $POINTSERVE_BINARY ]]; then POINTSERVE_BINARY=$release; fi
fi
if [[ ! -x $POINTSERVE_BINARY ]]; then
  echo "no pointserve binary: run swift build, or set POINTSERVE_BINARY" >&2
  exit 1
fi
export POINTSERVE_BINARY

[[ -x .venv/bin/python ]] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --editable ".[$extras]"
exec .venv/bin/python -m pytest -q "$@"
