#include "internal/neighbor_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"

enum {
  /// The most cells along an axis, so that what rounding does to a cell's border stays small.
  axis_cell_limit = 1 << 20,
  /// The most cells for each point.
  cells_per_point_limit = 16,
  /// The most points that share a cell with a point, on average.
  cell_companion_limit = 64,
};

/// What rounding may do to a distance measured in cells, and more.
static const double reach_margin = 0x1p-20;

/// Cells around a cell, as far as there are any: `low ..< high` along each axis.
typedef struct cell_block {
  size_t low[3], high[3];
} cell_block;

static size_t cell_count(const ckernels_neighbor_grid *grid) {
  return grid->cells[0] * grid->cells[1] * grid->cells[2];
}

/// The position along an axis in cells from the grid's corner.
static double axis_position(const ckernels_neighbor_grid *grid, size_t axis, double coordinate) {
  return (coordinate - grid->low[axis]) / grid->cell_edge;
}

/// The cell along an axis that holds a position, or the nearest one.
static size_t axis_cell(const ckernels_neighbor_grid *grid, size_t axis, double coordinate) {
  const double position = axis_position(grid, axis, coordinate);
  const size_t last = grid->cells[axis] - 1;
  return position >= (double)last ? last : position > 0 ? (size_t)position : 0;
}

static size_t cell_of(const ckernels_neighbor_grid *grid, const double *point) {
  return (axis_cell(grid, 0, point[0]) * grid->cells[1] + axis_cell(grid, 1, point[1])) *
             grid->cells[2] +
         axis_cell(grid, 2, point[2]);
}

