# Functions that the scripts of this folder share; to be sourced, from the top of the project.
# shellcheck shell=bash

# need_packages COMMAND=PACKAGE… installs the Debian packages whose command is missing.
need_packages() {
  local pair missing=() as_root=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

# need_python PACKAGE… puts a virtual environment with these packages first on PATH.
need_python() {
  local environment=.build-tools/python stamp
  stamp=$environment/installed-$(printf '%s\n' "$@" | sha256sum | cut -c 1-16)
  if [ ! -e "$stamp" ]; then
    echo "installing $*"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$stamp"
  fi
  PATH=$PWD/$environment/bin:$PATH
}

# need_binary sets $binary to a release binary, which it builds if there is none.
need_binary() {
  binary=${SERVICE_BINARY:-.build/release/pointserve}
  [ -x "$binary" ] || {
    deploy/install.sh
    swift build -c release --product pointserve
  }
}

# listening_url LOG prints the address that a server wrote into its log, once it did.
listening_url() {
  local url tries=0
  while [ "$tries" -lt 300 ]; do
    url=$(sed -nE 's/.*listening on (https?:\/\/[0-9.:]+).*/\1/p' "$1" | head -n 1)
    if [ -n "$url" ]; then
      echo "$url"
      return 0
    fi
    tries=$((tries + 1))
    sleep 0.1
  done
  echo "no server listens: $(tail -n 5 "$1")" >&2
  return 1
}

# check_metrics FILE lets promtool judge an exposition. What it says of the names that are Triton's,
# and therefore not ours to choose, does not count.
check_metrics() {
  local said
  said=$(promtool check metrics <"$1" 2>&1 | grep -v '^nv_inference_' || true)
  [ -z "$said" ] || {
    echo "promtool on the metrics: $said" >&2
    return 1
  }
}
