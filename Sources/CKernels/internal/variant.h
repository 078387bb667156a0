#ifndef CKERNELS_INTERNAL_VARIANT_H
#define CKERNELS_INTERNAL_VARIANT_H

#include "../include/CKernels.h"

typedef struct ckernels_knn_request ckernels_knn_request;

enum {
  /// Points of a block of an index for nearest neighbors, children of a node, and queries at a time.
  ckernels_knn_fanout = 16,
};

/// One implementation of every operation, for one instruction set.
///
/// Objects keep a pointer to the variant that packed them.
typedef struct ckernels_variant {
  /// Floats of a vector; packed widths are rounded up to whole vectors.
  size_t lanes;
  /// Vectors of a panel of packed weights, or 0 for weights that stay as they are.
  size_t panel_vectors;
  /// Values that one word of a product's operands holds: one float32, or two bfloat16.
  size_t values_per_word;
  /// Columns of a panel of weights that are packed in parts, and the lanes that share a sum; 0 for a
  /// variant that has no such panels.
  size_t part_columns, parts;

  void (*activate)(ckernels_activation, size_t count, const float *x, float *y);
  size_t (*dense_scratch)(const ckernels_dense *);
  void (*dense)(const ckernels_dense *, size_t rows, const float *x, float *y, void *scratch);
  size_t (*hourglass_scratch)(const ckernels_hourglass *);
  void (*hourglass)(const ckernels_hourglass *, size_t rows, const float *x, float *y,
                    void *scratch);
  size_t (*kpconvx_scratch)(const ckernels_kpconvx *, size_t neighbor_count);
  void (*kpconvx)(const ckernels_kpconvx *, size_t block, size_t row_begin, size_t row_end,
                  size_t neighbor_count, const float *x, const float *f, const int32_t *neighbors,
                  float *y, void *scratch);
  size_t (*kpconv_scratch)(const ckernels_kpconv *, size_t neighbor_count);
  void (*kpconv)(const ckernels_kpconv *, size_t rows, size_t neighbor_count, const float *x_query,
                 const float *x_source, const float *f, const int32_t *neighbors, float *y,
                 void *scratch);
  void (*neighbor_filter)(ckernels_filter_kind, size_t rows, size_t neighbor_count,
                          size_t dimension_count, size_t width, const float *x_source,
                          const float *x_query, const float *f, const int32_t *neighbors, float *y);
  void (*neighbor_max)(size_t rows, size_t neighbor_count, size_t width, const float *f,
                       const int32_t *neighbors, float *y);
  void (*gather_rows)(size_t rows, size_t width, const float *f, const int32_t *indices, float *y);
  size_t (*local_conv2d_scratch)(const ckernels_local_conv2d *);
  void (*local_conv2d)(const ckernels_local_conv2d *, size_t images, const float *x, float *y,
                       void *scratch);
  void (*local_conv2d_external)(const ckernels_local_conv2d_shape *, const float *filters,
                                const float *bias, size_t images, const float *x, float *y);
  size_t (*conv2d_scratch)(const ckernels_conv2d *);
  void (*conv2d)(const ckernels_conv2d *, size_t images, const float *x, float *y, void *scratch);
  void (*affine)(size_t rows, size_t width, const float *x, const float *scale, const float *shift,
                 float *y);
  void (*add)(size_t count, const float *a, const float *b, float *y);
  void (*softmax)(size_t rows, size_t width, const float *x, float *y);
  void (*nearest_centroid)(size_t rows, size_t width, size_t centroid_count, const float *x,
                           const float *centroids, int32_t *indices);
  void (*correlate)(size_t count, size_t radius, const double *taps, const double *const *rows,
                    double *y);
  /// Turns sixteen cells of a grid with `2 * highest_bit` cells along each axis into what interleaves
  /// to their positions on a Hilbert curve, the first axis highest.
  void (*curve_cells)(size_t dimensions, uint32_t highest_bit,
                      uint32_t (*cells)[ckernels_knn_fanout]);
  void (*knn_search)(const ckernels_knn *, const ckernels_knn_request *);
  /// Floating-point operations of `rounds` rounds of independent multiply-adds; `sink` keeps them.
  double (*multiply_add)(size_t rounds, float *sink);
  /// Reads `count` floats, a multiple of 128, in ascending order; `sink`, 16 floats, keeps them.
  void (*read)(size_t count, const float *values, float *sink);
} ckernels_variant;

extern const ckernels_variant ckernels_variant_reference;
extern const ckernels_variant ckernels_variant_portable;
#if defined(__x86_64__)
extern const ckernels_variant ckernels_variant_avx2;
extern const ckernels_variant ckernels_variant_avx512;
/// For products of bfloat16 alone: it has dense layers, hourglasses, KPConvX and the measurement.
extern const ckernels_variant ckernels_variant_avx512_bf16;
#endif

/// The variant in use.
const ckernels_variant *ckernels_current_variant(void);

/// The variant in use for layers whose products have this precision.
const ckernels_variant *ckernels_variant_for(ckernels_precision precision);

#endif