/// Numbers the cells; false where there would be too many.
static bool lay_out_cells(ckernels_neighbor_grid *grid, const double *points) {
  size_t total = 1;
  for (size_t axis = 0; axis < 3; axis++) {
    double low = points[axis], high = points[axis];
    for (size_t i = 1; i < grid->count; i++) {
      const double value = points[3 * i + axis];
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
    grid->low[axis] = low;
    const double highest = (high - low) / grid->cell_edge;
    if (!(highest < axis_cell_limit)) return false;
    grid->cells[axis] = (size_t)highest + 1;
    if (!ckernels_multiply(total, grid->cells[axis], &total)) return false;
  }
  return total / cells_per_point_limit <= grid->count;
}

/// Sorts `count` items by their cells: `[cells + 1]` starts, and the items of each cell in ascending
/// order.
static void sort_by_cell(size_t count, const uint32_t *cells, size_t cell_total, uint32_t *starts,
                         uint32_t *order) {
  memset(starts, 0, (cell_total + 1) * sizeof *starts);
  for (size_t i = 0; i < count; i++) starts[cells[i] + 1]++;
  for (size_t c = 0; c < cell_total; c++) starts[c + 1] += starts[c];
  // Each start moves on to the next cell's, and all of them back by one cell afterwards.
  for (size_t i = 0; i < count; i++) order[starts[cells[i]]++] = (uint32_t)i;
  memmove(starts + 1, starts, cell_total * sizeof *starts);
  starts[0] = 0;
}

/// Room for `count` candidates and their padding in one allocation, which starts at `x`.
static bool allocate_candidates(ckernels_candidates *candidates, size_t count) {
  const size_t capacity = count + ckernels_candidate_padding;
  candidates->count = 0;
  candidates->x = malloc(capacity * (3 * sizeof(double) + sizeof(int64_t)));
  if (!candidates->x) return false;
  candidates->y = candidates->x + capacity;
  candidates->z = candidates->y + capacity;
  candidates->index = (int64_t *)(candidates->z + capacity);
  return true;
}

/// Whether few enough points share a cell.
static bool is_sparse(const ckernels_neighbor_grid *grid) {
  size_t companions = 0;
  for (size_t c = 0, cells = cell_count(grid); c < cells; c++) {
    const size_t points = grid->starts[c + 1] - grid->starts[c];
    companions += points * points;
  }
  return companions / cell_companion_limit <= grid->count;
}

static bool fill_cells(ckernels_neighbor_grid *grid, const double *points) {
  const size_t cells = cell_count(grid);
  grid->starts = malloc((cells + 1) * sizeof *grid->starts);
  uint32_t *cell_of_point = malloc(2 * grid->count * sizeof *cell_of_point);
  const bool has_memory =
      grid->starts && cell_of_point && allocate_candidates(&grid->points, grid->count);
  if (has_memory) {
    uint32_t *order = cell_of_point + grid->count;
    for (size_t i = 0; i < grid->count; i++)
      cell_of_point[i] = (uint32_t)cell_of(grid, points + 3 * i);
    sort_by_cell(grid->count, cell_of_point, cells, grid->starts, order);
    for (size_t i = 0; i < grid->count; i++) {
      const double *point = points + 3 * (size_t)order[i];
      grid->points.x[i] = point[0];
      grid->points.y[i] = point[1];
      grid->points.z[i] = point[2];
      grid->points.index[i] = order[i];
    }
  }
  free(cell_of_point);
  return has_memory;
}

ckernels_neighbor_grid *ckernels_neighbor_grid_create(size_t count, const double *points,
                                                      double cell_edge) {
  ckernels_neighbor_grid *grid = calloc(1, sizeof *grid);
  if (!grid) return NULL;
  grid->variant = ckernels_current_variant();
  grid->count = count;
  grid->cell_edge = cell_edge;
  if (lay_out_cells(grid, points) && fill_cells(grid, points) && is_sparse(grid)) return grid;
  ckernels_neighbor_grid_destroy(grid);
  return NULL;
}

/// The cells up to `radius` cells from a cell along each axis.
static cell_block block_around(const ckernels_neighbor_grid *grid, size_t cell, size_t radius) {
  const size_t place[3] = {cell / grid->cells[2] / grid->cells[1],
                           cell / grid->cells[2] % grid->cells[1], cell % grid->cells[2]};
  cell_block block;
  for (size_t axis = 0; axis < 3; axis++) {
    const size_t beyond = place[axis] + radius + 1;
    block.low[axis] = place[axis] > radius ? place[axis] - radius : 0;
    block.high[axis] = beyond < grid->cells[axis] ? beyond : grid->cells[axis];
  }
  return block;
}

/// Copies the points of a block's cells.
static void gather(const ckernels_neighbor_grid *grid, const cell_block *block,
                   ckernels_candidates *candidates) {
  size_t next = 0;
  for (size_t a = block->low[0]; a < block->high[0]; a++) {
    for (size_t b = block->low[1]; b < block->high[1]; b++) {
      const uint32_t *starts = grid->starts + (a * grid->cells[1] + b) * grid->cells[2];
      const size_t end = starts[block->high[2]];
      for (size_t i = starts[block->low[2]]; i < end; i++, next++) {
        candidates->x[next] = grid->points.x[i];
        candidates->y[next] = grid->points.y[i];
        candidates->z[next] = grid->points.z[i];
        candidates->index[next] = grid->points.index[i];
      }
    }
  }
  candidates->count = next;
  for (size_t i = next; i < next + ckernels_candidate_padding; i++) {
    candidates->x[i] = candidates->y[i] = candidates->z[i] = INFINITY;
    candidates->index[i] = CKERNELS_NO_NEIGHBOR;
  }
}

/// The squared distance below which no point outside a block can be from a query.
static double squared_reach(const ckernels_neighbor_grid *grid, const cell_block *block,
                            const double *query) {
  double reach = INFINITY;
  for (size_t axis = 0; axis < 3; axis++) {
    const double position = axis_position(grid, axis, query[axis]);
    const double below = position - (double)block->low[axis];
    const double above = (double)block->high[axis] - position;
    if (block->low[axis] > 0 && below < reach) reach = below;
    if (block->high[axis] < grid->cells[axis] && above < reach) reach = above;
  }
  const double safe = (reach * (1 - reach_margin) - reach_margin) * grid->cell_edge;
  return safe > 0 ? safe * safe : 0;
}

static bool is_whole_grid(const ckernels_neighbor_grid *grid, const cell_block *block) {
  bool is_whole = true;
  for (size_t axis = 0; axis < 3; axis++)
    is_whole &= block->low[axis] == 0 && block->high[axis] == grid->cells[axis];
  return is_whole;
}

/// Where queries are, what they want, and where the results go.
typedef struct grid_request {
  const double *queries;
  size_t k;
  int32_t *indices;
  double *squared_distances;
} grid_request;

/// Answers the queries in one cell, `rows` of them, from ever larger blocks around it.
static void answer_cell(const ckernels_neighbor_grid *grid, size_t cell, const grid_request *request,
                        size_t count, uint32_t *rows, ckernels_candidates *candidates) {
  const size_t k = request->k;
  for (size_t radius = 1; count > 0; radius++) {
    const cell_block block = block_around(grid, cell, radius);
    const bool is_whole = is_whole_grid(grid, &block);
    gather(grid, &block, candidates);
    if (candidates->count < k) continue;
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
      const size_t row = rows[i];
      const double *query = request->queries + 3 * row;
      double *squared = request->squared_distances + row * k;
      grid->variant->nearest_candidates(candidates, query, k, request->indices + row * k, squared);
      if (!is_whole && !(squared[k - 1] < squared_reach(grid, &block, query)))
        rows[left++] = (uint32_t)row;
    }
    count = left;
  }
}

bool ckernels_neighbor_grid_query(const ckernels_neighbor_grid *grid, size_t query_count,
                                  const double *queries, size_t k, int32_t *indices,
                                  double *squared_distances) {
  const size_t cells = cell_count(grid);
  const grid_request request = {queries, k, indices, squared_distances};
  uint32_t *starts = malloc((cells + 1 + 2 * query_count) * sizeof *starts);
  ckernels_candidates candidates = {0};
  const bool has_memory = starts && allocate_candidates(&candidates, grid->count);
  if (has_memory) {
    uint32_t *order = starts + cells + 1, *cell_of_query = order + query_count;
    for (size_t i = 0; i < query_count; i++)
      cell_of_query[i] = (uint32_t)cell_of(grid, queries + 3 * i);
    sort_by_cell(query_count, cell_of_query, cells, starts, order);
    for (size_t c = 0; c < cells; c++) {
      const size_t count = starts[c + 1] - starts[c];
      if (count > 0) answer_cell(grid, c, &request, count, order + starts[c], &candidates);
    }
  }
  free(candidates.x);
  free(starts);
  return has_memory;
}

void ckernels_neighbor_grid_destroy(ckernels_neighbor_grid *grid) {
  if (!grid) return;
  free(grid->points.x);
  free(grid->starts);
  free(grid);
}
