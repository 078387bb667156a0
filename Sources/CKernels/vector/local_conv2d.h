// Locally connected layers: every filter value is used once per image, so the filters stream past a
// few images whose sums stay in registers.

/// Images that share one pass over the filters.
enum { image_block = LANES == 16 ? 4 : 2, chunk_vectors = 4 };

static size_t local_patch(const ckernels_local_conv2d_shape *s) {
  return s->input_channels * s->kernel_height * s->kernel_width;
}

static size_t local_conv2d_scratch(const ckernels_local_conv2d *layer) {
  return ckernels_float_bytes(image_block * local_patch(&layer->shape) * layer->chunk);
}

/// The inputs under the kernels of the output pixels `first ..< first + count` of one image,
/// `[patch, chunk]`; whatever lies behind `count` is zero.
static void copy_local_patches(const ckernels_local_conv2d_shape *s, size_t output_width,
                               size_t first, size_t count, const float *x, float *patches) {
  enum { chunk = chunk_vectors * LANES };
  const size_t plane = s->input_height * s->input_width;
  const size_t kernel = s->kernel_height * s->kernel_width;
  for (size_t a = 0; a < s->kernel_height; a++)
    for (size_t b = 0; b < s->kernel_width; b++) {
      size_t source[chunk];
      for (size_t l = 0; l < chunk; l++) {
        // Outside the image the subtraction wraps around and is refused as too large.
        const size_t row = (first + l) / output_width * s->stride_height + a - s->padding_height;
        const size_t column = (first + l) % output_width * s->stride_width + b - s->padding_width;
        const bool is_inside = l < count && row < s->input_height && column < s->input_width;
        source[l] = is_inside ? row * s->input_width + column : plane;
      }
      for (size_t c = 0; c < s->input_channels; c++) {
        float *patch = patches + (c * kernel + a * s->kernel_width + b) * chunk;
        for (size_t l = 0; l < chunk; l++)
          patch[l] = source[l] < plane ? x[c * plane + source[l]] : 0;
      }
    }
}

/// One output channel of one chunk for `images` images.
INLINE void local_channel(const int images, size_t patch, const float *filter, const float *bias,
                          const float *patches, size_t count, float *y, size_t image_floats) {
  enum { chunk = chunk_vectors * LANES };
  vector sums[image_block][chunk_vectors];
  UNROLL for (int v = 0; v < chunk_vectors; v++)
    UNROLL for (int n = 0; n < images; n++) sums[n][v] = load(bias + v * LANES);
  for (size_t r = 0; r < patch; r++) {
    // A little ahead of the hardware, which stops at every page.
    __builtin_prefetch(filter + 16 * chunk);
    UNROLL for (int v = 0; v < chunk_vectors; v++) {
      const vector weight = load(filter + v * LANES);
      UNROLL for (int n = 0; n < images; n++)
        sums[n][v] = multiply_add(
            weight, load(patches + ((size_t)n * patch + r) * chunk + v * LANES), sums[n][v]);
    }
    filter += chunk;
  }
  UNROLL for (int n = 0; n < images; n++)
    UNROLL for (int v = 0; v < chunk_vectors; v++)
      if ((size_t)v * LANES < count)
        store_columns(y + (size_t)n * image_floats + v * LANES, count - (size_t)v * LANES,
                      sums[n][v]);
}

SEPARATE void local_channels(const ckernels_local_conv2d *layer, size_t images,
                             const float *filters, const float *bias, const float *patches,
                             size_t pixels, size_t count, float *y) {
  enum { chunk = chunk_vectors * LANES };
  const size_t patch = local_patch(&layer->shape);
  const size_t image_floats = layer->shape.output_channels * pixels;
  for (size_t o = 0; o < layer->shape.output_channels; o++, y += pixels) {
    const float *filter = filters + o * patch * chunk, *start = bias + o * chunk;
    switch (images) {
      case 1: local_channel(1, patch, filter, start, patches, count, y, image_floats); break;
      case 2: local_channel(2, patch, filter, start, patches, count, y, image_floats); break;
#if LANES == 16
      case 3: local_channel(3, patch, filter, start, patches, count, y, image_floats); break;
      default: local_channel(4, patch, filter, start, patches, count, y, image_floats); break;
#endif
    }
  }
}

static void local_conv2d(const ckernels_local_conv2d *layer, size_t images, const float *x,
                         float *y, void *scratch) {
  const ckernels_local_conv2d_shape *s = &layer->shape;
  const size_t width = ckernels_local_output_width(s);
  const size_t pixels = ckernels_local_output_height(s) * width;
  const size_t patch = local_patch(s), chunk = layer->chunk;
  const size_t input_floats = s->input_channels * s->input_height * s->input_width;
  for (size_t n = 0; n < images; n += image_block) {
    const size_t some = images - n < image_block ? images - n : image_block;
    for (size_t first = 0; first < pixels; first += chunk) {
      const size_t count = pixels - first < chunk ? pixels - first : chunk;
      for (size_t i = 0; i < some; i++)
        copy_local_patches(s, width, first, count, x + (n + i) * input_floats,
                           (float *)scratch + i * patch * chunk);
      local_channels(layer, some, layer->filters + first * s->output_channels * patch,
                     layer->bias + first * s->output_channels, scratch, pixels, count,
                     y + n * s->output_channels * pixels + first);
    }
  }
}

/// Filters as they come, `[output_channels, patch, pixels]`: sums in the output rows themselves.
static void local_conv2d_external(const ckernels_local_conv2d_shape *s, const float *filters,
                                  const float *bias, size_t images, const float *x, float *y) {
  const size_t height = ckernels_local_output_height(s), width = ckernels_local_output_width(s);
  const size_t pixels = height * width, patch = local_patch(s);
  const size_t kernel = s->kernel_height * s->kernel_width;
  const size_t plane = s->input_height * s->input_width;
  for (size_t n = 0; n < images; n++, x += s->input_channels * plane)
    for (size_t o = 0; o < s->output_channels; o++, y += pixels) {
      for (size_t p = 0; p < pixels; p++) y[p] = bias ? bias[o * pixels + p] : 0;
      for (size_t r = 0; r < patch; r++) {
        const float *filter = filters + (o * patch + r) * pixels;
        const float *channel = x + r / kernel * plane;
        const size_t a = r % kernel / s->kernel_width, b = r % s->kernel_width;
        for (size_t i = 0; i < height; i++) {
          const size_t row = i * s->stride_height + a - s->padding_height;
          if (row >= s->input_height) continue;
          for (size_t j = 0; j < width; j++) {
            const size_t column = j * s->stride_width + b - s->padding_width;
            if (column < s->input_width)
              y[i * width + j] += filter[i * width + j] * channel[row * s->input_width + column];
          }
        }
      }
    }
}
