#include "../internal/neighbor_grid.h"
#include "reference.h"

/// Whether a candidate comes before another one: by distance, then by index.
static bool precedes(double distance, int64_t index, double other_distance, int64_t other_index) {
  return distance < other_distance || (distance == other_distance && index < other_index);
}

void ckernels_reference_nearest_candidates(const ckernels_candidates *candidates,
                                           const double *query, size_t k, int32_t *indices,
                                           double *squared_distances) {
#pragma clang fp contract(off)
  size_t found = 0;
  for (size_t i = 0; i < candidates->count; i++) {
    const double dx = candidates->x[i] - query[0], dy = candidates->y[i] - query[1];
    const double dz = candidates->z[i] - query[2];
    const double squared = (dx * dx + dy * dy) + dz * dz;
    const int64_t index = candidates->index[i];
    size_t place = found < k ? found++ : k;
    for (; place > 0 && precedes(squared, index, squared_distances[place - 1], indices[place - 1]);
         place--) {
      if (place == k) continue;
      indices[place] = indices[place - 1];
      squared_distances[place] = squared_distances[place - 1];
    }
    if (place == k) continue;
    indices[place] = (int32_t)index;
    squared_distances[place] = squared;
  }
}
