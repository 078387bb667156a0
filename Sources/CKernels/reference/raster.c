#include "reference.h"

void ckernels_reference_correlate(size_t count, size_t radius, const double *taps,
                                  const double *const *rows, double *y) {
  for (size_t i = 0; i < count; i++) {
    double sum = rows[radius][i] * taps[0];
    for (size_t k = radius; k > 0; k--) sum += (rows[radius - k][i] + rows[radius + k][i]) * taps[k];
    y[i] = sum;
  }
}
