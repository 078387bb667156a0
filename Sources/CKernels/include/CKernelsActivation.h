#ifndef CKERNELS_ACTIVATION_H
#define CKERNELS_ACTIVATION_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// An elementwise function; every one of them gives NaN for NaN.
typedef enum ckernels_activation_kind {
  /// x
  CKERNELS_ACTIVATION_IDENTITY = 0,
  /// max(x, 0)
  CKERNELS_ACTIVATION_RELU = 1,
  /// x for x > 0, parameter * x otherwise
  CKERNELS_ACTIVATION_LEAKY_RELU = 2,
  /// 1 / (1 + exp(-x))
  CKERNELS_ACTIVATION_SIGMOID = 3,
  /// tanh(x)
  CKERNELS_ACTIVATION_TANH = 4,
  /// min(max(x, 0), 6)
  CKERNELS_ACTIVATION_RELU6 = 5,
  /// x for x > 0, parameter * (exp(x) - 1) otherwise
  CKERNELS_ACTIVATION_ELU = 6,
  /// x * (1 + erf(x / sqrt(2))) / 2
  CKERNELS_ACTIVATION_GELU = 7,
  /// x / (1 + exp(-x)), also called swish
  CKERNELS_ACTIVATION_SILU = 8,
  /// log(1 + exp(x))
  CKERNELS_ACTIVATION_SOFTPLUS = 9,
} ckernels_activation_kind;

/// An activation with its parameter, which only leaky ReLU and ELU read.
typedef struct ckernels_activation {
  ckernels_activation_kind kind;
  float parameter;
} ckernels_activation;

/// y[i] = activation(x[i]) for `count` elements; `y` may be `x`.
void ckernels_activate(ckernels_activation activation, size_t count, const float *x, float *y);

#pragma clang assume_nonnull end

#endif
