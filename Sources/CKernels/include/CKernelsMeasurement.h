#ifndef CKERNELS_MEASUREMENT_H
#define CKERNELS_MEASUREMENT_H

/// The rate of dependent-free fused multiply-adds on one thread, in GFLOP/s (two per lane), with the
/// instruction set in use; measured for about `seconds`.
double ckernels_measure_fma_peak(double seconds);

/// The rate at which one thread reads memory that no cache holds, in GB/s (10^9 bytes per second);
/// measured for about `seconds`. Negative when memory runs out.
double ckernels_measure_read_bandwidth(double seconds);

#endif
