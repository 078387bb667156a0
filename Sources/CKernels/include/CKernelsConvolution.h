#ifndef CKERNELS_CONVOLUTION_H
#define CKERNELS_CONVOLUTION_H

#include "CKernelsActivation.h"

#pragma clang assume_nonnull begin

/// The geometry of a locally connected layer: a convolution whose filter differs at every output
/// pixel.
///
/// Output pixel (r, c) reads the input from (r * stride - padding) on, per axis; pixels outside the
/// image are zero. A negative padding skips rows or columns. P = output height * output width.
typedef struct ckernels_local_conv2d_shape {
  size_t input_channels, input_height, input_width;
  size_t output_channels, output_height, output_width;
  size_t kernel_height, kernel_width;
  size_t stride_height, stride_width;
  ptrdiff_t padding_height, padding_width;
} ckernels_local_conv2d_shape;

typedef struct ckernels_local_conv2d ckernels_local_conv2d;

/// Packs filters `[output_channels, input_channels * kernel_height * kernel_width, P]` and bias
/// `[output_channels, P]` (NULL for zero).
///
/// Strides and output extents are at least 1.
ckernels_local_conv2d *_Nullable ckernels_local_conv2d_create(
    const ckernels_local_conv2d_shape *shape, const float *filters, const float *_Nullable bias);

size_t ckernels_local_conv2d_scratch_bytes(const ckernels_local_conv2d *layer);

/// x `[images, input_channels, input_height, input_width]` →
/// y `[images, output_channels, output height, output width]`
void ckernels_local_conv2d_run(const ckernels_local_conv2d *layer, size_t images, const float *x,
                               float *y, void *scratch);

void ckernels_local_conv2d_destroy(ckernels_local_conv2d *_Nullable layer);

/// The same with filters and bias that arrive with the images, in the layout of `_create`.
void ckernels_local_conv2d_run_external(const ckernels_local_conv2d_shape *shape,
                                        const float *filters, const float *_Nullable bias,
                                        size_t images, const float *x, float *y);

/// A convolution of images, channels last; pixels outside the image are zero.
///
/// Output pixel (r, c) reads the input at (r * stride - padding_top + a * dilation, …). 'valid' is
/// zero padding; 'same' is an output extent of ceil(input / stride) with half of the padding needed,
/// rounded down, in front; a negative padding skips rows or columns.
typedef struct ckernels_conv2d_parameters {
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width, output_channels;
  size_t kernel_height, kernel_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  ptrdiff_t padding_top, padding_left;
  /// `[kernel_height, kernel_width, input_channels, output_channels]`
  const float *weights;
  /// `[output_channels]`, or NULL for zero
  const float *_Nullable bias;
  ckernels_activation activation;
  /// `[output_channels]`, or NULL for one; applied after the activation
  const float *_Nullable scale;
  /// `[output_channels]`, or NULL for zero
  const float *_Nullable shift;
} ckernels_conv2d_parameters;

typedef struct ckernels_conv2d ckernels_conv2d;

ckernels_conv2d *_Nullable ckernels_conv2d_create(const ckernels_conv2d_parameters *parameters);

size_t ckernels_conv2d_scratch_bytes(const ckernels_conv2d *layer);

/// x `[images, input_height, input_width, input_channels]` →
/// y `[images, output_height, output_width, output_channels]`
void ckernels_conv2d_run(const ckernels_conv2d *layer, size_t images, const float *x, float *y,
                         void *scratch);

void ckernels_conv2d_destroy(ckernels_conv2d *_Nullable layer);

#pragma clang assume_nonnull end

#endif
