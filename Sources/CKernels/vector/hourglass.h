// Two products in a row; the hidden activations of a tile of rows stay in scratch memory.

/// Rows of a tile: at most `row_block`, and few enough that the hidden rows fit in the second cache.
static size_t hourglass_tile(const ckernels_hourglass *layer) {
  const size_t fitting = (256 << 10) / sizeof(float) / layer->first.padded_width / ROW_TILE;
  const size_t rows = (fitting > 1 ? fitting : 1) * ROW_TILE;
  return rows < row_block ? rows : row_block;
}

static size_t hourglass_scratch(const ckernels_hourglass *layer) {
  const size_t tile = hourglass_tile(layer);
  return ckernels_float_bytes(tile * layer->first.padded_width) +
         ckernels_float_bytes(operand_scratch(&layer->first, tile));
}

static void hourglass(const ckernels_hourglass *layer, size_t rows, const float *x, float *y,
                      void *scratch) {
  const ckernels_linear *first = &layer->first, *second = &layer->second;
  const size_t tile = hourglass_tile(layer), hidden_width = first->padded_width;
  const bool is_rounded = second->precision == CKERNELS_PRECISION_BFLOAT16;
  const destination hidden = {.y = scratch, .stride = hidden_width / VALUES_PER_WORD,
                              .width = hidden_width, .is_rounded = is_rounded};
  float *operands = (float *)((char *)scratch + ckernels_float_bytes(tile * hidden_width));
  for (size_t row = 0; row < rows; row += tile) {
    const size_t count = rows - row < tile ? rows - row : tile;
    const destination to = {.y = y + row * second->width, .stride = second->width,
                            .width = second->width};
    const operand_rows a =
        operands_of(first, count, x + row * first->depth, first->depth, operands);
    linear_rows(first, count, a.first, a.stride, &hidden);
    linear_rows(second, count, hidden.y, hidden.stride, &to);
  }
}
