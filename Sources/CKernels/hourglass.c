#include <stdlib.h>

#include "internal/compensation.h"
#include "internal/memory.h"
#include "internal/objects.h"

static bool pack(ckernels_hourglass *hourglass, const ckernels_hourglass_parameters *parameters,
                 const float *weights1, const float *weights2) {
  return ckernels_linear_pack(&hourglass->first, hourglass->variant, parameters->precision,
                              parameters->input_width, parameters->hidden_width, weights1, NULL,
                              parameters->activation1, NULL, NULL) &&
         ckernels_linear_pack(&hourglass->second, hourglass->variant, parameters->precision,
                              parameters->hidden_width, parameters->output_width, weights2, NULL,
                              parameters->activation2, parameters->scale, parameters->shift);
}

static bool pack_compensated(ckernels_hourglass *hourglass,
                             const ckernels_hourglass_parameters *parameters) {
  const size_t hidden_width = parameters->hidden_width;
  float *weights1 =
      ckernels_copy_floats(parameters->input_width * hidden_width, parameters->weights1);
  float *weights2 =
      ckernels_copy_floats(hidden_width * parameters->output_width, parameters->weights2);
  const bool is_packed = weights1 && weights2 &&
                         ckernels_compensate(parameters, weights1, weights2) &&
                         pack(hourglass, parameters, weights1, weights2);
  free(weights1);
  free(weights2);
  return is_packed;
}

ckernels_hourglass *ckernels_hourglass_create(const ckernels_hourglass_parameters *parameters) {
  ckernels_hourglass *hourglass = calloc(1, sizeof *hourglass);
  if (!hourglass) return NULL;
  hourglass->variant = ckernels_variant_for(parameters->precision);
  if (parameters->precision == CKERNELS_PRECISION_BFLOAT16
          ? pack_compensated(hourglass, parameters)
          : pack(hourglass, parameters, parameters->weights1, parameters->weights2))
    return hourglass;
  ckernels_hourglass_destroy(hourglass);
  return NULL;
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
