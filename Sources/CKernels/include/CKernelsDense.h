#ifndef CKERNELS_DENSE_H
#define CKERNELS_DENSE_H

#include "CKernelsActivation.h"
#include "CKernelsPrecision.h"

#pragma clang assume_nonnull begin

/// y = activation(x @ weights + bias) * scale + shift
typedef struct ckernels_dense_parameters {
  size_t input_width;
  size_t output_width;
  /// `[input_width, output_width]`
  const float *weights;
  /// `[output_width]`, or NULL for zero
  const float *_Nullable bias;
  ckernels_activation activation;
  /// `[output_width]`, or NULL for one
  const float *_Nullable scale;
  /// `[output_width]`, or NULL for zero
  const float *_Nullable shift;
  ckernels_precision precision;
} ckernels_dense_parameters;

typedef struct ckernels_dense ckernels_dense;

/// Packs a dense layer; widths are at least 1.
ckernels_dense *_Nullable ckernels_dense_create(const ckernels_dense_parameters *parameters);

size_t ckernels_dense_scratch_bytes(const ckernels_dense *dense);

/// x `[rows, input_width]` → y `[rows, output_width]`
void ckernels_dense_run(const ckernels_dense *dense, size_t rows, const float *x, float *y,
                        void *scratch);

void ckernels_dense_destroy(ckernels_dense *_Nullable dense);

/// y = activation2(activation1(x @ weights1) @ weights2) * scale + shift
typedef struct ckernels_hourglass_parameters {
  size_t input_width;
  size_t hidden_width;
  size_t output_width;
  /// `[input_width, hidden_width]`
  const float *weights1;
  /// `[hidden_width, output_width]`
  const float *weights2;
  ckernels_activation activation1;
  ckernels_activation activation2;
  /// `[output_width]`, or NULL for one
  const float *_Nullable scale;
  /// `[output_width]`, or NULL for zero
  const float *_Nullable shift;
  ckernels_precision precision;
} ckernels_hourglass_parameters;

typedef struct ckernels_hourglass ckernels_hourglass;

/// Packs an hourglass layer; widths are at least 1.
ckernels_hourglass *_Nullable ckernels_hourglass_create(
    const ckernels_hourglass_parameters *parameters);

size_t ckernels_hourglass_scratch_bytes(const ckernels_hourglass *hourglass);

/// x `[rows, input_width]` → y `[rows, output_width]`
void ckernels_hourglass_run(const ckernels_hourglass *hourglass, size_t rows, const float *x,
                            float *y, void *scratch);

void ckernels_hourglass_destroy(ckernels_hourglass *_Nullable hourglass);

#pragma clang assume_nonnull end

#endif
