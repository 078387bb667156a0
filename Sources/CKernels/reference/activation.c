#include <math.h>

#include "reference.h"

double ckernels_reference_activation(ckernels_activation activation, double x) {
  // Comparisons are written so that NaN falls through to x.
  switch (activation.kind) {
    case CKERNELS_ACTIVATION_IDENTITY: return x;
    case CKERNELS_ACTIVATION_RELU: return x < 0 ? 0 : x;
    case CKERNELS_ACTIVATION_LEAKY_RELU: return x > 0 ? x : x * activation.parameter;
    case CKERNELS_ACTIVATION_SIGMOID: return 1 / (1 + exp(-x));
    case CKERNELS_ACTIVATION_TANH: return tanh(x);
    case CKERNELS_ACTIVATION_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case CKERNELS_ACTIVATION_ELU: return x > 0 ? x : activation.parameter * expm1(x);
    case CKERNELS_ACTIVATION_GELU: return x == -INFINITY ? 0 : x * 0.5 * erfc(-x * M_SQRT1_2);
    case CKERNELS_ACTIVATION_SILU: return x == -INFINITY ? 0 : x / (1 + exp(-x));
    case CKERNELS_ACTIVATION_SOFTPLUS: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
  }
  return x;
}

void ckernels_reference_activate(ckernels_activation activation, size_t count, const float *x,
                                 float *y) {
  for (size_t i = 0; i < count; i++) y[i] = (float)ckernels_reference_activation(activation, x[i]);
}
