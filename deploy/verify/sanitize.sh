#!/usr/bin/env bash
# Runs tests with the address sanitizer in Swift and C, where every undefined behavior of C is a
# trap as well, and prints how many ran. Every argument goes to `swift test`; without any all run.
set -euo pipefail
cd "$(dirname "$0")/../.."

# A trap ends the process; the sanitizer then tells its place and the kind of behavior. Leaks are the
# soak's to find: the sanitizer takes pointers that Swift tags, as those in indirect cases, for lost.
export ASAN_OPTIONS=handle_sigill=1:detect_leaks=0 SWIFT_BACKTRACE=enable=no
# Optimized, because unoptimized Swift is too slow under it; overflow and bounds still trap.
flags=(--sanitize=address --scratch-path .build-asan -Xswiftc -O
  -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined)
started=$SECONDS
mkdir -p .build-asan
swift build --build-tests "${flags[@]}" >.build-asan/build.log 2>&1 || {
  grep -E 'error' .build-asan/build.log >&2 || tail -n 20 .build-asan/build.log >&2
  exit 1
}
echo "sanitize: built in $((SECONDS - started)) s"

# The kernels and system calls are C, with flags of their own: a check that found nothing because it
# was not there would be worth nothing.
folder=$(swift build "${flags[@]}" --show-bin-path)
for target in CKernels CSystem; do
  for object in "$folder/$target.build"/*.o; do
    [ "$(nm "$object" | grep -c ' __asan_init$')" -gt 0 ] || {
      echo "sanitize: $object is not instrumented" >&2
      exit 1
    }
  done
done

started=$SECONDS
log=.build-asan/test.log
if swift test --skip-build --disable-xctest "${flags[@]}" "$@" >"$log" 2>&1; then
  echo "sanitize: $(grep -oE 'Test run with [0-9]+ tests?( in [0-9]+ suites?)? passed' "$log" |
    tail -n 1) in $((SECONDS - started)) s, no report"
else
  grep -E -A 25 'ERROR: |✘|Fatal error' "$log" | head -n 100 >&2 || tail -n 30 "$log" >&2
  exit 1
fi
