#include "include/CKernelsMeasurement.h"

#include <stdlib.h>
#include <time.h>

#include "internal/memory.h"
#include "internal/variant.h"

static double seconds_now(ckernels_clock clock) {
  struct timespec time;
  clock_gettime(clock == CKERNELS_CLOCK_WALL ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double ckernels_measure_fma_peak(ckernels_precision precision, ckernels_clock clock,
                                 double seconds) {
  const ckernels_variant *variant = ckernels_variant_for(precision);
  enum { rounds = 100000 };
  float sink[16] = {0};
  double best = 0;
  // The best of many short stretches: whatever else the processor does can only slow one down.
  const double end = seconds_now(clock) + seconds;
  do {
    const double begin = seconds_now(clock);
    const double operations = variant->multiply_add(rounds, sink);
    const double rate = operations / (seconds_now(clock) - begin) * 1e-9;
    if (rate > best) best = rate;
  } while (seconds_now(clock) < end);
  return best;
}

double ckernels_measure_read_bandwidth(ckernels_clock clock, double seconds) {
  const ckernels_variant *variant = ckernels_current_variant();
  enum { count = 1 << 26 };
  float *values = ckernels_allocate_floats(count);
  if (!values) return -1;
  float sink[16] = {0};
  double best = 0;
  const double end = seconds_now(clock) + seconds;
  do {
    const double begin = seconds_now(clock);
    variant->read(count, values, sink);
    const double rate = count * sizeof *values / (seconds_now(clock) - begin) * 1e-9;
    if (rate > best) best = rate;
  } while (seconds_now(clock) < end);
  free(values);
  return best;
}
