#include "internal/curve.h"

#include <math.h>

enum { batch = ckernels_knn_fanout };

typedef ckernels_curve_point curve_point;

ckernels_curve_bounds ckernels_bound_points(size_t dimension_count, const float *points,
                                            size_t count, const curve_point *listed) {
  ckernels_curve_bounds bounds = {{0}, {0}};
  for (size_t d = 0; d < dimension_count; d++) {
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
      const float value = points[(listed ? listed[i].index : i) * dimension_count + d];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    bounds.low[d] = low;
    bounds.high[d] = high;
  }
  return bounds;
}

ckernels_curve ckernels_make_curve(const ckernels_variant *variant, size_t dimension_count,
                                   const ckernels_curve_bounds *bounds) {
  ckernels_curve curve = {.variant = variant,
                          .dimension_count = dimension_count,
                          .cells = dimension_count == 3 ? (1 << 14) - 1 : (1 << 21) - 1};
  double extent = 0;
  for (size_t d = 0; d < dimension_count; d++) {
    curve.low[d] = bounds->low[d];
    const double length = (double)bounds->high[d] - bounds->low[d];
    if (length > extent) extent = length;
  }
  curve.cells_per_unit = extent > 0 ? curve.cells / extent : 0;
  return curve;
}

/// The low 21 bits of `value`, with one zero (two in three dimensions) between each other.
static uint64_t spread(uint64_t value, size_t dimensions) {
  value &= 0x1fffff;
  if (dimensions == 3) {
    value = (value | value << 32) & 0x001f00000000ffff;
    value = (value | value << 16) & 0x001f0000ff0000ff;
    value = (value | value << 8) & 0x100f00f00f00f00f;
    value = (value | value << 4) & 0x10c30c30c30c30c3;
    return (value | value << 2) & 0x1249249249249249;
  }
  value = (value | value << 16) & 0x0000ffff0000ffff;
  value = (value | value << 8) & 0x00ff00ff00ff00ff;
  value = (value | value << 4) & 0x0f0f0f0f0f0f0f0f;
  value = (value | value << 2) & 0x3333333333333333;
  return (value | value << 1) & 0x5555555555555555;
}

/// The positions of up to sixteen listed points along a curve.
static void encode_batch(const ckernels_curve *curve, const float *points, size_t count,
                         curve_point *listed) {
  const size_t dimensions = curve->dimension_count;
  uint32_t cells[3][batch] = {{0}};
  for (size_t i = 0; i < count; i++) {
    const float *point = points + listed[i].index * dimensions;
    for (size_t d = 0; d < dimensions; d++) {
      const double cell = ((double)point[d] - curve->low[d]) * curve->cells_per_unit;
      // What is below, or no number, goes to the first cell.
      cells[d][i] = cell > curve->cells ? (uint32_t)curve->cells : cell > 0 ? (uint32_t)cell : 0;
    }
  }
  curve->variant->curve_cells(dimensions, ((uint32_t)curve->cells + 1) / 2, cells);
  for (size_t i = 0; i < count; i++) {
    listed[i].code = 0;
    for (size_t d = 0; d < dimensions; d++)
      listed[i].code |= spread(cells[d][i], dimensions) << (dimensions - 1 - d);
  }
}

void ckernels_encode(const ckernels_curve *curve, const float *points, size_t count,
                     curve_point *listed) {
  for (size_t first = 0; first < count; first += batch)
    encode_batch(curve, points, count - first < batch ? count - first : batch, listed + first);
}

uint64_t ckernels_curve_code(const ckernels_curve *curve, const float *point) {
  curve_point listed = {0, 0};
  encode_batch(curve, point, 1, &listed);
  return listed.code;
}
