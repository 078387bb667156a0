#ifndef CKERNELS_INTERNAL_MEMORY_H
#define CKERNELS_INTERNAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/// Memory that keeps its size for what is put there next.
typedef struct ckernels_buffer {
  /// Aligned to 64 bytes, to be freed.
  void *bytes;
  size_t count;
} ckernels_buffer;

/// Makes sure that a buffer holds so many bytes, and at least 64 readable ones behind them; what it
/// held may be gone. False when memory runs out.
bool ckernels_reserve(ckernels_buffer *buffer, size_t count);

/// Zeroed floats aligned to 64 bytes, followed by at least 64 readable bytes; NULL when memory runs
/// out or the size overflows.
float *ckernels_allocate_floats(size_t count);

/// A copy of `count` floats from `ckernels_allocate_floats`, or NULL.
float *ckernels_copy_floats(size_t count, const float *values);

/// Whether a * b fits; the product in `result`.
static inline bool ckernels_multiply(size_t a, size_t b, size_t *result) {
  return !__builtin_mul_overflow(a, b, result);
}

/// `count` rounded up to a multiple of `unit`.
static inline size_t ckernels_round_up(size_t count, size_t unit) {
  return (count + unit - 1) / unit * unit;
}

/// The bytes of `count` floats, rounded up to whole 64-byte lines.
static inline size_t ckernels_float_bytes(size_t count) {
  return ckernels_round_up(count * sizeof(float), 64);
}

#endif
