// Convolution of images as a product of patches with the filters, a tile of output pixels at a time.

static size_t conv2d_tile(const ckernels_conv2d *layer) {
  const size_t fitting = (256 << 10) / sizeof(float) / layer->linear.depth / ROW_TILE;
  const size_t rows = (fitting > 1 ? fitting : 1) * ROW_TILE;
  return rows < row_block ? rows : row_block;
}

static size_t conv2d_scratch(const ckernels_conv2d *layer) {
  return ckernels_float_bytes(conv2d_tile(layer) * layer->linear.depth);
}

/// The input under the kernel at one output pixel, `[kernel_height, kernel_width, input_channels]`.
static void copy_patch(const ckernels_conv2d_parameters *s, size_t output_row, size_t output_column,
                       const float *x, float *patch) {
  const size_t channels = s->input_channels;
  for (size_t a = 0; a < s->kernel_height; a++)
    for (size_t b = 0; b < s->kernel_width; b++, patch += channels) {
      // Outside the image the subtraction wraps around and is refused as too large.
      const size_t row = output_row * s->stride_height + a * s->dilation_height - s->padding_top;
      const size_t column = output_column * s->stride_width + b * s->dilation_width - s->padding_left;
      if (row < s->input_height && column < s->input_width)
        memcpy(patch, x + (row * s->input_width + column) * channels, channels * sizeof(float));
      else
        memset(patch, 0, channels * sizeof(float));
    }
}

static void conv2d(const ckernels_conv2d *layer, size_t images, const float *x, float *y,
                   void *scratch) {
  const ckernels_conv2d_parameters *s = &layer->shape;
  const size_t depth = layer->linear.depth, width = layer->linear.width;
  const size_t tile = conv2d_tile(layer), pixels = s->output_height * s->output_width;
  const size_t image_floats = s->input_height * s->input_width * s->input_channels;
  for (size_t n = 0; n < images; n++, x += image_floats, y += pixels * width)
    for (size_t pixel = 0; pixel < pixels; pixel += tile) {
      const size_t count = pixels - pixel < tile ? pixels - pixel : tile;
      for (size_t i = 0; i < count; i++)
        copy_patch(s, (pixel + i) / s->output_width, (pixel + i) % s->output_width, x,
                   (float *)scratch + i * depth);
      const destination to = {.y = y + pixel * width, .stride = width, .width = width};
      linear_rows(&layer->linear, count, scratch, depth, &to);
    }
}
