#!/usr/bin/env bash
# Installs what is missing, builds the release binary, and starts the service.
# Every argument goes to `pointserve serve`.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/build.sh
exec .build/release/pointserve serve "$@"
