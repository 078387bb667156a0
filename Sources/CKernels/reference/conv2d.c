#include <string.h>

#include "../internal/memory.h"
#include "reference.h"

size_t ckernels_reference_conv2d_scratch(const ckernels_conv2d *layer) {
  return ckernels_float_bytes(layer->linear.depth);
}

void ckernels_reference_conv2d(const ckernels_conv2d *layer, size_t images, const float *x, float *y,
                               void *scratch) {
  const ckernels_conv2d_parameters *s = &layer->shape;
  const size_t channels = s->input_channels;
  float *patch = scratch;
  for (size_t n = 0; n < images; n++)
    for (size_t r = 0; r < s->output_height; r++)
      for (size_t q = 0; q < s->output_width; q++) {
        float *next = patch;
        for (size_t a = 0; a < s->kernel_height; a++)
          for (size_t b = 0; b < s->kernel_width; b++, next += channels) {
            // Outside the image the sum wraps around and is refused as too large.
            const size_t row = r * s->stride_height + a * s->dilation_height - s->padding_top;
            const size_t column = q * s->stride_width + b * s->dilation_width - s->padding_left;
            if (row >= s->input_height || column >= s->input_width)
              memset(next, 0, channels * sizeof(float));
            else
              memcpy(next,
                     x + ((n * s->input_height + row) * s->input_width + column) * channels,
                     channels * sizeof(float));
          }
        ckernels_reference_linear(&layer->linear, 1, patch, y);
        y += s->output_channels;
      }
}
