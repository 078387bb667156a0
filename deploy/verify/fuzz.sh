#!/usr/bin/env bash
# Feeds the parsers of untrusted bytes with libFuzzer and the address sanitizer until time is up or
# one breaks, and prints a line of figures for each.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'TEXT'
usage: deploy/verify/fuzz.sh [--seconds N | --replay] [--build-only] [TARGET…]

  --seconds N   run each target for N seconds (60)
  --replay      run the seeds alone, which takes no time
  --build-only  build and stop

Without targets all of them run. An input that breaks a target stays in .build-fuzz/found/TARGET;
once that is fixed, a regression test keeps it. New inputs that reach new code go to
.build-fuzz/corpus/TARGET, where the next run starts from them.
TEXT
}

seconds=60 replay=false build_only=false targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds)
      seconds=${2:?--seconds needs a number}
      shift
      ;;
    --replay) replay=true ;;
    --build-only) build_only=true ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) targets+=("$1") ;;
  esac
  shift
done

# LLVM's linker, because GNU gold fails on the debug information of instrumented code.
# Optimized, because debug Swift is too slow to reach much; overflow and bounds still trap.
export POINTSERVE_FUZZING=1 SWIFT_BACKTRACE=enable=no
build=(swift build --configuration release --scratch-path .build-fuzz --product fuzz
  -Xswiftc '-sanitize=fuzzer,address' -Xswiftc -enable-testing -Xswiftc -use-ld=lld
  -Xcc '-fsanitize=fuzzer-no-link,address')
started=$SECONDS
mkdir -p .build-fuzz
"${build[@]}" >.build-fuzz/build.log 2>&1 || {
  grep -E 'error' .build-fuzz/build.log >&2 || tail -n 20 .build-fuzz/build.log >&2
  exit 1
}
fuzz=$("${build[@]}" --show-bin-path)/fuzz
echo "fuzz: built in $((SECONDS - started)) s"
if $build_only; then exit 0; fi
[ ${#targets[@]} -gt 0 ] ||
  mapfile -t targets < <("$fuzz" 2>/dev/null | sed -n 's/^  //p')

python3 deploy/verify/fuzz/make_seeds.py --check
failed=()
for target in "${targets[@]}"; do
  seeds=deploy/verify/fuzz/seeds/$target
  corpus=.build-fuzz/corpus/$target
  found=.build-fuzz/found/$target
  [ -d "$seeds" ] || {
    echo "fuzz: no target $target" >&2
    exit 2
  }
  mkdir -p "$corpus" "$found"
  limits=(-rss_limit_mb=2048 -malloc_limit_mb=512 -timeout=10 -print_final_stats=1
    "-artifact_prefix=$found/")
  if $replay; then limits+=(-runs=0); else limits+=("-max_total_time=$seconds" -max_len=16384); fi
  log=.build-fuzz/$target.log
  if "$fuzz" "$target" "${limits[@]}" "$corpus" "$seeds" >"$log" 2>&1; then
    awk -v target="$target" '
      / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
      /number_of_executed_units/ { runs = $2 }
      /average_exec_per_sec/ { rate = $2 }
      /peak_rss_mb/ { memory = $2 }
      END { printf "fuzz: %-12s %9d inputs, %6d/s, %6d edges, peak %4d MB: nothing found\n",
        target, runs, rate, coverage, memory }' "$log"
  else
    failed+=("$target")
    echo "fuzz: $target broke; its input is in $found" >&2
    grep -E 'Fatal error|precondition|ERROR|SUMMARY|Test unit written' "$log" | head -n 8 >&2 || true
  fi
done
[ ${#failed[@]} -eq 0 ] || {
  echo "fuzz: ${failed[*]} failed" >&2
  exit 1
}
