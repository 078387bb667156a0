#ifndef CKERNELS_RASTER_H
#define CKERNELS_RASTER_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Weighs rows of `count` values by their distance from the middle one of `2 * radius + 1`:
/// y = rows[radius] * taps[0] + sum over k of (rows[radius - k] + rows[radius + k]) * taps[k],
/// for k from `radius` down to 1. Every instruction set gives the same bits.
///
/// taps `[radius + 1]`, rows `[2 * radius + 1]`, which may overlap each other, y `[count]`
void ckernels_correlate(size_t count, size_t radius, const double *taps,
                        const double *_Nonnull const *_Nonnull rows, double *y);

#pragma clang assume_nonnull end

#endif
