#!/usr/bin/env bash
# Installs what is missing and runs every test. Every argument goes to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh
exec swift test --disable-xctest --parallel "$@"
