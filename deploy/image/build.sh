#!/usr/bin/env bash
# Builds the binary of the image: small, with the Swift runtime inside, and the same each time.
# Runs inside the build stage.
set -euo pipefail

# The compiler's choices depend on where its memory lies, so two builds are equal only with addresses
# that are not random and one thread that asks for memory. An engine may forbid fixed addresses; then
# the build goes on without.
prefix=(setarch --addr-no-randomize)
"${prefix[@]}" true 2>/dev/null || {
  echo "build: addresses are random here, so another build may differ in some bytes" >&2
  prefix=()
}
# An identifier of the build would be of a section that assemble-root.sh removes.
SWIFT_DETERMINISTIC_HASHING=1 "${prefix[@]}" \
  swift build --jobs 1 --configuration release --product pointserve --static-swift-stdlib \
  -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --strip-all \
  -Xlinker --no-export-dynamic -Xlinker --build-id=none -Xlinker -z -Xlinker pack-relative-relocs
