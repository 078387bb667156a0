// Locally connected layers: every filter value is used once per image, so the filters stream past a
// few images whose sums stay in registers.

enum {
  chunk_pixels = ckernels_chunk_pixels,
  chunk_vectors = chunk_pixels / LANES,
  /// Images whose sums are in registers at once.
  image_tile = LANES == 16 ? 3 : 1,
  /// Images that share one pass over the filters, at most.
  image_block_limit = 16,
  /// Floats, 6 KiB.
  filters_ahead = (6 << 10) / sizeof(float),
};

static size_t local_patch(const ckernels_local_conv2d_shape *s) {
  return s->input_channels * s->kernel_height * s->kernel_width;
}

/// Images whose patches stay in the second cache while the filters of a chunk pass over them.
static size_t image_block(const ckernels_local_conv2d *layer) {
  enum { byte_limit = 256 << 10 };
  const size_t fitting =
      byte_limit / sizeof(float) / chunk_pixels / (1 + local_patch(&layer->shape));
  if (fitting < 1) return 1;
  return fitting < image_block_limit ? fitting : image_block_limit;
}

/// Asks for what comes `filters_ahead` behind a vector of filters: the processor by itself stops at
/// the end of every page, and for whatever is done between two chunks.
INLINE void fetch_filters(const float *filters) {
  __builtin_prefetch(filters + filters_ahead, 0, 2);
}

/// Output pixels of a chunk under which one tap reads consecutive inputs.
typedef struct tap_run {
  size_t lane, count, source;
} tap_run;

/// What one tap reads for the output pixels of a chunk; zero where there is no run.
typedef struct tap_runs {
  size_t count;
  tap_run runs[chunk_pixels];
} tap_runs;

static size_t patch_bytes(const ckernels_local_conv2d *layer) {
  return ckernels_float_bytes(image_block(layer) * local_patch(&layer->shape) * chunk_pixels);
}

static size_t local_conv2d_scratch(const ckernels_local_conv2d *layer) {
  const size_t kernel = layer->shape.kernel_height * layer->shape.kernel_width;
  return patch_bytes(layer) + kernel * sizeof(tap_runs);
}

/// The runs of the tap (a, b) for `count` output pixels from row i, column j on.
static void find_runs(const ckernels_local_conv2d_shape *s, size_t a, size_t b, size_t i, size_t j,
                      size_t count, tap_runs *found) {
  const size_t width = ckernels_local_output_width(s);
  found->count = 0;
  for (size_t lane = 0, end; lane < count; lane = end, i++, j = 0) {
    end = count - lane < width - j ? count : lane + width - j;
    // Outside the image the subtraction wraps around and is refused as too large.
    const size_t row = i * s->stride_height + a - s->padding_height;
    if (row >= s->input_height) continue;
    const size_t step = s->stride_width == 1 ? end - lane : 1;
    for (; lane < end; lane += step, j += step) {
      const ptrdiff_t column = (ptrdiff_t)(j * s->stride_width + b) - s->padding_width;
      const ptrdiff_t inside = (ptrdiff_t)s->input_width - column;
      const ptrdiff_t first = column < 0 ? -column : 0;
      const ptrdiff_t last = inside < (ptrdiff_t)step ? inside : (ptrdiff_t)step;
      if (first < last)
        found->runs[found->count++] =
            (tap_run){lane + (size_t)first, (size_t)(last - first),
                      row * s->input_width + (size_t)(column + first)};
    }
  }
}

/// The inputs under the kernels of the output pixels `first ..< first + count` of some images, zero
/// outside of them and behind `count`: tiles of `image_tile` images (the last one of fewer), each
/// `[patch, images, chunk_pixels]`.
///
/// Meanwhile more of the filters that come next are on their way.
static void copy_local_patches(const ckernels_local_conv2d_shape *s, size_t images, size_t first,
                               size_t count, const float *x, const float *filters, float *patches,
                               tap_runs *taps) {
  const size_t plane = s->input_height * s->input_width, width = ckernels_local_output_width(s);
  const size_t kernel = s->kernel_height * s->kernel_width, patch = s->input_channels * kernel;
  const size_t i = first / width, j = first % width;
  for (size_t a = 0; a < s->kernel_height; a++)
    for (size_t b = 0; b < s->kernel_width; b++)
      find_runs(s, a, b, i, j, count, taps + a * s->kernel_width + b);
  for (size_t n = 0; n < images; n++) {
    const size_t tile = n / image_tile * image_tile;
    const size_t some = images - tile < image_tile ? images - tile : image_tile;
    float *y = patches + (tile * patch + n - tile) * chunk_pixels;
    // All taps of a channel, whose rows are at hand then, before the next one.
    for (size_t c = 0; c < s->input_channels; c++, x += plane)
      for (size_t tap = 0; tap < kernel; tap++, y += some * chunk_pixels) {
        if (n == 0) {
          fetch_filters(filters);
          filters += chunk_pixels;
        }
        const tap_run *run = taps[tap].runs, *end = run + taps[tap].count;
        if (end > run && run->count == chunk_pixels) {
          UNROLL for (int v = 0; v < chunk_vectors; v++)
            store(y + v * LANES, load(x + run->source + v * LANES));
          // The end of what the next chunk reads.
          __builtin_prefetch(x + run->source + 2 * chunk_pixels - 1);
          continue;
        }
        UNROLL for (int v = 0; v < chunk_vectors; v++) store(y + v * LANES, zeros());
        for (; run < end; run++)
          for (size_t lane = 0; lane < run->count; lane += LANES)
            store_columns(y + run->lane + lane, run->count - lane,
                          load_columns(x + run->source + lane, run->count - lane));
      }
  }
}

