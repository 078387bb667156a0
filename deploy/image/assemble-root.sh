#!/usr/bin/env bash
# Assembles the root file system of the image: the binary, the shared libraries it links, their
# package records (for scanners and the bill of materials), every licence text, one user.
# Runs inside the build stage.
#
# Usage: assemble-root.sh BINARY ROOT
set -euo pipefail

binary=$1
root=$2
umask 022
mkdir -p "$root"/{etc,usr/bin,usr/share/doc,var/lib/dpkg/status.d,models,tmp}
# A merged /usr, as the loader's path in the binary expects.
mkdir -p "$root"/usr/lib "$root"/usr/lib64
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"

# That section is the compiler's own memory of an earlier build.
objcopy --remove-section .swift_modhash "$binary" "$root/usr/bin/pointserve"
chmod 0755 "$root/usr/bin/pointserve"

# The closure of what the binary links. A library's path is that by which the loader asks for it.
libraries=$(ldd "$binary" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | sort -u)
packages=()
for library in $libraries; do
  directory=$root$(dirname "$(realpath --no-symlinks "$library")")
  mkdir -p "$directory"
  install -m 0755 "$(realpath "$library")" "$directory/$(basename "$library")"
  owner=$(dpkg --search "$(realpath "$library")" 2>/dev/null ||
    dpkg --search "*/$(basename "$(realpath "$library")")")
  packages+=("$(printf '%s\n' "$owner" | head -n 1 | cut -d: -f1)")
done

for package in $(printf '%s\n' "${packages[@]}" | sort -u); do
  dpkg-query --status "$package" |
    sed '/^Conffiles:/,/^[^ ]/ { /^Conffiles:/d; /^ /d }' >"$root/var/lib/dpkg/status.d/$package"
  install -D -m 0644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  echo "assemble-root: $package $(dpkg-query --show --showformat='${Version}' "$package")"
done

# What is linked into the binary: the runtimes of Swift and of C++ and the Swift packages, with their
# versions.
toolchain=$(dirname "$(dirname "$(realpath "$(command -v swift)")")")
install -D -m 0644 "$toolchain/share/swift/LICENSE.txt" "$root/usr/share/doc/swift/copyright"
swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/swift \1/p' |
  head -n 1 >"$root/usr/share/doc/pointserve-components"
archive=$("$toolchain/bin/clang++" -print-file-name=libstdc++.a)
archive=$(dpkg --search "$(realpath "$archive")" | cut -d: -f1)
install -D -m 0644 "/usr/share/doc/$archive/copyright" "$root/usr/share/doc/$archive/copyright"
dpkg-query --show --showformat='${Package} ${Version}\n' "$archive" \
  >>"$root/usr/share/doc/pointserve-components"
shopt -s nullglob
for checkout in .build/checkouts/*/; do
  name=$(basename "$checkout")
  install -D -m 0644 "$checkout"/{LICENSE,NOTICE}* --target-directory "$root/usr/share/doc/$name"
  version=$(git -C "$checkout" describe --tags --exact-match 2>/dev/null ||
    git -C "$checkout" rev-parse HEAD)
  echo "$name $version" >>"$root/usr/share/doc/pointserve-components"
done
cat "$root/usr/share/doc/pointserve-components"

# The licences to which those texts only refer.
grep --recursive --no-filename --only-matching '/usr/share/common-licenses/[A-Za-z0-9.+-]*[A-Za-z0-9]' \
  "$root/usr/share/doc" | sort -u | while read -r licence; do
  [ ! -f "$licence" ] || install -D -m 0644 "$(realpath "$licence")" "$root$licence"
done

echo 'pointserve:x:65532:65532::/:/sbin/nologin' >"$root/etc/passwd"
echo 'pointserve:x:65532:' >"$root/etc/group"
chmod 1777 "$root/tmp"
