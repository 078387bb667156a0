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

/// Points in the order of a curve.
typedef struct ckernels_curve_order {
  /// To be freed.
  ckernels_curve_point *points;
  /// Room for as many.
  ckernels_curve_point *spare;
} ckernels_curve_order;

/// The curve through a cube around points `[count, dimension_count]`.
ckernels_curve ckernels_make_curve(const ckernels_variant *variant, size_t count,
                                   size_t dimension_count, const float *points);

/// The position of a point, or of the nearest cell of the cube, along a curve.
uint64_t ckernels_curve_code(const ckernels_curve *curve, const float *point);

/// Sorts points along a curve, those in one cell by index; nothing when memory runs out.
ckernels_curve_order ckernels_sort_along_curve(const ckernels_curve *curve, size_t count,
                                               const float *points);

/// Sorts the points of every cell that holds more than sixteen along a curve of its own, and so on,
/// until only equal points are left in one.
void ckernels_sort_within_cells(const ckernels_curve *curve, size_t count, const float *points,
                                ckernels_curve_order order);

#endif
