#include "internal/curve_sort.h"

#include <string.h>

#include "internal/memory.h"
#include "internal/parts.h"

enum {
  part_size = ckernels_sort_part,
  digit_bits = 11,
  digit_count = 1 << digit_bits,
  /// Not more points are compared rather than counted.
  compared_limit = 64,
  /// The most points of a cell that stays as it is.
  cell_limit = ckernels_knn_fanout,
};

typedef ckernels_curve_point curve_point;

/// A range of the list.
typedef struct list_range {
  size_t first, count;
} list_range;

/// What is known of a part of a range, and a range that waits, of which there are no more than parts.
typedef struct part_state {
  uint32_t starts[digit_count];
  ckernels_curve_bounds bounds;
  /// Where in the range the first and the last cell begin that begin in the part; both at its end
  /// where none does.
  size_t first_cell, last_cell;
  list_range pending;
} part_state;

static size_t part_count(size_t count) { return (count + part_size - 1) / part_size; }

static size_t part_begin(size_t part) { return part * part_size; }

static size_t part_end(size_t count, size_t part) {
  return count - part_begin(part) < part_size ? count : part_begin(part) + part_size;
}

/// Where two lists end, each after whole 64-byte lines.
static size_t list_bytes(size_t count) {
  return ckernels_round_up(count * sizeof(curve_point), 64);
}

size_t ckernels_curve_sort_bytes(size_t count) {
  return 2 * list_bytes(count) + ckernels_round_up(part_count(count) * sizeof(part_state), 64);
}

void ckernels_place_curve_sort(ckernels_curve_sort *sort, void *memory) {
  const size_t bytes = list_bytes(sort->count);
  sort->listed = memory;
  sort->spare = (curve_point *)((char *)memory + bytes);
  sort->parts = (char *)memory + 2 * bytes;
}

// Sorting by code.

typedef struct code_sort {
  size_t count;
  const curve_point *source;
  curve_point *target;
  int shift;
  part_state *parts;
} code_sort;

static size_t digit_of(const curve_point *point, int shift) {
  return point->code >> shift & (digit_count - 1);
}

static void count_digits(void *work, size_t part) {
  const code_sort *sort = work;
  uint32_t *counts = sort->parts[part].starts;
  memset(counts, 0, sizeof sort->parts[part].starts);
  const size_t end = part_end(sort->count, part);
  for (size_t i = part_begin(part); i < end; i++) counts[digit_of(sort->source + i, sort->shift)]++;
}

/// Turns the counts of all parts into where each puts its first point of a digit; false where all
/// points have the same one.
static bool sum_digits(const code_sort *sort) {
  const size_t parts = part_count(sort->count);
  uint32_t next = 0;
  for (size_t digit = 0; digit < digit_count; digit++) {
    const uint32_t first = next;
    for (size_t part = 0; part < parts; part++) {
      const uint32_t points = sort->parts[part].starts[digit];
      sort->parts[part].starts[digit] = next;
      next += points;
    }
    if (next - first == sort->count) return false;
  }
  return true;
}

static void move_points(void *work, size_t part) {
  const code_sort *sort = work;
  uint32_t *next = sort->parts[part].starts;
  const size_t end = part_end(sort->count, part);
  for (size_t i = part_begin(part); i < end; i++)
    sort->target[next[digit_of(sort->source + i, sort->shift)]++] = sort->source[i];
}

/// Sorts a few points by code; those of equal code stay in order.
static void insert_by_code(size_t count, curve_point *points) {
  for (size_t i = 1; i < count; i++) {
    const curve_point point = points[i];
    size_t place = i;
    for (; place > 0 && points[place - 1].code > point.code; place--)
      points[place] = points[place - 1];
    points[place] = point;
  }
}

