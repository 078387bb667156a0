#include "reference.h"

void ckernels_reference_local_conv2d_external(const ckernels_local_conv2d_shape *s,
                                              const float *filters, const float *bias,
                                              size_t images, const float *x, float *y) {
  const size_t height = ckernels_local_output_height(s), width = ckernels_local_output_width(s);
  const size_t pixels = height * width, kernel = s->kernel_height * s->kernel_width;
  for (size_t n = 0; n < images; n++)
    for (size_t o = 0; o < s->output_channels; o++)
      for (size_t p = 0; p < pixels; p++) {
        double sum = bias ? bias[o * pixels + p] : 0;
        for (size_t c = 0; c < s->input_channels; c++)
          for (size_t a = 0; a < s->kernel_height; a++)
            for (size_t b = 0; b < s->kernel_width; b++) {
              // Outside the image the sum wraps around and is refused as too large.
              const size_t row = p / width * s->stride_height + a - s->padding_height;
              const size_t column = p % width * s->stride_width + b - s->padding_width;
              if (row >= s->input_height || column >= s->input_width) continue;
              const size_t r = c * kernel + a * s->kernel_width + b;
              const size_t pixel =
                  ((n * s->input_channels + c) * s->input_height + row) * s->input_width + column;
              sum += (double)filters[(o * s->input_channels * kernel + r) * pixels + p] * x[pixel];
            }
        y[(n * s->output_channels + o) * pixels + p] = (float)sum;
      }
}

size_t ckernels_reference_local_conv2d_scratch(const ckernels_local_conv2d *layer) {
  (void)layer;
  return 0;
}

void ckernels_reference_local_conv2d(const ckernels_local_conv2d *layer, size_t images,
                                     const float *x, float *y, void *scratch) {
  (void)scratch;
  ckernels_reference_local_conv2d_external(&layer->shape, layer->filters, layer->bias, images, x, y);
}
