#!/usr/bin/env bash
# Installs what is missing and builds the release binary, whose --version then names the commit, with
# "-dirty" behind it where files differ from it. Every argument goes to `swift build`.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/tools.sh

deploy/install.sh
POINTSERVE_REVISION=$(revision) swift build -c release --product pointserve "$@"
