#include "internal/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  batch = ckernels_knn_fanout,
  digit_bits = 11,
  digit_count = 1 << digit_bits,
  /// Fewer points are compared rather than counted.
  counted_from = 1 << 12,
};

typedef ckernels_curve_point curve_point;

/// The curve through a cube around listed points.
static ckernels_curve make_curve(const ckernels_variant *variant, size_t dimensions,
                                 const float *points, size_t count, const curve_point *listed) {
  ckernels_curve curve = {.variant = variant,
                          .dimension_count = dimensions,
                          .cells = dimensions == 3 ? (1 << 14) - 1 : (1 << 21) - 1};
  double extent = 0;
  for (size_t d = 0; d < dimensions; d++) {
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
      const float value = points[(listed ? listed[i].index : i) * dimensions + d];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    curve.low[d] = low;
    if ((double)high - low > extent) extent = (double)high - low;
  }
  curve.cells_per_unit = extent > 0 ? curve.cells / extent : 0;
  return curve;
}

ckernels_curve ckernels_make_curve(const ckernels_variant *variant, size_t count,
                                   size_t dimension_count, const float *points) {
  return make_curve(variant, dimension_count, points, count, NULL);
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

static void encode(const ckernels_curve *curve, const float *points, size_t count,
                   curve_point *listed) {
  for (size_t first = 0; first < count; first += batch)
    encode_batch(curve, points, count - first < batch ? count - first : batch, listed + first);
}

uint64_t ckernels_curve_code(const ckernels_curve *curve, const float *point) {
  curve_point listed = {0, 0};
  encode_batch(curve, point, 1, &listed);
  return listed.code;
}

static int compare(const void *a, const void *b) {
  const curve_point *p = a, *q = b;
  if (p->code != q->code) return p->code < q->code ? -1 : 1;
  return p->index < q->index ? -1 : p->index > q->index;
}

/// Sorts by code, points of equal code by index, as which they come, with `spare` for as many.
static void sort_by_code(size_t count, curve_point *points, curve_point *spare) {
  if (count < counted_from) {
    qsort(points, count, sizeof *points, compare);
    return;
  }
  curve_point *sorted = points;
  for (int shift = 0; shift < 4 * digit_bits; shift += digit_bits) {
    size_t starts[digit_count] = {0};
    for (size_t i = 0; i < count; i++) starts[sorted[i].code >> shift & (digit_count - 1)]++;
    if (starts[sorted[0].code >> shift & (digit_count - 1)] == count) continue;
    size_t next = 0;
    for (size_t d = 0; d < digit_count; d++) {
      const size_t digits = starts[d];
      starts[d] = next;
      next += digits;
    }
    curve_point *target = sorted == points ? spare : points;
    for (size_t i = 0; i < count; i++)
      target[starts[sorted[i].code >> shift & (digit_count - 1)]++] = sorted[i];
    sorted = target;
  }
  if (sorted != points) memcpy(points, sorted, count * sizeof *points);
}

ckernels_curve_order ckernels_sort_along_curve(const ckernels_curve *curve, size_t count,
                                               const float *points) {
  curve_point *listed = malloc(2 * count * sizeof *listed);
  if (!listed) return (ckernels_curve_order){NULL, NULL};
  for (size_t i = 0; i < count; i++) listed[i].index = (uint32_t)i;
  encode(curve, points, count, listed);
  sort_by_code(count, listed, listed + count);
  return (ckernels_curve_order){listed, listed + count};
}

void ckernels_sort_within_cells(const ckernels_curve *curve, size_t count, const float *points,
                                ckernels_curve_order order) {
  size_t end;
  for (size_t first = 0; first < count; first = end) {
    curve_point *cell = order.points + first;
    end = first + 1;
    while (end < count && order.points[end].code == cell->code) end++;
    if (end - first <= batch) continue;
    const ckernels_curve within =
        make_curve(curve->variant, curve->dimension_count, points, end - first, cell);
    if (within.cells_per_unit == 0) continue;
    encode(&within, points, end - first, cell);
    sort_by_code(end - first, cell, order.spare);
    // Each cell is many times smaller than the one around it: float32 ends this after a few.
    ckernels_sort_within_cells(&within, end - first, points,
                               (ckernels_curve_order){cell, order.spare});
  }
}
