#ifndef CKERNELS_INTERNAL_NEIGHBOR_GRID_H
#define CKERNELS_INTERNAL_NEIGHBOR_GRID_H

#include <stdbool.h>

#include "variant.h"

enum {
  /// Candidates are padded to a multiple of this; no vector of float64 has more lanes.
  ckernels_candidate_padding = 8,
};

/// The index of what is no point: it orders behind every point at the same distance.
#define CKERNELS_NO_NEIGHBOR INT32_MAX

/// Points among which a query's neighbors are sought, by coordinate.
///
/// Behind the last one up to a multiple of the padding follow points at infinity without an index.
struct ckernels_candidates {
  size_t count;
  double *x, *y, *z;
  int64_t *index;
};

/// A uniform grid of cubic cells; the points are sorted by cell, z fastest.
struct ckernels_neighbor_grid {
  const ckernels_variant *variant;
  size_t count;
  double low[3];
  double cell_edge;
  /// Cells along each axis, at least one.
  size_t cells[3];
  /// `[cells + 1]`: cell c owns the points `starts[c] ..< starts[c + 1]`.
  uint32_t *starts;
  struct ckernels_candidates points;
};

#endif
