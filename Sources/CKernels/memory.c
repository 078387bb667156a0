#include "internal/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/// Bytes from which on malloc always maps memory of its own, so that advice ends with it.
enum { mapped_byte_count = 32 << 20 };

/// Weights that stream from memory are read a quarter faster with fewer pages to look up. Where the
/// system has no large ones to give, nothing else changes.
static void *allocate(size_t bytes) {
#ifdef MADV_HUGEPAGE
  enum { huge_page = 2 << 20 };
  if (bytes > mapped_byte_count) {
    // Unlike aligned_alloc, this takes sizes that are no multiple of the alignment.
    void *pages = NULL;
    if (posix_memalign(&pages, huge_page, bytes) != 0) return NULL;
    madvise(pages, bytes, MADV_HUGEPAGE);
    return pages;
  }
#endif
  return aligned_alloc(64, bytes);
}

bool ckernels_reserve(ckernels_buffer *buffer, size_t count) {
  if (count <= buffer->count) return true;
  free(buffer->bytes);
  size_t bytes;
  const bool fits = !__builtin_add_overflow(count, (size_t)127, &bytes);
  buffer->bytes = fits ? allocate(bytes / 64 * 64) : NULL;
  buffer->count = buffer->bytes ? count : 0;
  return buffer->bytes;
}

float *ckernels_allocate_floats(size_t count) {
  size_t bytes;
  if (!ckernels_multiply(count, sizeof(float), &bytes)) return NULL;
  if (__builtin_add_overflow(bytes, (size_t)127, &bytes)) return NULL;
  bytes = bytes / 64 * 64;
  if (bytes < 128) bytes = 128;
  float *floats = allocate(bytes);
  if (floats) memset(floats, 0, bytes);
  return floats;
}

float *ckernels_copy_floats(size_t count, const float *values) {
  float *copy = ckernels_allocate_floats(count);
  if (copy) memcpy(copy, values, count * sizeof(float));
  return copy;
}