/// Where sums go: pixels of the first image and channel, and how far it is to the next ones.
typedef struct local_output {
  float *y;
  size_t pixel_count, channel_stride, image_stride;
} local_output;

/// Some output channels of a chunk of pixels of some images, both numbers known at compile time.
INLINE void local_tile(const int channels, const int images, size_t patch, const float *filters,
                       const float *patches, const local_output *to) {
  vector sums[ckernels_channel_tile][image_tile][chunk_vectors];
  UNROLL for (int o = 0; o < channels; o++)
    UNROLL for (int n = 0; n < images; n++)
      UNROLL for (int v = 0; v < chunk_vectors; v++)
        sums[o][n][v] = load(filters + o * chunk_pixels + v * LANES);
  filters += channels * chunk_pixels;
  for (size_t r = 0; r < patch; r++) {
    vector inputs[image_tile][chunk_vectors];
    UNROLL for (int n = 0; n < images; n++)
      UNROLL for (int v = 0; v < chunk_vectors; v++)
        inputs[n][v] = load(patches + n * chunk_pixels + v * LANES);
    UNROLL for (int o = 0; o < channels; o++) {
      // Lines come in pairs; asking for each costs more than it brings.
      if (o % 2 == 0) fetch_filters(filters + o * chunk_pixels);
      UNROLL for (int v = 0; v < chunk_vectors; v++) {
        const vector weight = load(filters + o * chunk_pixels + v * LANES);
        UNROLL for (int n = 0; n < images; n++)
          sums[o][n][v] = multiply_add(weight, inputs[n][v], sums[o][n][v]);
      }
    }
    patches += images * chunk_pixels;
    filters += channels * chunk_pixels;
  }
  UNROLL for (int n = 0; n < images; n++)
    UNROLL for (int o = 0; o < channels; o++) {
      float *y = to->y + (size_t)n * to->image_stride + (size_t)o * to->channel_stride;
      UNROLL for (int v = 0; v < chunk_vectors; v++)
        if (to->pixel_count > (size_t)v * LANES)
          store_columns(y + v * LANES, to->pixel_count - (size_t)v * LANES, sums[o][n][v]);
    }
}

/// As `local_tile`, for any number of images.
INLINE void local_images(const int channels, size_t images, size_t patch, const float *filters,
                         const float *patches, local_output to) {
  for (; images >= image_tile; images -= image_tile) {
    local_tile(channels, image_tile, patch, filters, patches, &to);
    patches += image_tile * patch * chunk_pixels;
    to.y += image_tile * to.image_stride;
  }
#if LANES == 16
  if (images == 2) local_tile(channels, 2, patch, filters, patches, &to);
  if (images == 1) local_tile(channels, 1, patch, filters, patches, &to);
#endif
}

/// All output channels of a chunk of pixels.
SEPARATE void local_chunk(const ckernels_local_conv2d *layer, size_t images, const float *filters,
                          const float *patches, local_output to) {
  const size_t patch = local_patch(&layer->shape), channels = layer->shape.output_channels;
  for (size_t o = 0, tile; o < channels; o += tile) {
    tile = ckernels_local_tile(channels - o);
    switch (tile) {
      case 1: local_images(1, images, patch, filters, patches, to); break;
      case 2: local_images(2, images, patch, filters, patches, to); break;
      default: local_images(4, images, patch, filters, patches, to); break;
    }
    filters += tile * (1 + patch) * chunk_pixels;
    to.y += tile * to.channel_stride;
  }
}

static void local_conv2d(const ckernels_local_conv2d *layer, size_t images, const float *x,
                         float *y, void *scratch) {
  const ckernels_local_conv2d_shape *s = &layer->shape;
  const size_t pixels = ckernels_local_output_height(s) * ckernels_local_output_width(s);
  const size_t block = image_block(layer);
  const size_t input_floats = s->input_channels * s->input_height * s->input_width;
  tap_runs *taps = (tap_runs *)((char *)scratch + patch_bytes(layer));
  for (size_t n = 0; n < images; n += block) {
    const size_t some = images - n < block ? images - n : block;
    const float *filters = layer->filters;
    for (size_t first = 0; first < pixels; first += chunk_pixels) {
      const size_t count = pixels - first < chunk_pixels ? pixels - first : chunk_pixels;
      copy_local_patches(s, some, first, count, x + n * input_floats, filters, scratch, taps);
      const local_output to = {y + n * s->output_channels * pixels + first, count, pixels,
                               s->output_channels * pixels};
      local_chunk(layer, some, filters, scratch, to);
      filters += s->output_channels * (1 + local_patch(s)) * chunk_pixels;
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
