#!/usr/bin/env bash
# Builds the binary of the image: small, with the Swift and C++ runtimes inside, and the same each
# time, wherever the sources lie. Runs inside the build stage.
set -euo pipefail

# Some choices of the compiler may depend on where its memory lies, so it gets addresses that are not
# random and one thread for each module; modules are still compiled at the same time. An engine may
# forbid fixed addresses; then the build goes on without.
prefix=(setarch --addr-no-randomize)
"${prefix[@]}" true 2>/dev/null || {
  echo "build: addresses are random here, so another build may differ in some bytes" >&2
  prefix=()
}
# The linker takes the C++ runtime from the first folder that holds one; alone in a folder, the
# archive, of which the Swift runtime needs little, goes before the shared library.
archives=$(mktemp -d)
trap 'rm -rf "$archives"' EXIT
compiler=$(dirname "$(realpath "$(command -v swift)")")/clang++
ln -s "$("$compiler" -print-file-name=libstdc++.a)" "$archives/"
# An identifier of the build would be of a section that assemble-root.sh removes.
SWIFT_DETERMINISTIC_HASHING=1 "${prefix[@]}" \
  swift build --configuration release --product pointserve --static-swift-stdlib \
  -Xswiftc -num-threads -Xswiftc 1 -Xswiftc -use-ld=lld -Xswiftc "-L$archives" \
  -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --strip-all \
  -Xlinker --no-export-dynamic -Xlinker --build-id=none -Xlinker -z -Xlinker pack-relative-relocs