/// Sorts points by code; those of equal code stay in order.
static bool sort_by_code(const ckernels_part_runner *runner, size_t count, curve_point *points,
                         curve_point *spare, part_state *parts) {
  if (count <= compared_limit) {
    insert_by_code(count, points);
    return true;
  }
  code_sort sort = {.count = count, .source = points, .target = spare, .parts = parts};
  for (sort.shift = 0; sort.shift < 4 * digit_bits; sort.shift += digit_bits) {
    if (!ckernels_run_parts(runner, part_count(count), count_digits, &sort)) return false;
    if (!sum_digits(&sort)) continue;
    if (!ckernels_run_parts(runner, part_count(count), move_points, &sort)) return false;
    curve_point *sorted = sort.target;
    sort.target = sorted == spare ? points : spare;
    sort.source = sorted;
  }
  if (sort.source != points) memcpy(points, sort.source, count * sizeof *points);
  return true;
}

// Sorting a range along a curve.

typedef struct range_sort {
  const ckernels_curve_sort *sort;
  /// False for all points in their own order, of which no list exists yet.
  bool is_listed;
  ckernels_curve curve;
  size_t count;
  curve_point *listed, *spare;
} range_sort;

static void bound_part(void *work, size_t part) {
  const range_sort *range = work;
  const ckernels_curve_sort *sort = range->sort;
  const size_t begin = part_begin(part), dimensions = sort->dimension_count;
  const float *points = sort->points + (range->is_listed ? 0 : begin * dimensions);
  part_state *parts = sort->parts;
  parts[part].bounds =
      ckernels_bound_points(dimensions, points, part_end(range->count, part) - begin,
                            range->is_listed ? range->listed + begin : NULL);
}

/// Finds the curve through a cube around the points of a range.
static bool find_curve(range_sort *range) {
  const ckernels_curve_sort *sort = range->sort;
  const size_t parts = part_count(range->count);
  if (!ckernels_run_parts(sort->runner, parts, bound_part, range)) return false;
  const part_state *states = sort->parts;
  ckernels_curve_bounds all = states[0].bounds;
  for (size_t part = 1; part < parts; part++) {
    for (size_t d = 0; d < sort->dimension_count; d++) {
      const float low = states[part].bounds.low[d], high = states[part].bounds.high[d];
      if (low < all.low[d]) all.low[d] = low;
      if (high > all.high[d]) all.high[d] = high;
    }
  }
  range->curve = ckernels_make_curve(sort->variant, sort->dimension_count, &all);
  return true;
}

static void encode_part(void *work, size_t part) {
  const range_sort *range = work;
  const size_t begin = part_begin(part), end = part_end(range->count, part);
  if (!range->is_listed)
    for (size_t i = begin; i < end; i++) range->listed[i].index = (uint32_t)i;
  ckernels_encode(&range->curve, range->sort->points, end - begin, range->listed + begin);
}

static bool sort_range(range_sort *range) {
  const ckernels_curve_sort *sort = range->sort;
  return ckernels_run_parts(sort->runner, part_count(range->count), encode_part, range) &&
         sort_by_code(sort->runner, range->count, range->listed, range->spare, sort->parts);
}

static range_sort whole_range(const ckernels_curve_sort *sort) {
  return (range_sort){
      .sort = sort, .count = sort->count, .listed = sort->listed, .spare = sort->spare};
}

bool ckernels_sort_along_new_curve(ckernels_curve_sort *sort, ckernels_curve *curve) {
  range_sort range = whole_range(sort);
  if (!find_curve(&range)) return false;
  *curve = range.curve;
  return sort_range(&range);
}

bool ckernels_sort_along_curve(ckernels_curve_sort *sort, const ckernels_curve *curve) {
  range_sort range = whole_range(sort);
  range.curve = *curve;
  return sort_range(&range);
}

// Sorting within cells.

