#ifndef CKERNELS_MEASUREMENT_H
#define CKERNELS_MEASUREMENT_H

#include "CKernelsPrecision.h"

/// What a time is measured by.
typedef enum ckernels_clock {
  /// The time that passes.
  CKERNELS_CLOCK_WALL,
  /// The processor time of the calling thread.
  CKERNELS_CLOCK_THREAD,
} ckernels_clock;

/// The rate of independent multiply-adds on one thread, in GFLOP/s (each counts two), with the
/// instruction set in use for products of this precision; measured for about `seconds`.
double ckernels_measure_fma_peak(ckernels_precision precision, ckernels_clock clock,
                                 double seconds);

/// The rate at which one thread reads memory that no cache holds, in GB/s (10^9 bytes per second);
/// measured for about `seconds`. Negative when memory runs out.
double ckernels_measure_read_bandwidth(ckernels_clock clock, double seconds);

#endif
