#!/usr/bin/env bash
# Installs the system packages that building pointserve needs, where they are missing.
set -euo pipefail

command -v swift >/dev/null || {
  echo "install.sh: no Swift toolchain on PATH; install Swift 6.2 or newer first" >&2
  exit 1
}

missing=()
for package in libssl-dev zlib1g-dev pkg-config; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
    grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "install.sh: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
