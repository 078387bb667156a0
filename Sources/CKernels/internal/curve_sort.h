#ifndef CKERNELS_INTERNAL_CURVE_SORT_H
#define CKERNELS_INTERNAL_CURVE_SORT_H

#include "curve.h"

enum {
  /// Points of a part of a sort: whole nodes of level 0 of an index.
  ckernels_sort_part = 1 << 14,
};

/// Points that are sorted along a curve, in parts.
typedef struct ckernels_curve_sort {
  /// NULL for this thread alone.
  const ckernels_part_runner *runner;
  const ckernels_variant *variant;
  size_t count, dimension_count;
  /// `[count, dimension_count]`.
  const float *points;
  /// `[count]`: the points in order.
  ckernels_curve_point *listed;
  /// Memory for as many.
  ckernels_curve_point *spare;
  /// Memory for the parts.
  void *parts;
} ckernels_curve_sort;

/// The bytes of memory that a sort of `count` points takes, a multiple of 64.
size_t ckernels_curve_sort_bytes(size_t count);

/// Sets `listed`, `spare` and `parts` to places in such memory, which is aligned to 64 bytes.
void ckernels_place_curve_sort(ckernels_curve_sort *sort, void *memory);

/// Sorts points along the curve through a cube around them, those in one cell by index. False when it
/// was abandoned.
bool ckernels_sort_along_new_curve(ckernels_curve_sort *sort, ckernels_curve *curve);

/// The same along a given curve.
bool ckernels_sort_along_curve(ckernels_curve_sort *sort, const ckernels_curve *curve);

/// Sorts the points of every cell that holds more than sixteen along a curve of its own, and so on,
/// until only equal points are left in one. False when it was abandoned.
bool ckernels_sort_within_cells(ckernels_curve_sort *sort);

#endif
