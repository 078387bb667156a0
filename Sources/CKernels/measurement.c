#include "include/CKernelsMeasurement.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal/variant.h"

static double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double ckernels_measure_fma_peak(ckernels_precision precision, double seconds) {
  const ckernels_variant *variant = ckernels_variant_for(precision);
  enum { rounds = 100000 };
  float sink[16] = {0};
  double best = 0;
  // The best of many short stretches: whatever else the processor does can only slow one down.
  const double end = seconds_now() + seconds;
  do {
    const double begin = seconds_now();
    const double operations = variant->multiply_add(rounds, sink);
    const double rate = operations / (seconds_now() - begin) * 1e-9;
    if (rate > best) best = rate;
  } while (seconds_now() < end);
  return best;
}

double ckernels_measure_read_bandwidth(double seconds) {
  enum { count = 1 << 25 };
  uint64_t *words = aligned_alloc(64, count * sizeof *words);
  if (!words) return -1;
  memset(words, 1, count * sizeof *words);
  volatile uint64_t sink = 0;
  double best = 0;
  const double end = seconds_now() + seconds;
  do {
    const double begin = seconds_now();
    uint64_t sums[32] = {0};
    for (size_t i = 0; i < count; i += 32)
      for (size_t l = 0; l < 32; l++) sums[l] ^= words[i + l];
    for (size_t l = 0; l < 32; l++) sink ^= sums[l];
    const double rate = count * sizeof *words / (seconds_now() - begin) * 1e-9;
    if (rate > best) best = rate;
  } while (seconds_now() < end);
  free(words);
  return best;
}