/// Sorts the points of each of some whole cells, all on this thread.
static void sort_cells(const ckernels_curve_sort *sort, size_t count, curve_point *listed,
                       curve_point *spare, part_state *state) {
  size_t end;
  for (size_t first = 0; first < count; first = end) {
    curve_point *cell = listed + first;
    end = first + 1;
    while (end < count && listed[end].code == cell->code) end++;
    const size_t points = end - first;
    if (points <= cell_limit) continue;
    const ckernels_curve_bounds bounds =
        ckernels_bound_points(sort->dimension_count, sort->points, points, cell);
    const ckernels_curve curve =
        ckernels_make_curve(sort->variant, sort->dimension_count, &bounds);
    if (curve.cells_per_unit == 0) continue;
    ckernels_encode(&curve, sort->points, points, cell);
    // No more than one part, which nobody can abandon.
    (void)sort_by_code(NULL, points, cell, spare + first, state);
    // Each cell is many times smaller than the one around it: float32 ends this after a few.
    sort_cells(sort, points, cell, spare + first, state);
  }
}

static void find_cells(void *work, size_t part) {
  const range_sort *range = work;
  const curve_point *listed = range->listed;
  const size_t begin = part_begin(part), end = part_end(range->count, part);
  size_t first = begin;
  while (first > 0 && first < end && listed[first].code == listed[first - 1].code) first++;
  size_t last = first < end ? end - 1 : end;
  while (last > first && listed[last].code == listed[last - 1].code) last--;
  part_state *parts = range->sort->parts;
  parts[part].first_cell = first;
  parts[part].last_cell = last;
}

/// Where the last cell that begins in a part ends.
static size_t last_cell_end(const range_sort *range, size_t part) {
  const part_state *parts = range->sort->parts;
  const size_t count = part_count(range->count);
  size_t end = part_end(range->count, part);
  for (size_t next = part + 1; next < count; next++) {
    end = parts[next].first_cell;
    if (end < part_end(range->count, next)) break;
  }
  return end;
}

/// Sorts the cells that begin in a part, less one that is larger than a part.
static void sort_cells_of_part(void *work, size_t part) {
  const range_sort *range = work;
  part_state *parts = range->sort->parts;
  const size_t first = parts[part].first_cell, last = parts[part].last_cell;
  if (first == part_end(range->count, part)) return;
  const size_t end = last_cell_end(range, part);
  sort_cells(range->sort, (end - last <= part_size ? end : last) - first, range->listed + first,
             range->spare + first, &parts[part]);
}

/// Sorts the cells of a range, which is sorted itself, and appends those to the waiting ones that are
/// larger than a part.
static bool sort_cells_of_range(range_sort *range, size_t *pending_count) {
  const ckernels_curve_sort *sort = range->sort;
  const size_t count = part_count(range->count);
  if (!ckernels_run_parts(sort->runner, count, find_cells, range) ||
      !ckernels_run_parts(sort->runner, count, sort_cells_of_part, range))
    return false;
  part_state *parts = sort->parts;
  for (size_t part = 0; part < count; part++) {
    const size_t last = parts[part].last_cell;
    if (last == part_end(range->count, part)) continue;
    const size_t points = last_cell_end(range, part) - last;
    if (points <= part_size) continue;
    const size_t first = (size_t)(range->listed - sort->listed) + last;
    // They have no point in common, so that there are no more than parts of the whole.
    parts[(*pending_count)++].pending = (list_range){first, points};
  }
  return true;
}

bool ckernels_sort_within_cells(ckernels_curve_sort *sort) {
  size_t pending_count = 0;
  range_sort range = whole_range(sort);
  range.is_listed = true;
  if (!sort_cells_of_range(&range, &pending_count)) return false;
  while (pending_count > 0) {
    const part_state *parts = sort->parts;
    const list_range next = parts[--pending_count].pending;
    range.count = next.count;
    range.listed = sort->listed + next.first;
    range.spare = sort->spare + next.first;
    if (!find_curve(&range)) return false;
    if (range.curve.cells_per_unit == 0) continue;
    if (!sort_range(&range) || !sort_cells_of_range(&range, &pending_count)) return false;
  }
  return true;
}
