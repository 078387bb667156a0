#include "internal/memory.h"

#include <stdlib.h>
#include <string.h>

float *ckernels_allocate_floats(size_t count) {
  size_t bytes;
  if (!ckernels_multiply(count, sizeof(float), &bytes)) return NULL;
  if (__builtin_add_overflow(bytes, (size_t)127, &bytes)) return NULL;
  bytes = bytes / 64 * 64;
  if (bytes < 128) bytes = 128;
  float *floats = aligned_alloc(64, bytes);
  if (floats) memset(floats, 0, bytes);
  return floats;
}

float *ckernels_copy_floats(size_t count, const float *values) {
  float *copy = ckernels_allocate_floats(count);
  if (copy) memcpy(copy, values, count * sizeof(float));
  return copy;
}
