#include <stdlib.h>

#include "internal/objects.h"

ckernels_dense *ckernels_dense_create(const ckernels_dense_parameters *parameters) {
  ckernels_dense *dense = calloc(1, sizeof *dense);
  if (!dense) return NULL;
  dense->variant = ckernels_variant_for(parameters->precision);
  if (!ckernels_linear_pack(&dense->linear, dense->variant, parameters->precision,
                            parameters->input_width, parameters->output_width, parameters->weights,
                            parameters->bias, parameters->activation, parameters->scale,
                            parameters->shift)) {
    ckernels_dense_destroy(dense);
    return NULL;
  }
  return dense;
}

size_t ckernels_dense_scratch_bytes(const ckernels_dense *dense) {
  return dense->variant->dense_scratch(dense);
}

void ckernels_dense_run(const ckernels_dense *dense, size_t rows, const float *x, float *y,
                        void *scratch) {
  dense->variant->dense(dense, rows, x, y, scratch);
}

void ckernels_dense_destroy(ckernels_dense *dense) {
  if (!dense) return;
  ckernels_linear_free(&dense->linear);
  free(dense);
}
