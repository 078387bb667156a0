#include <stdlib.h>

#include "internal/objects.h"

ckernels_hourglass *ckernels_hourglass_create(const ckernels_hourglass_parameters *parameters) {
  ckernels_hourglass *hourglass = calloc(1, sizeof *hourglass);
  if (!hourglass) return NULL;
  hourglass->variant = ckernels_variant_for(parameters->precision);
  if (!ckernels_linear_pack(&hourglass->first, hourglass->variant, parameters->precision,
                            parameters->input_width, parameters->hidden_width,
                            parameters->weights1, NULL, parameters->activation1, NULL, NULL) ||
      !ckernels_linear_pack(&hourglass->second, hourglass->variant, parameters->precision,
                            parameters->hidden_width, parameters->output_width,
                            parameters->weights2, NULL, parameters->activation2, parameters->scale,
                            parameters->shift)) {
    ckernels_hourglass_destroy(hourglass);
    return NULL;
  }
  return hourglass;
}

size_t ckernels_hourglass_scratch_bytes(const ckernels_hourglass *hourglass) {
  return hourglass->variant->hourglass_scratch(hourglass);
}

void ckernels_hourglass_run(const ckernels_hourglass *hourglass, size_t rows, const float *x,
                            float *y, void *scratch) {
  hourglass->variant->hourglass(hourglass, rows, x, y, scratch);
}

void ckernels_hourglass_destroy(ckernels_hourglass *hourglass) {
  if (!hourglass) return;
  ckernels_linear_free(&hourglass->first);
  ckernels_linear_free(&hourglass->second);
  free(hourglass);
}
