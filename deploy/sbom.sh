#!/usr/bin/env bash
# Writes the bill of materials (CycloneDX 1.6, JSON) of an image's root file system to standard
# output, after validating it strictly. deploy/image.sh calls it; on a running engine:
#   docker create --name it pointserve && docker export it | tar --extract --directory ROOT
#
# Usage: sbom.sh ROOT [DIGEST]
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
root=$(realpath "$1")
cd "$project"
source deploy/tools.sh
need_python 'cyclonedx-python-lib[json-validation]' >&2
exec python deploy/image/make_sbom.py "$root" "${2:-}"
