// Positions on a Hilbert curve, of which neighbors are next to each other in space.

/// As `curve_cells`, for a number of dimensions that the compiler knows.
static inline __attribute__((always_inline)) void transpose_cells(
    const size_t dimensions, uint32_t highest_bit, uint32_t (*cells)[ckernels_knn_fanout]) {
  uint32_t c[3][ckernels_knn_fanout], flips[ckernels_knn_fanout] = {0};
  memcpy(c, cells, sizeof c);
  for (uint32_t bit = highest_bit; bit > 1; bit >>= 1) {
    for (size_t d = 0; d < dimensions; d++) {
      for (size_t i = 0; i < ckernels_knn_fanout; i++) {
        const uint32_t is_set = c[d][i] & bit ? UINT32_MAX : 0;
        const uint32_t swapped = (c[0][i] ^ c[d][i]) & (bit - 1) & ~is_set;
        c[0][i] ^= (is_set & (bit - 1)) | swapped;
        c[d][i] ^= d > 0 ? swapped : 0;
      }
    }
  }
  for (size_t d = 1; d < dimensions; d++)
    for (size_t i = 0; i < ckernels_knn_fanout; i++) c[d][i] ^= c[d - 1][i];
  for (uint32_t bit = highest_bit; bit > 1; bit >>= 1)
    for (size_t i = 0; i < ckernels_knn_fanout; i++)
      flips[i] ^= c[dimensions - 1][i] & bit ? bit - 1 : 0;
  for (size_t d = 0; d < dimensions; d++)
    for (size_t i = 0; i < ckernels_knn_fanout; i++) cells[d][i] = c[d][i] ^ flips[i];
}

/// Turns sixteen cells of a grid of `2 * highest_bit` cells along each axis into what interleaves to
/// their positions on the curve, the first axis highest.
///
/// J. Skilling, Programming the Hilbert curve, AIP Conference Proceedings 707, 2004.
static void curve_cells(size_t dimensions, uint32_t highest_bit,
                        uint32_t (*cells)[ckernels_knn_fanout]) {
  if (dimensions == 3)
    transpose_cells(3, highest_bit, cells);
  else if (dimensions == 2)
    transpose_cells(2, highest_bit, cells);
  else
    transpose_cells(1, highest_bit, cells);
}
