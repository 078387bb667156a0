#ifndef CKERNELS_INTERNAL_CURVE_H
#define CKERNELS_INTERNAL_CURVE_H

#include "variant.h"

/// The grid of cells that a Hilbert curve passes through.
typedef struct ckernels_curve {
  const ckernels_variant *variant;
  size_t dimension_count;
  float low[3];
  /// 0 where there is one cell.
  double cells_per_unit;
  /// Cells along an axis, less one.
  double cells;
} ckernels_curve;

/// A position on a curve, 42 bits, and the point there.
typedef struct ckernels_curve_point {
  uint64_t code;
  uint32_t index;
} ckernels_curve_point;

/// The corners of a box around points; where these have no number, low is above high.
typedef struct ckernels_curve_bounds {
  float low[3], high[3];
} ckernels_curve_bounds;

/// The corners of a box around points `[…, dimension_count]`: the first `count` ones, or the listed
/// ones unless `listed` is NULL.
ckernels_curve_bounds ckernels_bound_points(size_t dimension_count, const float *points,
                                            size_t count, const ckernels_curve_point *listed);

/// The curve through a cube around a box.
ckernels_curve ckernels_make_curve(const ckernels_variant *variant, size_t dimension_count,
                                   const ckernels_curve_bounds *bounds);

/// The position of a point, or of the nearest cell of the cube, along a curve.
uint64_t ckernels_curve_code(const ckernels_curve *curve, const float *point);

/// The positions of listed points, or of the nearest cells of the cube, along a curve.
void ckernels_encode(const ckernels_curve *curve, const float *points, size_t count,
                     ckernels_curve_point *listed);

#endif
