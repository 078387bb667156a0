#include "include/CKernelsRaster.h"

#include "internal/variant.h"

void ckernels_correlate(size_t count, size_t radius, const double *taps, const double *const *rows,
                        double *y) {
  ckernels_current_variant()->correlate(count, radius, taps, rows, y);
}
