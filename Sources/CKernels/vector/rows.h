// Elementwise operations and softmax.

static void affine(size_t rows, size_t width, const float *x, const float *scale,
                   const float *shift, float *y) {
  for (size_t i = 0; i < rows; i++, x += width, y += width)
    for (size_t c = 0; c < width; c += LANES) {
      const size_t columns = width - c;
      store_columns(y + c, columns,
                    multiply_add(load_columns(x + c, columns), load_columns(scale + c, columns),
                                 load_columns(shift + c, columns)));
    }
}

static void add(size_t count, const float *a, const float *b, float *y) {
  for (size_t i = 0; i < count; i += LANES)
    store_columns(y + i, count - i, load_columns(a + i, count - i) + load_columns(b + i, count - i));
}

/// The first `count` lanes of a, `otherwise` in the rest.
INLINE vector first_of(vector a, size_t count, vector otherwise) {
  integers lane;
  UNROLL for (int l = 0; l < LANES; l++) lane[l] = l;
  return either(lane < (integers){0} + (int32_t)count, a, otherwise);
}

static void softmax(size_t rows, size_t width, const float *x, float *y) {
  const size_t used = width < LANES ? width : LANES;
  for (size_t i = 0; i < rows; i++, x += width, y += width) {
    // A NaN may get lost here; its own exponential brings it into the sum.
    vector largest = splat(x[0]);
    for (size_t c = 0; c < width; c += LANES) {
      const vector value = load_columns(x + c, width - c);
      largest = larger(width - c < LANES ? first_of(value, width - c, largest) : value, largest);
    }
    float lanes[LANES];
    store(lanes, largest);
    float maximum = lanes[0];
    for (size_t l = 1; l < used; l++) maximum = lanes[l] > maximum ? lanes[l] : maximum;
    vector sums = zeros();
    for (size_t c = 0; c < width; c += LANES) {
      const vector value = exponential(load_columns(x + c, width - c) - splat(maximum));
      sums += width - c < LANES ? first_of(value, width - c, zeros()) : value;
      store_columns(y + c, width - c, value);
    }
    store(lanes, sums);
    float sum = 0;
    for (size_t l = 0; l < used; l++) sum += lanes[l];
    const vector total = splat(sum);
    for (size_t c = 0; c < width; c += LANES)
      store_columns(y + c, width - c, load_columns(y + c, width - c) / total);
  }
}
