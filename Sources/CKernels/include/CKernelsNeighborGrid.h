#ifndef CKERNELS_NEIGHBOR_GRID_H
#define CKERNELS_NEIGHBOR_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An index for exact k-nearest-neighbor queries over points in float64 that lie about evenly, as
/// the voxels of a cloud do.
///
/// Squared distances are (dx * dx + dy * dy) + dz * dz in float64, each operation rounded once, with
/// every instruction set; neighbors are ordered by them, then by index.
typedef struct ckernels_neighbor_grid ckernels_neighbor_grid;

/// The most neighbors that a grid finds.
#define CKERNELS_NEIGHBOR_GRID_LIMIT 64

/// Sorts `count` points `[count, 3]`, at least one and less than 2^31, into cells of `cell_edge`,
/// above zero; finite coordinates.
///
/// Queries are fastest where the nearest points are mostly in the 27 cells around the query. NULL
/// where a grid is of no use, because the points would take too many cells or lie too densely in
/// some, and when memory runs out.
ckernels_neighbor_grid *_Nullable ckernels_neighbor_grid_create(size_t count, const double *points,
                                                               double cell_edge);

/// The `k` nearest points of each query, k from 1 to the least of the limit and the grid's count.
///
/// queries `[query_count, 3]`, finite, less than 2^31 of them → indices and squared distances
/// `[query_count, k]`. False when memory runs out.
bool ckernels_neighbor_grid_query(const ckernels_neighbor_grid *grid, size_t query_count,
                                  const double *queries, size_t k, int32_t *indices,
                                  double *squared_distances);

void ckernels_neighbor_grid_destroy(ckernels_neighbor_grid *_Nullable grid);

#pragma clang assume_nonnull end

#endif
