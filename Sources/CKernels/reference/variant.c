#include "reference.h"

const ckernels_variant ckernels_variant_reference = {
    .lanes = 1,
    .panel_vectors = 0,
    .values_per_word = 1,
    .activate = ckernels_reference_activate,
    .dense_scratch = ckernels_reference_dense_scratch,
    .dense = ckernels_reference_dense,
    .hourglass_scratch = ckernels_reference_hourglass_scratch,
    .hourglass = ckernels_reference_hourglass,
    .kpconvx_scratch = ckernels_reference_kpconvx_scratch,
    .kpconvx = ckernels_reference_kpconvx,
    .kpconv_scratch = ckernels_reference_kpconv_scratch,
    .kpconv = ckernels_reference_kpconv,
    .neighbor_filter = ckernels_reference_neighbor_filter,
    .neighbor_max = ckernels_reference_neighbor_max,
    .gather_rows = ckernels_reference_gather_rows,
    .local_conv2d_scratch = ckernels_reference_local_conv2d_scratch,
    .local_conv2d = ckernels_reference_local_conv2d,
    .local_conv2d_external = ckernels_reference_local_conv2d_external,
    .conv2d_scratch = ckernels_reference_conv2d_scratch,
    .conv2d = ckernels_reference_conv2d,
    .affine = ckernels_reference_affine,
    .add = ckernels_reference_add,
    .softmax = ckernels_reference_softmax,
    .nearest_centroid = ckernels_reference_nearest_centroid,
    .correlate = ckernels_reference_correlate,
    .curve_cells = ckernels_reference_curve_cells,
    .knn_search = ckernels_reference_knn_search,
    .multiply_add = ckernels_reference_multiply_add,
    .read = ckernels_reference_read,
};

double ckernels_reference_multiply_add(size_t rounds, float *sink) {
  enum { chains = 16 };
  for (size_t r = 0; r < rounds; r++)
    for (size_t c = 0; c < chains; c++) sink[c] = sink[c] * 0.5f + 1;
  return 2.0 * (double)rounds * chains;
}

void ckernels_reference_read(size_t count, const float *values, float *sink) {
  for (size_t i = 0; i < count; i++) sink[i % 16] += values[i];
}
