# Functions that the scripts of this folder share; to be sourced, from the top of the project.
# shellcheck shell=bash

# With --help a script shows the comment that it begins with. It has changed its directory by now.
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  (cd "$OLDPWD" && sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0")
  exit 0
fi

# need_packages COMMAND=PACKAGE… installs the Debian packages whose command is missing.
need_packages() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# install_packages PACKAGE… installs Debian packages.
install_packages() {
  local as_root=()
  command -v apt-get >/dev/null || {
    echo "missing, by their names in Debian: $*; there is no apt-get to install them with" >&2
    return 1
  }
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "installing $*" >&2
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null
}

# make_environment FOLDER makes a virtual environment of Python, from nothing.
make_environment() {
  need_packages python3=python3
  # Debian has what a virtual environment needs in a package of its own.
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
  python3 -m venv --clear "$1"
}

# need_python PACKAGE… puts a virtual environment with these packages first on PATH.
need_python() {
  local environment=.build-tools/python stamp
  stamp=$environment/installed-$(printf '%s\n' "$@" | sha256sum | cut -c 1-16)
  if [ ! -e "$stamp" ]; then
    echo "installing $*" >&2
    [ -x "$environment/bin/pip" ] || make_environment "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$stamp"
  fi
  PATH=$PWD/$environment/bin:$PATH
}

# need_binary sets $binary to a release binary, which it builds if there is none.
need_binary() {
  binary=${SERVICE_BINARY:-.build/release/pointserve}
  [ -x "$binary" ] || deploy/build.sh
}

# revision prints the commit of the sources, with "-dirty" where they differ from it, or "unknown".
revision() {
  git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown
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
