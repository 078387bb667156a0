#ifndef CKERNELS_REFERENCE_H
#define CKERNELS_REFERENCE_H

#include "../internal/objects.h"

// The plain implementation of every operation, which all others are tested against. Sums are carried
// in float64 and rounded once, so that a difference measures the other implementation.

void ckernels_reference_activate(ckernels_activation activation, size_t count, const float *x,
                                 float *y);
double ckernels_reference_activation(ckernels_activation activation, double x);
/// x `[rows, depth]` → y `[rows, width]`
void ckernels_reference_linear(const ckernels_linear *linear, size_t rows, const float *x, float *y);
size_t ckernels_reference_dense_scratch(const ckernels_dense *dense);
void ckernels_reference_dense(const ckernels_dense *dense, size_t rows, const float *x, float *y,
                              void *scratch);
size_t ckernels_reference_hourglass_scratch(const ckernels_hourglass *hourglass);
void ckernels_reference_hourglass(const ckernels_hourglass *hourglass, size_t rows, const float *x,
                                  float *y, void *scratch);
size_t ckernels_reference_kpconvx_scratch(const ckernels_kpconvx *layer, size_t neighbor_count);
void ckernels_reference_kpconvx(const ckernels_kpconvx *layer, size_t block, size_t row_begin,
                                size_t row_end, size_t neighbor_count, const float *x,
                                const float *f, const int32_t *neighbors, float *y, void *scratch);
size_t ckernels_reference_kpconv_scratch(const ckernels_kpconv *layer, size_t neighbor_count);
void ckernels_reference_kpconv(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                               const float *x_query, const float *x_source, const float *f,
                               const int32_t *neighbors, float *y, void *scratch);
void ckernels_reference_neighbor_filter(ckernels_filter_kind kind, size_t rows,
                                        size_t neighbor_count, size_t dimension_count, size_t width,
                                        const float *x_source, const float *x_query, const float *f,
                                        const int32_t *neighbors, float *y);
void ckernels_reference_neighbor_max(size_t rows, size_t neighbor_count, size_t width,
                                     const float *f, const int32_t *neighbors, float *y);
void ckernels_reference_gather_rows(size_t rows, size_t width, const float *f,
                                    const int32_t *indices, float *y);
size_t ckernels_reference_local_conv2d_scratch(const ckernels_local_conv2d *layer);
void ckernels_reference_local_conv2d(const ckernels_local_conv2d *layer, size_t images,
                                     const float *x, float *y, void *scratch);
void ckernels_reference_local_conv2d_external(const ckernels_local_conv2d_shape *shape,
                                              const float *filters, const float *bias,
                                              size_t images, const float *x, float *y);
size_t ckernels_reference_conv2d_scratch(const ckernels_conv2d *layer);
void ckernels_reference_conv2d(const ckernels_conv2d *layer, size_t images, const float *x, float *y,
                               void *scratch);
void ckernels_reference_affine(size_t rows, size_t width, const float *x, const float *scale,
                               const float *shift, float *y);
void ckernels_reference_add(size_t count, const float *a, const float *b, float *y);
void ckernels_reference_softmax(size_t rows, size_t width, const float *x, float *y);
void ckernels_reference_nearest_centroid(size_t rows, size_t width, size_t centroid_count,
                                         const float *x, const float *centroids, int32_t *indices);
void ckernels_reference_correlate(size_t count, size_t radius, const double *taps,
                                  const double *const *rows, double *y);
void ckernels_reference_curve_cells(size_t dimensions, uint32_t highest_bit,
                                    uint32_t (*cells)[ckernels_knn_fanout]);
void ckernels_reference_knn_search(const ckernels_knn *knn, const ckernels_knn_request *request);
double ckernels_reference_multiply_add(size_t rounds, float *sink);
void ckernels_reference_read(size_t count, const float *values, float *sink);

#endif
